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

namespace waymark {
namespace {

constexpr std::chrono::milliseconds max_connect_time{4'000};
constexpr std::size_t max_header_octets = 16'384;
constexpr long buffer_octets = 4'096;  // a thousand attempts at once stay small
constexpr const char* user_agent = "Waymark-Health-Check/0.1";

template <auto Free>
struct CurlDeleter {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using Easy = std::unique_ptr<CURL, CurlDeleter<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, CurlDeleter<curl_multi_cleanup>>;
using Url = std::unique_ptr<CURLU, CurlDeleter<curl_url_cleanup>>;
using List = std::unique_ptr<curl_slist, CurlDeleter<curl_slist_free_all>>;

struct Attempt {
  const HttpClient::Permit* permit = nullptr;
  HttpRequest request;
  HttpClient::Done done;
  Easy easy;
  List connect_to, headers;
  std::size_t header_octets = 0;
  std::string body;
  bool enough = false;         // we ended it: all that was wanted has arrived
  std::optional<Error> fault;  // we ended it: this is why
};

/// A socket of libcurl's. We opened it, libcurl closes it through us, so the descriptor owns it.
struct Watch {
  Watch(asio::io_context& io, int socket) : descriptor(io, socket) {}
  asio::posix::stream_descriptor descriptor;
  int wanted = 0;  // CURL_POLL_*
  bool reading = false, writing = false;
};

std::string host_text(const IpAddress& address) {
  return address.is_v4() ? address.to_string() : "[" + address.to_string() + "]";
}

/// The URL holds scheme, host and port alone; libcurl checks the host's spelling.
std::optional<std::string> url_of(const HttpRequest& request) {
  const Url url(curl_url());
  const std::string host = request.host.empty() ? host_text(request.address) : request.host;
  const std::string port = std::to_string(request.port);
  char* text = nullptr;
  if (curl_url_set(url.get(), CURLUPART_SCHEME, request.tls ? "https" : "http", 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_HOST, host.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_PORT, port.c_str(), 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_PATH, "/", 0) != CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return std::nullopt;
  const std::unique_ptr<char, CurlDeleter<curl_free>> owner(text);
  return std::string(text);
}

bool has_control_or_space(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; });
}

std::size_t on_header(const char* line, std::size_t, std::size_t octets, void* data) {
  auto& attempt = *static_cast<Attempt*>(data);
  attempt.header_octets += octets;
  if (attempt.header_octets > max_header_octets) {
    attempt.fault = Error(ErrorCode::too_large, "the header block is over 16,384 octets");
    return 0;
  }
  long status = 0;
  curl_easy_getinfo(attempt.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  const std::string_view text(line, octets);
  const bool header_ends = status >= 200 && (text == "\r\n" || text == "\n");
  if (!header_ends || !attempt.request.until.empty()) return octets;
  attempt.enough = true;
  return 0;
}

std::size_t on_body(const char* octets, std::size_t, std::size_t count, void* data) {
  auto& attempt = *static_cast<Attempt*>(data);
  const std::string& until = attempt.request.until;
  const std::size_t before = attempt.body.size();
  attempt.body.append(octets, std::min(count, attempt.request.body_limit - before));
  const std::size_t from = before - std::min(before, until.size() - 1);
  attempt.enough = attempt.body.size() >= attempt.request.body_limit ||
                   attempt.body.find(until, from) != std::string::npos;
  return attempt.enough ? 0 : count;
}

/// What libcurl's end of an attempt means; `ended` is not CURLE_OK and we did not end it.
Error failure(const Attempt& attempt, CURLcode ended) {
  if (attempt.fault) return *attempt.fault;
  long error_number = 0;
  curl_easy_getinfo(attempt.easy.get(), CURLINFO_OS_ERRNO, &error_number);
  switch (ended) {
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t connected = 0;
      curl_easy_getinfo(attempt.easy.get(), CURLINFO_CONNECT_TIME_T, &connected);
      const auto limit = connected == 0 ? std::min(attempt.request.timeout, max_connect_time)
                                        : attempt.request.timeout;
      return {ErrorCode::timed_out, timed_out_text(limit)};
    }
    case CURLE_COULDNT_CONNECT:
      return {is_local_shortage(static_cast<int>(error_number)) ? ErrorCode::unavailable
                                                                : ErrorCode::io,
              connect_error_text(static_cast<int>(error_number))};
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::too_large, "a header line is too long"};  // libcurl's word for it
    case CURLE_GOT_NOTHING:
      return {ErrorCode::io, "connection closed without an answer"};
    case CURLE_PARTIAL_FILE:
      return {ErrorCode::io, "connection closed in the middle of the body"};
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
      return {ErrorCode::io, "connection reset"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return {ErrorCode::io, "the answer is not HTTP/1.0 or HTTP/1.1"};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorCode::io, "the certificate is not valid for this host"};
    case CURLE_SSL_CONNECT_ERROR:
      return {ErrorCode::io, "TLS handshake failed"};
    default:
      return {ErrorCode::io, curl_easy_strerror(ended)};
  }
}

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

