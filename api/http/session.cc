// SPDX-License-Identifier: Apache-2.0
#include "api/http/session.h"

#include <chrono>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "api/http/problem.h"
#include "base/log.h"

namespace waymark::api {
namespace {

namespace http = boost::beast::http;
using Parser = http::request_parser<http::string_body>;
using Buffer = boost::beast::flat_buffer;
using Stream = Connection;

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::uint32_t max_header_octets = 16 * 1024;
constexpr std::ptrdiff_t max_header_lines = 100;
constexpr std::uint64_t max_table_octets = 64 * 1024 * 1024;
constexpr std::uint64_t max_json_octets = 4 * 1024 * 1024;
constexpr std::chrono::seconds idle_limit{60}, header_limit{10}, body_limit{30}, goodbye_limit{2};

std::string field(const Parser& parser, http::field name) {
  return std::string(parser.get()[name]);
}

/// What RFC 9112 §3.2 and §6.1 ask beyond what Beast refuses by itself.
Result<void> check_framing(const Parser& parser) {
  const auto& message = parser.get();
  if (std::distance(message.begin(), message.end()) > max_header_lines)
    return Error(ErrorCode::too_large,
                 "the header has more than " + std::to_string(max_header_lines) + " lines");
  if (message.count(http::field::content_length) > 1 ||
      message[http::field::content_length].find(',') != boost::beast::string_view::npos)
    return Error(ErrorCode::bad_request, "ambiguous framing; send one Content-Length");
  if (message.count(http::field::host) != 1 && message.version() >= 11)
    return Error(ErrorCode::bad_request, "one Host header is needed");
  if (message.count(http::field::transfer_encoding) == 0) return {};
  if (message.version() < 11 || message.count(http::field::content_length) != 0 ||
      message.count(http::field::transfer_encoding) > 1 ||
      !boost::beast::iequals(message[http::field::transfer_encoding], "chunked"))
    return Error(ErrorCode::bad_request,
                 "ambiguous framing; send Content-Length, or chunked alone");
  return {};
}

/// Reads until the header is whole and finds what Beast would bend into shape: a line that goes on
/// on the next one, which RFC 9112 §5.2 has a server refuse, or one that ends without CR.
/// The time limit is set by the caller.
Awaitable<Result<void>> read_header(Stream& stream, Buffer& buffer) {
  for (;;) {
    const std::string_view text(static_cast<const char*>(buffer.data().data()), buffer.size());
    const std::size_t end = text.find("\r\n\r\n");
    const std::string_view header = text.substr(0, end);
    for (std::size_t at = header.find('\n'); at != std::string_view::npos;
         at = header.find('\n', at + 1)) {
      if (at == 0 || header[at - 1] != '\r')
        co_return Error(ErrorCode::bad_request, "a header line ends without CR");
      if (at + 1 < header.size() && (header[at + 1] == ' ' || header[at + 1] == '\t'))
        co_return Error(ErrorCode::bad_request, "a header line is folded; write it as one");
    }
    if (end != std::string_view::npos) co_return Result<void>{};
    if (text.size() > max_header_octets)
      co_return Error(ErrorCode::too_large,
                      "the header has more than " + std::to_string(max_header_octets) + " octets");
    auto [failure, octets] = co_await stream.async_read_some(buffer.prepare(4096), no_throw);
    if (failure) co_return Error(ErrorCode::io, failure.message());
    buffer.commit(octets);
  }
}

/// Without tokens only a page of this machine may talk to us: a name that was made to point at
/// loopback (DNS rebinding) shows in Host.
Result<void> check_host(const Parser& parser) {
  // A page of another origin may send without asking (a "simple" request).
  const std::string origin = field(parser, http::field::origin);
  const std::string site(parser.get()["Sec-Fetch-Site"]);
  std::string host = field(parser, http::field::host);
  if ((!origin.empty() && origin != "http://" + host && origin != "https://" + host) ||
      site == "cross-site")
    return Error(ErrorCode::denied, "without tokens no other site's page may ask");
  if (const std::size_t colon = host.rfind(':'); colon != std::string::npos && !host.ends_with(']'))
    host.resize(colon);
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]") return {};
  return Error(ErrorCode::denied,
               "without tokens only localhost may be asked, not \"" + host + "\"");
}

Result<void> check_rights(const Route& route, const Principal& who) {
  if (route.access == Access::open) return {};
  if (route.access == Access::write && !who.may_write)
    return Error(ErrorCode::denied, "this token may only read");
  // A change belongs to a zone, or is refused by its own handler.
  const bool of_a_zone = route.pattern.find("{zone}") != std::string::npos ||
                         route.pattern.find("{change}") != std::string::npos;
  if (!who.zones.empty() && !of_a_zone)
    return Error(ErrorCode::denied, "this token is limited to the records of its zones");
  return {};
}

std::uint64_t body_octets_allowed(const Route& route, const TokenDoor& door) {
  switch (route.body) {
    case Body::none:
      return 0;
    case Body::json:
      return max_json_octets;
    case Body::table:
      return max_table_octets;
    case Body::text:
      return door.max_text_octets;
  }
  return 0;
}

Error too_large(std::uint64_t limit) {
  if (limit == 0) return Error(ErrorCode::bad_request, "this request takes no body");
  return Error(ErrorCode::too_large, "the body has more than " + std::to_string(limit) + " octets");
}

/// `io` when the connection is of no further use.
Awaitable<Result<void>> read_body(Stream& stream, Buffer& buffer, Parser& parser, Body kind,
                                  std::uint64_t limit) {
  parser.body_limit(limit);
  const auto announced = parser.content_length();
  if (announced && *announced > limit) co_return too_large(limit);
  if (boost::beast::iequals(parser.get()[http::field::expect], "100-continue")) {
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    auto [failure, sent] = co_await asio::async_write(stream, asio::buffer(go_on), no_throw);
    if (failure) co_return Error(ErrorCode::io, failure.message());
  }
  stream.expires_after(body_limit);
  while (!parser.is_done()) {
    // A zone file may take its time as long as it moves.
    if (kind == Body::text) stream.expires_after(body_limit);
    auto [failure, read] = co_await http::async_read_some(stream, buffer, parser, no_throw);
    if (failure == http::error::body_limit) co_return too_large(limit);
    if (failure == boost::beast::error::timeout)
      co_return Error(ErrorCode::timed_out, "the body did not arrive in time");
    if (failure.category() == http::make_error_code(http::error::bad_chunk).category() &&
        failure != http::error::end_of_stream && failure != http::error::partial_message)
      co_return Error(ErrorCode::bad_request,
                      "the body is not framed as announced: " + failure.message());
    if (failure) co_return Error(ErrorCode::io, failure.message());
  }
  co_return Result<void>{};
}

void fill(Request& request, Parser& parser) {
  request.content_type = field(parser, http::field::content_type);
  request.accept = field(parser, http::field::accept);
  request.if_match = field(parser, http::field::if_match);
  if (request.method == "POST")
    request.idempotency_key = std::string(parser.get()["Idempotency-Key"]);
  request.body = std::move(parser.get().body());
}

Awaitable<Response> call(TokenDoor& door, const Route& route, const Request& request) {
  auto before = door.idempotency.begin(request);
  if (!before) co_return problem(before.error());
  if (*before) co_return std::move(**before);
  Response response;
  try {
    auto answer = co_await route.handler(request);
    response = answer ? std::move(*answer) : problem(answer.error());
  } catch (const std::exception& failed) {  // our own mistake must not end the control process
    log::error("request_failed", {{"route", route.pattern}, {"reason", failed.what()}});
    response = problem(Error(ErrorCode::internal, "the server failed; its log says why"));
  }
  door.idempotency.finish(request, response);
  co_return response;
}

/// The answer to the request whose header stands in `parser`. `intact` turns false when the rest
/// of the request was left unread.
Awaitable<Response> answer_token(Door& all, TokenDoor& door, Stream& stream, Buffer& buffer,
                                 Parser& parser, bool& intact) {
  Request request;
  intact = false;
  const MonotonicTime begun = all.clock.monotonic();
  const auto& message = parser.get();
  if (const auto framing = check_framing(parser); !framing) co_return problem(framing.error());
  if (!door.authenticator.enabled())
    if (const auto host = check_host(parser); !host) co_return problem(host.error());

  const std::string method(message.method_string()), target(message.target());
  const auto match = door.router.match(method, target, request);
  const auto refused = [&](Response refusal) {
    all.stats.count(match.route == nullptr ? "other" : match.route->pattern,
                    match.route == nullptr ? "other" : method, refusal.status,
                    all.clock.monotonic() - begun);
    return refusal;
  };
  if (match.route == nullptr || match.route->access != Access::open) {
    auto who = door.authenticator.authenticate(field(parser, http::field::authorization));
    if (!who) co_return refused(problem(who.error()));
    request.principal = std::move(*who);
  }
  if (match.route == nullptr) {
    intact = parser.is_done();
    Response refusal = problem(match.fault);
    if (match.allow.empty()) co_return refusal;
    refusal = problem(
        Error(ErrorCode::bad_request, method + " is not known here; " + match.allow + " is"));
    refusal.status = 405;
    refusal.headers.emplace_back("Allow", match.allow);
    co_return refusal;
  }
  const Route& route = *match.route;
  if (const auto rights = check_rights(route, request.principal); !rights) {
    intact = parser.is_done();
    co_return refused(problem(rights.error()));
  }
  const auto body =
      co_await read_body(stream, buffer, parser, route.body, body_octets_allowed(route, door));
  if (!body) co_return problem(body.error());
  intact = true;
  stream.expires_never();  // our own work is not the client's fault
  fill(request, parser);
  Response response = co_await call(door, route, request);
  all.stats.count(route.pattern, method, response.status, all.clock.monotonic() - begun);
  co_return response;
}

/// The same at a door whose requests are signed whole.
Awaitable<Response> answer_signed(const SignedDoor& door, Stream& stream, Buffer& buffer,
                                  Parser& parser, bool& intact) {
  intact = false;
  if (const auto framing = check_framing(parser); !framing) co_return door.refuse(framing.error());
  if (door.only_local)
    if (const auto host = check_host(parser); !host) co_return door.refuse(host.error());
  const auto body = co_await read_body(stream, buffer, parser, Body::json, door.max_body_octets);
  if (!body) co_return door.refuse(body.error());
  intact = true;
  stream.expires_never();
  RawRequest request{std::string(parser.get().method_string()),
                     std::string(parser.get().target()),
                     {},
                     std::move(parser.get().body())};
  for (const auto& line : parser.get())
    request.headers.emplace_back(std::string(line.name_string()), std::string(line.value()));
  Response response;
  try {
    response = co_await door.answer(request);
  } catch (const std::exception& failed) {  // our own mistake must not end the control process
    log::error("request_failed", {{"route", request.target}, {"reason", failed.what()}});
    response = door.refuse(Error(ErrorCode::internal, "the server failed; its log says why"));
  }
  co_return response;
}

Awaitable<Response> answer(Door& door, Stream& stream, Buffer& buffer, Parser& parser,
                           bool& intact) {
  if (auto* token = std::get_if<TokenDoor>(&door.kind))
    co_return co_await answer_token(door, *token, stream, buffer, parser, intact);
  co_return co_await answer_signed(std::get<SignedDoor>(door.kind), stream, buffer, parser, intact);
}

Response refusal(const Door& door, const Error& error) {
  const auto* whole = std::get_if<SignedDoor>(&door.kind);
  return whole == nullptr ? problem(error) : whole->refuse(error);
}

http::response<http::string_body> to_message(Response response, const Parser& parser,
                                             bool keep_alive) {
  http::response<http::string_body> message;
  message.version(11);
  message.result(response.status);
  message.set(http::field::server, "waymark");
  message.set(http::field::cache_control, "no-store");
  message.set("X-Content-Type-Options", "nosniff");
  for (const auto& [name, value] : response.headers)
    message.set(name, value);
  message.keep_alive(keep_alive);
  if (response.status != 204) {
    message.set(http::field::content_type, response.content_type);
    message.content_length(response.body.size());
    if (parser.get().method() != http::verb::head) message.body() = std::move(response.body);
  }
  return message;
}

Error header_error(const boost::system::error_code& failure) {
  if (failure == http::error::header_limit)
    return Error(ErrorCode::too_large,
                 "the header has more than " + std::to_string(max_header_octets) + " octets");
  return Error(ErrorCode::bad_request, "this is not HTTP/1.1: " + failure.message());
}

}  // namespace

