// SPDX-License-Identifier: Apache-2.0
//
// The octets of one connection → requests. Where they are cut on their way must not matter.
#include <algorithm>
#include <sys/socket.h>
#include <unistd.h>

#include "api/http/session.h"
#include "tests/fuzz/target.h"
#include "zones/store/sqlite_store.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_octets = 32'768;  // fits into the socket
constexpr std::size_t most_body = 4096;

/// A door with two routes that answer with what they were given.
struct World {
  World() {
    const Handler echo = [](const Request& request) -> Awaitable<Result<Response>> {
      fuzz::require(request.method != "GET" || request.body.empty());
      Response response;
      response.body = request.path + ' ' + request.body;
      co_return response;
    };
    router.add({"GET", "/v1/things/{thing}", Access::read, Body::none, {"limit"}, "", echo});
    router.add({"POST", "/v1/things", Access::write, Body::text, {}, "", echo});
  }

  ManualClock clock;
  std::unique_ptr<zones::Store> store = zones::make_absent_store("there is none");
  Router router;
  Authenticator authenticator{*store, clock, "/nowhere", false};
};

/// What is answered when `octets` come in two pieces, cut at `cut`.
std::string answers_to(ByteView octets, std::size_t cut) {
  static World world;
  int ends[2];
  fuzz::require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0);
  const FileDescriptor client(ends[0]);
  asio::io_context io;
  asio::ip::tcp::socket socket(io);
  socket.assign(asio::ip::tcp::v4(), ends[1]);
  Door door{TokenDoor{world.router, world.authenticator, Idempotency(world.clock),
                      Guesses(world.clock), most_body},
            world.clock, RequestStats("rest")};
  Session session(std::move(socket), nullptr);
  spawn(io, session.run(door));
  for (const ByteView piece : {octets.first(cut), octets.subspan(cut)}) {
    (void)::send(client.get(), piece.data(), piece.size(), MSG_NOSIGNAL);  // it may have left
    io.poll();
  }
  (void)::shutdown(client.get(), SHUT_WR);
  io.run();
  session.stream.tcp().socket().close();
  std::string answer;
  char buffer[16'384];
  for (ssize_t got = 0; (got = ::recv(client.get(), buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(got));
  return answer;
}

}  // namespace
}  // namespace waymark::api

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  if (size < 2 || size > api::most_octets) return 0;
  const ByteView octets(data + 2, size - 2);
  const std::size_t cut = load16(data) % (octets.size() + 1);

  const std::string whole = api::answers_to(octets, octets.size());

  fuzz::require(whole.empty() || whole.starts_with("HTTP/1.1 "));
  fuzz::require(api::answers_to(octets, cut) == whole);
  return 0;
}
