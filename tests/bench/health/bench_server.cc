// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/health/bench_server.h"

#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/asio/write.hpp>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/async.h"

namespace waymark::bench {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Token = asio::redirect_error_t<asio::use_awaitable_t<>>;

constexpr const char* answer =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

template <class Stream>
Awaitable<void> serve(Stream& stream) {
  error_code failed;
  std::string request;
  co_await asio::async_read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n",
                                  Token(asio::use_awaitable, failed));
  if (failed) co_return;
  co_await asio::async_write(stream, asio::buffer(answer, std::char_traits<char>::length(answer)),
                             Token(asio::use_awaitable, failed));
}

Awaitable<void> serve_plain(tcp::socket socket) {
  co_await serve(socket);
}

Awaitable<void> serve_tls(tcp::socket socket, asio::ssl::context& context) {
  asio::ssl::stream<tcp::socket> stream(std::move(socket), context);
  error_code failed;
  co_await stream.async_handshake(asio::ssl::stream_base::server,
                                  Token(asio::use_awaitable, failed));
  if (!failed) co_await serve(stream);
}

Awaitable<void> accept(tcp::acceptor& acceptor, asio::ssl::context* context) {
  error_code failed;
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(Token(asio::use_awaitable, failed));
    if (failed) continue;
    if (context == nullptr)
      spawn(acceptor.get_executor(), serve_plain(std::move(socket)));
    else
      spawn(acceptor.get_executor(), serve_tls(std::move(socket), *context));
  }
}

/// A key on P-256 and a certificate that it signs itself.
void use_new_certificate(asio::ssl::context& context) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  X509* certificate = X509_new();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 86'400);
  X509_set_pubkey(certificate, key);
  X509_NAME* name = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("bench"), -1, -1, 0);
  X509_set_issuer_name(certificate, name);
  X509_sign(certificate, key, EVP_sha256());
  SSL_CTX_use_certificate(context.native_handle(), certificate);
  SSL_CTX_use_PrivateKey(context.native_handle(), key);
  X509_free(certificate);
  EVP_PKEY_free(key);
}

}  // namespace

BenchServer::BenchServer(bool tls) {
  asio::io_context io(1);
  tcp::acceptor acceptor(io, {asio::ip::address_v4::any(), 0});
  acceptor.listen(4'096);
  port_ = acceptor.local_endpoint().port();
  process_ = ::fork();
  if (process_ != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  io.notify_fork(asio::execution_context::fork_child);
  asio::ssl::context context(asio::ssl::context::tls_server);
  if (tls) use_new_certificate(context);
  spawn(io, accept(acceptor, tls ? &context : nullptr));
  io.run();
  std::_Exit(0);
}

BenchServer::~BenchServer() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace waymark::bench
