// SPDX-License-Identifier: Apache-2.0
#include "base/http_client.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <curl/curl.h>

#include "base/connect_error.h"
#include "base/http_attempt.h"

namespace waymark {
namespace {

/// A socket of libcurl's. We opened it, libcurl closes it through us, so the descriptor owns it.
struct Watch {
  Watch(asio::io_context& io, int socket) : descriptor(io, socket) {}
  asio::posix::stream_descriptor descriptor;
  int wanted = 0;  // CURL_POLL_*
  bool reading = false, writing = false;
};

}  // namespace

struct HttpClient::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::io_context& context, Permit asked)
      : io(context), timer(context), permit(std::move(asked)) {
    static const CURLcode global = curl_global_init(CURL_GLOBAL_DEFAULT);
    WAYMARK_ASSERT(global == CURLE_OK);
    multi.reset(curl_multi_init());
    WAYMARK_ASSERT(multi != nullptr);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    for (auto& [easy, attempt] : attempts)
      curl_multi_remove_handle(multi.get(), easy);
    attempts.clear();
    multi.reset();  // its connections close here, through on_close
  }

  void send(const HttpRequest& request, Done done);
  Easy new_handle();
  void fail_later(Done done, Error error);
  void act(curl_socket_t socket, int events);
  void finish(CURL* easy, CURLcode ended);
  void arm(const std::shared_ptr<Watch>& watch);
  void wait(const std::shared_ptr<Watch>& watch, int wanted, bool Watch::*waiting);

  static curl_socket_t on_open(void* data, curlsocktype, curl_sockaddr* address);
  static int on_close(void* data, curl_socket_t socket);
  static int on_socket(CURL*, curl_socket_t socket, int what, void* data, void*);
  static int on_timer(CURLM*, long milliseconds, void* data);

  asio::io_context& io;
  asio::steady_timer timer;
  Permit permit;
  Multi multi;
  std::unordered_map<curl_socket_t, std::shared_ptr<Watch>> watches;
  std::unordered_map<CURL*, std::unique_ptr<HttpAttempt>> attempts;
};

/// Never one that was used: libcurl before 8.1 keeps a pointer to the last header line of the
/// attempt before, and a folded first line has it write there (curl issue 11101). See
/// docs/decisions/0026.
Easy HttpClient::Impl::new_handle() {
  Easy easy = HttpAttempt::new_handle();
  if (!easy) return easy;
  curl_easy_setopt(easy.get(), CURLOPT_OPENSOCKETFUNCTION, &Impl::on_open);
  curl_easy_setopt(easy.get(), CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close);
  curl_easy_setopt(easy.get(), CURLOPT_CLOSESOCKETDATA, this);
  return easy;
}

void HttpClient::Impl::send(const HttpRequest& request, Done done) {
  auto attempt = std::make_unique<HttpAttempt>();
  attempt->permit = &permit;
  attempt->request = request;
  attempt->easy = new_handle();
  if (!attempt->easy)
    return fail_later(std::move(done), {ErrorCode::unavailable, "no memory for an attempt"});
  if (const auto ready = attempt->prepare(); !ready)
    return fail_later(std::move(done), ready.error());
  attempt->done = std::move(done);
  CURL* easy = attempt->easy.get();
  attempts.emplace(easy, std::move(attempt));
  curl_multi_add_handle(multi.get(), easy);  // starts through on_timer
}

void HttpClient::Impl::fail_later(Done done, Error error) {
  asio::post(io, [weak = weak_from_this(), done = std::move(done), error = std::move(error)] {
    if (const auto self = weak.lock()) done(error);
  });
}

void HttpClient::Impl::act(curl_socket_t socket, int events) {
  int running = 0;
  curl_multi_socket_action(multi.get(), socket, events, &running);
  int left = 0;
  std::vector<std::pair<CURL*, CURLcode>> ended;
  while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left))
    if (message->msg == CURLMSG_DONE)
      ended.emplace_back(message->easy_handle, message->data.result);
  for (const auto& [easy, code] : ended)
    finish(easy, code);
}

