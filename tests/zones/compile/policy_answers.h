// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <set>
#include <string>
#include <vector>

#include "dns/responder.h"
#include "health/health_graph.h"
#include "tests/fakes/message.h"
#include "tests/zones/compile/world.h"
#include "zones/client_objects.h"

namespace waymark::zones {

using dns::fakes::Message;
using dns::fakes::QuerySpec;

inline constexpr const char* places =
    "10.1.0.0/16\t\tDE\t\t52.5\t13.4\n10.2.0.0/16\t\tUS\tWA\t47.6\t-122.3\n"
    "10.3.0.0/16\tAS\t\t\t\t\n";
inline constexpr const char* collection =
    "name\toffices\nnumber\t2\nlocation\thq\nlocation\tlab\nblock\t0\t10.1.0.0/"
    "16\nblock\t1\t10.1.7.0/24\n";
inline const std::vector<std::string> client_texts{"10.1.7.9", "10.1.8.9", "10.2.0.1", "10.3.0.1",
                                                   "192.0.2.1"};

/// Record sets of example.com. and what a worker answers from them: six health checks, places of
/// clients and a collection of networks stand ready.
class PolicyAnswers : public testing::Test {
 protected:
  void SetUp() override {
    for (int i = 1; i <= 6; ++i)
      ASSERT_TRUE(
          world.object(ObjectKind::health_check, "c" + std::to_string(i), "{\"version\":1}"));
    ASSERT_TRUE(world.object(ObjectKind::location, "table", places));
    ASSERT_TRUE(world.object(ObjectKind::cidr_collection, "offices", collection));
    zone = world.create("example.com.");
  }

  void compile() {
    compiling.step();
    std::vector<health::Gate> gates;
    for (const auto& [slot, gate] : compiling.gates)
      gates.push_back(gate);
    graph.define(gates);
  }
  void set_down(const std::set<std::string>& down) {
    for (const auto& [id, slot] : compiling.checks)
      graph.set(slot, !down.contains(id));
  }
  Message ask(const std::string& owner, const std::string& client, std::uint64_t seed) {
    dns::WorkerSlot counters;
    dns::Responder responder(table, counters, Random(seed));
    responder.use(compiling.image);
    QuerySpec query;
    query.name = owner;
    const Bytes packet = query.encode();
    Bytes out(65535);
    std::array<dns::Exchange, 1> batch;
    batch[0].query = packet;
    batch[0].from = {IpAddress::parse(client).value(), 5353};
    batch[0].transport = dns::Transport::tcp;
    batch[0].out = out;
    responder.respond(batch);
    out.resize(batch[0].octets);
    return Message::decode(out);
  }
  std::set<std::string> answers(const std::string& owner, const std::string& client) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 1; seed < 40; ++seed)
      for (const std::string& line : ask(owner, client, seed).answer)
        seen.insert(line.substr(line.rfind(' ') + 1));
    return seen;
  }

  World world;
  ZoneId zone;
  Compiling compiling{world.store()};
  std::vector<std::atomic<std::uint64_t>> words = std::vector<std::atomic<std::uint64_t>>(1024);
  health::HealthTable table = [this] {
    health::HealthTable made(words);
    made.set_all();
    return made;
  }();
  health::HealthGraph graph{table};
};

using Set = std::set<std::string>;

}  // namespace waymark::zones
