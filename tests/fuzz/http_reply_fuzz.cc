// SPDX-License-Identifier: Apache-2.0
//
// What an endpoint sends to a probe. Octet 0 chooses what the probe looks for.
#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "base/http_client.h"
#include "tests/fuzz/target.h"

namespace waymark {
namespace {

using Tcp = asio::ip::tcp;

/// A server that sends one and the same to everybody, and a client that asks it.
struct World {
  Result<HttpResponse> fetch(ByteView octets, std::string until) {
    std::optional<Result<HttpResponse>> result;
    Tcp::socket peer(io);
    acceptor.async_accept(peer, [&](const boost::system::error_code& failed) {
      if (failed) return;
      boost::system::error_code ignored;
      asio::write(peer, asio::buffer(octets.data(), octets.size()), ignored);
      peer.shutdown(Tcp::socket::shutdown_send, ignored);
    });
    HttpRequest request;
    // Each from another address: closed connections keep their pair of ports for a minute.
    request.address = IpAddress::v4(0x7F000001 + ++fetched % 0xFFFF00);
    request.port = acceptor.local_endpoint().port();
    request.timeout = std::chrono::milliseconds(2'000);
    request.until = std::move(until);
    client.send(request, [&](Result<HttpResponse> got) {
      fuzz::require(!result);
      result = std::move(got);
      acceptor.cancel();
    });
    io.restart();
    while (!result)
      io.run_one();
    io.poll();
    return *result;
  }

  asio::io_context io;
  Tcp::acceptor acceptor{io, Tcp::endpoint(Tcp::v4(), 0)};
  HttpClient client{io, [](const IpAddress&, std::uint16_t) { return Result<void>{}; }};
  std::uint32_t fetched = 0;
};

}  // namespace
}  // namespace waymark

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  static World world;
  if (size == 0 || size > 32'768) return 0;

  const auto reply =
      world.fetch({data + 1, size - 1}, (data[0] & 1) != 0 ? std::string("ok") : std::string());

  fuzz::require(!reply || (reply->body.size() <= 5'120 && reply->status >= 0));
  return 0;
}