void HttpClient::Impl::finish(CURL* easy, CURLcode ended) {
  const auto found = attempts.find(easy);
  WAYMARK_ASSERT(found != attempts.end());
  const std::unique_ptr<HttpAttempt> attempt = std::move(found->second);
  attempts.erase(found);
  curl_multi_remove_handle(multi.get(), easy);
  Result<HttpResponse> result = attempt->outcome(ended);
  attempt->done(std::move(result));
}

void HttpClient::Impl::arm(const std::shared_ptr<Watch>& watch) {
  wait(watch, CURL_POLL_IN, &Watch::reading);
  wait(watch, CURL_POLL_OUT, &Watch::writing);
}

void HttpClient::Impl::wait(const std::shared_ptr<Watch>& watch, int wanted, bool Watch::*waiting) {
  if ((watch->wanted & wanted) == 0 || (*watch).*waiting || !watch->descriptor.is_open()) return;
  (*watch).*waiting = true;
  const bool read = wanted == CURL_POLL_IN;
  watch->descriptor.async_wait(
      read ? asio::posix::stream_descriptor::wait_read : asio::posix::stream_descriptor::wait_write,
      [weak = weak_from_this(), watch, wanted, waiting,
       read](const boost::system::error_code& error) {
        (*watch).*waiting = false;
        const auto self = weak.lock();
        if (!self || error || !watch->descriptor.is_open()) return;
        if ((watch->wanted & wanted) != 0)
          self->act(watch->descriptor.native_handle(), read ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
        self->arm(watch);
      });
}

curl_socket_t HttpClient::Impl::on_open(void* data, curlsocktype, curl_sockaddr* address) {
  auto& attempt = *static_cast<HttpAttempt*>(data);
  const Endpoint endpoint = Endpoint::from(address->addr);
  if (const auto permitted = (*attempt.permit)(endpoint.address, endpoint.port); !permitted) {
    attempt.fault = permitted.error();
    return CURL_SOCKET_BAD;
  }
  const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                              address->protocol);
  if (socket < 0) {
    attempt.fault = Error(is_local_shortage(errno) ? ErrorCode::unavailable : ErrorCode::io,
                          connect_error_text(errno));
    return CURL_SOCKET_BAD;
  }
  return socket;
}

int HttpClient::Impl::on_close(void* data, curl_socket_t socket) {
  auto& self = *static_cast<Impl*>(data);
  const auto found = self.watches.find(socket);
  if (found == self.watches.end()) return ::close(socket);  // never waited for
  boost::system::error_code ignored;
  found->second->descriptor.close(ignored);
  self.watches.erase(found);
  return 0;
}

int HttpClient::Impl::on_socket(CURL*, curl_socket_t socket, int what, void* data, void*) {
  auto& self = *static_cast<Impl*>(data);
  auto found = self.watches.find(socket);
  if (what == CURL_POLL_REMOVE) {
    if (found != self.watches.end()) found->second->wanted = 0;
    return 0;
  }
  if (found == self.watches.end())
    found = self.watches.emplace(socket, std::make_shared<Watch>(self.io, socket)).first;
  found->second->wanted = what;
  self.arm(found->second);
  return 0;
}

int HttpClient::Impl::on_timer(CURLM*, long milliseconds, void* data) {
  auto& self = *static_cast<Impl*>(data);
  self.timer.cancel();
  if (milliseconds < 0) return 0;
  self.timer.expires_after(std::chrono::milliseconds(milliseconds));
  self.timer.async_wait([weak = self.weak_from_this()](const boost::system::error_code& error) {
    if (const auto locked = weak.lock(); locked && !error) locked->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

HttpClient::HttpClient(asio::io_context& io, Permit permit)
    : impl_(std::make_shared<Impl>(io, std::move(permit))) {}
HttpClient::~HttpClient() = default;

void HttpClient::send(const HttpRequest& request, Done done) {
  impl_->send(request, std::move(done));
}

}  // namespace waymark
