// SPDX-License-Identifier: Apache-2.0
//
// A datagram → its answer, over an image with every shape of name. Octet 0 chooses the transport.
#include <array>
#include <memory>

#include "dns/protocol/query.h"
#include "dns/responder.h"
#include "policy/policy_builder.h"
#include "tests/fakes/zones.h"
#include "tests/fuzz/target.h"

namespace waymark::dns {
namespace {

using namespace fakes;  // NOLINT(google-build-using-namespace): RDATA by hand
using fuzz::require;

Zones zones() {
  Zones zones;
  policy::WeightedSpec weights{{1, 2}, {policy::BranchSpec(), policy::BranchSpec()}};
  weights.branches[1].index = 1;
  std::vector<Bytes> many;
  for (int i = 0; i < 200; ++i)
    many.push_back(address("192.0.2." + std::to_string(i)));
  zones.zone("a.")
      .add("a.", RrType::NS, {host("n.a.")})
      .add("a.", RrType::MX, {mx(1, "n.a."), mx(2, "x.w.a.")})
      .add("n.a.", RrType::A, {address("192.0.2.53")})
      .add("*.w.a.", RrType::CNAME, {host("n.a.")})
      .add("l.a.", RrType::CNAME, {host("m.a.")})
      .add("m.a.", RrType::CNAME, {host("l.a.")})
      .add("s.a.", RrType::NS, {host("n.s.a.")})
      .add("n.s.a.", RrType::A, {address("192.0.2.3")})
      .add("b.a.", RrType::A, many)
      .route("r.a.", RrType::A,
             {records("r.a.", RrType::A, {address("192.0.2.1")}),
              records("r.a.", RrType::A, {address("192.0.2.2")})},
             policy::build_policy({weights}, 2).value());
  return zones;
}

struct World {
  World() {
    health.set_all();
    responder.use(image);
    CookieSecrets secrets;
    secrets.add({1, 2});
    responder.use(secrets);
    responder.set_time({1, std::uint64_t{1'700'000'000} * 1'000'000});
  }
  static ResponderSettings settings() {
    ResponderSettings settings;
    settings.nsid = "fuzz";
    settings.version = "fuzz";
    settings.log_every = 1;
    return settings;
  }

  Image image = zones().image();
  std::array<std::atomic<std::uint64_t>, 4> bits{};
  health::HealthTable health{bits};
  std::unique_ptr<WorkerSlot> counters = std::make_unique<WorkerSlot>();
  std::unique_ptr<QueryRing> log = std::make_unique<QueryRing>();
  Responder responder{health, *counters, Random(1), settings(), log.get()};
  Bytes out = Bytes(65535);
};

}  // namespace
}  // namespace waymark::dns

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark::dns;  // NOLINT(google-build-using-namespace)
  static World world;
  if (size == 0) return 0;
  const bool tcp = (data[0] & 1) != 0;
  Exchange exchange;
  exchange.query = {data + 1, size - 1};
  exchange.from = {waymark::IpAddress::v4(0xC6336401), 5353};
  exchange.transport = tcp ? Transport::tcp : Transport::udp;
  exchange.out = {world.out.data(), tcp ? world.out.size() : 4096};

  world.responder.respond({&exchange, 1});

  LoggedQuery logged;
  while (world.log->take(logged)) {
  }
  if (exchange.verdict == Verdict::drop) {
    require(size - 1 < 12 || (data[3] & 0x80) != 0);  // nothing else is left without an answer
    return 0;
  }
  require(exchange.octets >= 12 && exchange.octets <= (tcp ? 65535 : 1232));
  require(world.out[0] == data[1] && world.out[1] == data[2]);
  require((world.out[2] & 0x80) != 0);
  Query again;  // an answer is a response: never answered
  require(!parse_query({world.out.data(), exchange.octets}, world.image.names().key(), again));
  return 0;
}
