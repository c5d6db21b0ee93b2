// SPDX-License-Identifier: Apache-2.0
//
// Recorded questions through the worker's own batch and Responder, on sockets of its own, so that
// callgrind counts the user-space instructions of an answer. Deterministic: fixed image, draws and
// order. Prints how many were answered; callgrind is told to collect in serve_recorded() only.
//
//   replay WORKLOAD ROUNDS [WORKERS]      a round is 64 questions; several workers take turns
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <vector>

#include "dns/board.h"
#include "dns/responder.h"
#include "dns/server/udp_socket.h"
#include "policy/policy_builder.h"
#include "tests/bench/dns/question.h"
#include "tests/fakes/zones.h"

using namespace waymark;  // NOLINT(google-build-using-namespace): a program of one file

namespace {

constexpr unsigned plain_names = 2'000, policy_names = 200;
constexpr std::size_t batch = dns::UdpBatch::capacity;

std::string numbered(const char* form, unsigned number) {
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), form, number);
  return text.data();
}

/// Four addresses with weights 10, 20, 30, 40.
void add_weighted(dns::fakes::Zones& zones, const std::string& name) {
  std::vector<dns::TargetSpec> targets;
  std::vector<policy::BranchSpec> branches;
  for (std::uint16_t i = 0; i < 4; ++i) {
    targets.emplace_back(dns::fakes::records(
        name, dns::RrType::A, {dns::fakes::address(numbered("192.0.2.%u", i + 1U))}, 60));
    branches.push_back({policy::BranchSpec::Kind::target, i, health::HealthSlot{i + 1U}});
  }
  zones.route(name, dns::RrType::A, std::move(targets),
              policy::build_policy({policy::WeightedSpec{{10, 20, 30, 40}, branches}}, 4).value());
}

dns::Image make_image() {
  using dns::RrType;
  using dns::fakes::address;
  dns::fakes::Zones zones;
  zones.zone("bench.test.").add("bench.test.", RrType::NS, {dns::fakes::host("ns1.bench.test.")});
  zones.add("ns1.bench.test.", RrType::A, {address("192.0.2.53")});
  for (unsigned i = 0; i < plain_names; ++i)
    zones.add(numbered("h%05u.bench.test.", i), RrType::A, {address("192.0.2.9")});
  for (unsigned i = 0; i < policy_names; ++i) {
    add_weighted(zones, numbered("w%04u.bench.test.", i));
    zones.add(
        numbered("r%04u.bench.test.", i), RrType::A,
        {address("192.0.2.1"), address("192.0.2.2"), address("192.0.2.3"), address("192.0.2.4")});
    zones.add(numbered("d%04u.bench.test.", i), RrType::NS,
              {dns::fakes::host(numbered("ns.d%04u.bench.test.", i))});
    zones.add(numbered("ns.d%04u.bench.test.", i), RrType::A, {address("192.0.2.7")});
  }
  zones.add("*.w.bench.test.", RrType::A, {address("192.0.2.77")});
  return zones.image();
}

std::string many_labels() {
  std::string name;
  for (int i = 0; i < 118; ++i)
    name += "?.";
  return name + "bench.test.";
}

/// 4,096 questions of one kind. EDNS on three of four, DO on two of them, but where the option is
/// what is counted.
std::vector<Bytes> record(const std::string& workload) {
  constexpr std::array<const char*, 4> edns_mix{"-", "edns", "do", "do"};
  Random draws(20260101);
  std::uint64_t digits = 1;
  std::vector<Bytes> packets;
  for (std::size_t i = 0; i < 4096; ++i) {
    std::string edns = edns_mix[draws.below(4)], name, expected = " 0 1";
    const std::string plain = numbered("h%05u.bench.test.", draws.below(plain_names));
    const unsigned number = draws.below(policy_names);
    if (workload == "hit") {
      name = plain;
    } else if (workload == "cookie" || workload == "subnet") {
      name = plain;
      edns = workload == "cookie" ? "cookie" : "subnet=192.0.2.0/24";
    } else if (workload == "nxdomain") {
      name = "????????????.bench.test.", expected = " 3 0";
    } else if (workload == "labels") {
      name = many_labels(), expected = " 3 0";
    } else if (workload == "weighted") {
      name = numbered("w%04u.bench.test.", number);
    } else if (workload == "rotation") {
      name = numbered("r%04u.bench.test.", number);
    } else if (workload == "referral") {
      name = numbered("www.d%04u.bench.test.", number), expected = " 0 0";
    } else if (workload == "wildcard") {
      name = "????????.w.bench.test.";
    } else {
      bench::give_up("no workload " + workload);
    }
    const auto question = bench::to_question(name + " A " + edns + expected);
    packets.emplace_back(question.wire);
    bench::randomize(question, packets.back().data(), digits);
  }
  return packets;
}