  void get(const HttpRequest& request, Done done);
  Result<void> prepare(Attempt& attempt);
  void prepare_limits(Attempt& attempt);
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
  std::unordered_map<CURL*, std::unique_ptr<Attempt>> attempts;
};

Result<void> HttpClient::Impl::prepare(Attempt& attempt) {
  HttpRequest& request = attempt.request;
  if (!request.path.starts_with('/')) request.path.insert(0, "/");
  if (has_control_or_space(request.path))
    return Error(ErrorCode::bad_value, "the path has spaces or control characters; escape them");
  const auto url = url_of(request);
  if (!url || has_control_or_space(request.host))
    return Error(ErrorCode::bad_value, "\"" + request.host + "\" is not a host name");

  const std::string target = "::" + host_text(request.address) + ":" + std::to_string(request.port);
  attempt.connect_to.reset(curl_slist_append(nullptr, target.c_str()));
  attempt.headers.reset(curl_slist_append(nullptr, "Connection: close"));
  CURL* easy = attempt.easy.get();
  curl_easy_setopt(easy, CURLOPT_URL, url->c_str());
  curl_easy_setopt(easy, CURLOPT_REQUEST_TARGET, request.path.c_str());
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, attempt.connect_to.get());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, attempt.headers.get());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip, deflate");
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, request.verify ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, request.verify ? 2L : 0L);
  prepare_limits(attempt);
  return {};
}

void HttpClient::Impl::prepare_limits(Attempt& attempt) {
  CURL* easy = attempt.easy.get();
  const auto timeout = attempt.request.timeout;
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(timeout, max_connect_time).count()));
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // also not from the environment
  curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, buffer_octets);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Impl::on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, &attempt);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &attempt);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &attempt);
}

void HttpClient::Impl::get(const HttpRequest& request, Done done) {
  auto attempt = std::make_unique<Attempt>();
  attempt->permit = &permit;
  attempt->request = request;
  attempt->easy.reset(curl_easy_init());
  if (!attempt->easy)
    return fail_later(std::move(done), {ErrorCode::unavailable, "no memory for an attempt"});
  if (const auto ready = prepare(*attempt); !ready)
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
  const std::unique_ptr<Attempt> attempt = std::move(found->second);
  attempts.erase(found);
  curl_multi_remove_handle(multi.get(), easy);
  if (ended != CURLE_OK && !attempt->enough) return attempt->done(failure(*attempt, ended));

  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  attempt->done(HttpResponse{static_cast<int>(status), std::move(attempt->body)});
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
  auto& attempt = *static_cast<Attempt*>(data);
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

void HttpClient::get(const HttpRequest& request, Done done) {
  impl_->get(request, std::move(done));
}

}  // namespace waymark
