// SPDX-License-Identifier: Apache-2.0
#include "api/http/client.h"

#include <algorithm>
#include <limits>

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include "api/http/connection.h"
#include "base/async.h"

namespace waymark::api {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using boost::system::error_code;
using Tcp = asio::ip::tcp;

constexpr std::size_t piece_octets = std::size_t{256} << 10;

struct Place {
  std::string host, port;
  bool tls = false;
};

Result<Place> parse_server(std::string_view server) {
  const bool tls = server.starts_with("https://");
  if (!tls && !server.starts_with("http://"))
    return Error(ErrorCode::bad_value,
                 "server \"" + std::string(server) + "\" is not http(s)://HOST:PORT");
  server.remove_prefix(server.find("//") + 2);
  server = server.substr(0, server.find('/'));
  const auto colon = server.rfind(':');
  const bool bracketed = server.starts_with('[');
  if (colon == std::string_view::npos || (bracketed && server[colon - 1] != ']'))
    return Place{std::string(bracketed ? server.substr(1, server.size() - 2) : server),
                 tls ? "443" : "80", tls};
  const auto host = bracketed ? server.substr(1, colon - 2) : server.substr(0, colon);
  return Place{std::string(host), std::string(server.substr(colon + 1)), tls};
}

/// Runs one asynchronous step to its end on a context of its own: beast's time-outs need one.
template <class Start>
error_code run(asio::io_context& io, Start start) {
  error_code outcome = asio::error::would_block;
  start([&outcome](const error_code& failed, auto&&...) { outcome = failed; });
  io.restart();
  io.run();
  return outcome;
}

Error failure(const error_code& failed, std::string_view server, const char* while_doing) {
  const std::string text =
      "while " + std::string(while_doing) + " " + std::string(server) + ": " + failed.message();
  if (failed == beast::error::timeout) return {ErrorCode::timed_out, text};
  return {failed == asio::error::connection_refused || failed == asio::error::host_not_found
              ? ErrorCode::unavailable
              : ErrorCode::io,
          text};
}

error_code send_body(asio::io_context& io, Connection& stream, const ClientRequest& request) {
  for (std::size_t at = 0; at < request.body.size();) {
    const std::size_t piece = std::min(piece_octets, request.body.size() - at);
    const error_code failed = run(io, [&](auto done) {
      asio::async_write(stream, asio::buffer(request.body.data() + at, piece), std::move(done));
    });
    if (failed) return failed;
    at += piece;
    if (request.progress) request.progress(at);
  }
  return {};
}

}  // namespace

Result<ClientReply> http_call(std::string_view server, const ClientRequest& request) {
  const auto place = parse_server(server);
  if (!place) return place.error();

  asio::io_context io(1);
  TlsContext tls;
  if (place->tls) {
    auto context = client_tls(request.ca_file);
    if (!context) return context.error();
    tls = std::move(*context);
  }
  Connection stream(Tcp::socket(io), std::move(tls), place->host);
  stream.expires_after(request.timeout);
  error_code failed;
  const auto addresses = Tcp::resolver(io).resolve(place->host, place->port, failed);
  if (failed)
    return Error(ErrorCode::unavailable, "no address for " + place->host + ": " + failed.message());
  failed = run(io, [&](auto done) { stream.tcp().async_connect(addresses, std::move(done)); });
  if (failed)
    return Error(ErrorCode::unavailable,
                 "nothing answers at " + std::string(server) + ": " + failed.message());

  failed = run(io, [&](auto done) { stream.async_handshake(std::move(done)); });
  if (failed) return failure(failed, server, "speaking TLS with");

  http::request<http::empty_body> head{http::string_to_verb(request.method), request.target, 11};
  head.set(http::field::host, place->host + ":" + place->port);
  head.set(http::field::user_agent, cli_user_agent);
  head.set(http::field::connection, "close");
  if (!request.token.empty()) head.set(http::field::authorization, "Bearer " + request.token);
  if (!request.content_type.empty()) head.set(http::field::content_type, request.content_type);
  for (const auto& [name, value] : request.headers)
    head.set(name, value);
  if (request.method != "GET" && request.method != "DELETE")
    head.set(http::field::content_length, std::to_string(request.body.size()));

  http::request_serializer<http::empty_body> serializer(head);
  failed =
      run(io, [&](auto done) { http::async_write_header(stream, serializer, std::move(done)); });
  error_code sending = failed ? failed : send_body(io, stream, request);

  // A server may answer before it has read all of a body that it refuses: its answer is worth more.
  beast::flat_buffer buffer;
  http::response_parser<http::string_body> parser;
  parser.body_limit(std::numeric_limits<std::uint64_t>::max());
  failed = run(io, [&](auto done) { http::async_read(stream, buffer, parser, std::move(done)); });
  if (failed)
    return sending ? failure(sending, server, "writing to")
                   : failure(failed, server, "reading from");
  auto reply = parser.release();
  return ClientReply{reply.result_int(), std::string(reply[http::field::content_type]),
                     std::move(reply.body())};
}

}  // namespace waymark::api