/// Two UDP sockets on loopback, each connected to the other.
class SocketPair {
 public:
  SocketPair() {
    for (int& one : ends_) {
      one = socket(AF_INET, SOCK_DGRAM, 0);
      sockaddr_in address{};
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      if (bind(one, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
        bench::give_up("no socket on loopback");
    }
    sockaddr_in server{};
    socklen_t octets = sizeof server;
    if (getsockname(ends_[1], reinterpret_cast<sockaddr*>(&server), &octets) != 0 ||
        connect(ends_[0], reinterpret_cast<sockaddr*>(&server), octets) != 0)
      bench::give_up("no connection on loopback");
  }
  int client() const noexcept { return ends_[0]; }
  int server() const noexcept { return ends_[1]; }

 private:
  std::array<int, 2> ends_{};
};

}  // namespace

/// What a worker does when its socket is readable. Not inlined and of C's name, so that callgrind
/// finds it.
extern "C" [[gnu::noinline]] std::size_t serve_recorded(dns::UdpBatch& room, int socket,
                                                        const Endpoint& own,
                                                        dns::Responder& responder,
                                                        dns::WorkerSlot& counters) {
  const std::size_t count = room.receive(socket, own);
  responder.respond(room.exchanges(count));
  room.send(socket, count, counters);
  return count;
}

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) bench::give_up("replay WORKLOAD ROUNDS [WORKERS]");
  const std::vector<Bytes> packets = record(argv[1]);
  const std::size_t rounds = std::strtoul(argv[2], nullptr, 10);
  const auto workers =
      static_cast<std::uint32_t>(argc == 4 ? std::strtoul(argv[3], nullptr, 10) : 1);
  const dns::Image image = make_image();
  const auto board = dns::Board::create();
  if (!board) bench::give_up("no shared memory");
  dns::ResponderSettings settings;
  settings.rate_limit.per_second = 1'000'000'000;  // on, and above the load
  dns::CookieSecrets secrets;
  secrets.add({1, 2});
  std::vector<std::unique_ptr<dns::Responder>> responders;
  for (std::uint32_t i = 0; i < workers; ++i) {
    responders.push_back(
        std::make_unique<dns::Responder>(board->health(), board->worker(i), Random(42), settings));
    responders.back()->use(image);
    responders.back()->use(secrets);
    responders.back()->set_time({1'000'000, 1'700'000'000'000'000});
  }
  dns::UdpBatch room;
  const SocketPair sockets;
  const Endpoint own{IpAddress::loopback_v4(), 53};  // not where it is asked from

  std::size_t next = 0, answered = 0;
  std::array<Octet, 4096> reply;
  for (std::size_t round = 0; round < rounds; ++round) {
    const auto worker = static_cast<std::uint32_t>(round % workers);
    for (std::size_t i = 0; i < batch; ++i, next = (next + 1) % packets.size())
      if (send(sockets.client(), packets[next].data(), packets[next].size(), 0) < 0)
        bench::give_up("a question could not be sent");
    if (serve_recorded(room, sockets.server(), own, *responders[worker], board->worker(worker)) !=
        batch)
      bench::give_up("a batch came short");
    while (recv(sockets.client(), reply.data(), reply.size(), MSG_DONTWAIT) > 0)
      ++answered;
  }
  std::printf("%zu\n", answered);
  return answered == rounds * batch ? 0 : 1;
}