Awaitable<void> Session::run(Door& door) {
  Buffer buffer;
  idle = false;
  stream.expires_after(header_limit);
  if (const auto failure = co_await stream.handshake()) co_return;
  for (bool open = true; open && !door.stopping;) {
    if (buffer.size() == 0) {
      idle = true;
      stream.expires_after(idle_limit);
      auto [failure, octets] = co_await stream.async_read_some(buffer.prepare(4096), no_throw);
      if (failure) break;
      buffer.commit(octets);
    }
    idle = false;
    Parser parser;
    parser.header_limit(max_header_octets);
    parser.body_limit(boost::none);  // by route, when the header is known: read_body
    stream.expires_after(header_limit);
    Response response;
    const auto whole = co_await read_header(stream, buffer);
    if (!whole && whole.error().code() == ErrorCode::io) break;
    boost::system::error_code failure;
    if (whole) {
      auto [failed, octets] = co_await http::async_read_header(stream, buffer, parser, no_throw);
      failure = failed;
    }
    if (!whole) {
      response = refusal(door, whole.error());
      open = false;
    } else if (failure) {
      if (failure.category() != http::make_error_code(http::error::bad_version).category()) break;
      if (failure == http::error::end_of_stream) break;
      response = refusal(door, header_error(failure));
      open = false;
    } else {
      bool intact = false;
      response = co_await answer(door, stream, buffer, parser, intact);
      open = intact && parser.get().keep_alive() && !door.stopping;
    }
    auto message = to_message(std::move(response), parser, open);
    http::response_serializer<http::string_body> serializer(message);
    serializer.split(false);
    stream.expires_after(body_limit);
    auto [lost, sent] = co_await http::async_write(stream, serializer, no_throw);
    if (lost) break;
  }
  stream.expires_after(goodbye_limit);
  co_await stream.shut_down();
}

}  // namespace waymark::api
