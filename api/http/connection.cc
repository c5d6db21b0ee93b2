// SPDX-License-Identifier: Apache-2.0
#include "api/http/connection.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>

#include "base/ip.h"

namespace waymark::api {
namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, TlsContext tls, const std::string& host)
    : tcp_(std::move(socket)), context_(std::move(tls)) {
  if (!context_) return;
  tls_.emplace(tcp_, *context_);
  if (host.empty()) return;
  role_ = asio::ssl::stream_base::client;
  boost::system::error_code ignored;
  tls_->set_verify_callback(asio::ssl::host_name_verification(host), ignored);
  if (!IpAddress::parse(host))  // RFC 6066 §3: no addresses
    SSL_ctrl(tls_->native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(host.c_str()));  // NOLINT(*-const-cast): it is copied
}

Awaitable<boost::system::error_code> Connection::handshake() {
  if (!tls_) co_return boost::system::error_code();
  auto [failed] = co_await tls_->async_handshake(role_, no_throw);
  co_return failed;
}

std::string Connection::peer() const {
  boost::system::error_code failed;
  const auto end = tcp_.socket().remote_endpoint(failed);
  return failed ? std::string() : end.address().to_string();
}

Awaitable<void> Connection::shut_down() {
  if (tls_) {
    [[maybe_unused]] auto [failed] = co_await tls_->async_shutdown(no_throw);
  }
  boost::system::error_code ignored;
  tcp_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
}

}  // namespace waymark::api
