// SPDX-License-Identifier: Apache-2.0
//
// From a health bit set on the board to the first changed answer, as a client sees it that asks a
// real worker 1,000 times a second over UDP.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "dns/board.h"
#include "dns/channel.h"
#include "dns/image/image_writer.h"
#include "dns/server/worker.h"
#include "policy/policy_builder.h"

namespace {

using namespace waymark;  // NOLINT(google-build-using-namespace)
using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto slot = health::HealthSlot{7};
constexpr int flips = 500;
const dns::HashKey key{11, 13};

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "flip_bench: %s\n", result.error().detail().c_str());
    std::exit(1);
  }
  return std::move(*result);
}

dns::RRset address(const dns::Name& owner, Octet last) {
  return {owner, dns::RrType::A, 5, {Bytes{192, 0, 2, last}}};
}

/// One zone with one failover name: 192.0.2.1 while the slot is healthy, else 192.0.2.2.
std::vector<Bytes> parts(const dns::Name& zone, const dns::Name& name) {
  Bytes soa(2, 0);
  soa.resize(22, 1);
  policy::FailoverSpec failover;
  failover.tiers = {{policy::BranchSpec::Kind::target, 0, slot},
                    {policy::BranchSpec::Kind::target, 1, health::HealthSlot::always_healthy}};
  dns::EntrySpec::Targets targets{{address(name, 1), address(name, 2)},
                                  must(policy::build_policy({failover}, 2))};
  dns::NodeSpec apex{
      zone, 1, 0, dns::layout::node_apex, {{dns::RrType::SOA, dns::EntrySpec::Soa{}}}};
  dns::NodeSpec node{name, 1, 0, 0, {{dns::RrType::A, std::move(targets)}}};
  dns::NamesWriter names(key);
  names.add(must(dns::write_node(apex, key)));
  names.add(must(dns::write_node(node, key)));
  const dns::ZoneSpec spec{1, zone, 900, soa};
  return {names.finish(1, false), dns::write_zones({&spec, 1}, 2)};
}

dns::Message publication(const std::vector<Bytes>& contents) {
  dns::Message message;
  message.kind = dns::Message::Kind::publish;
  message.generation = 1;
  message.manifest.emplace();
  message.manifest->generation = 1;
  for (const Bytes& content : contents) {
    const auto& header = *reinterpret_cast<const dns::layout::PartHeader*>(content.data());
    message.manifest->parts.push_back(
        {header.kind, header.id, content.size(), ContentHash::of(content)});
    message.part_ids.push_back(header.id);
    message.descriptors.push_back(must(seal("part", content)));
  }
  return message;
}

}  // namespace

int main() {
  const dns::Name zone = must(dns::Name::parse("flip.test"));
  const dns::Name name = must(dns::Name::parse("www.flip.test"));
  dns::Board board = must(dns::Board::create());
  board.set_workers(1);
  auto [ours, theirs] = must(dns::Channel::pair());

  FileDescriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
  sockaddr_storage storage;
  socklen_t octets = Endpoint{IpAddress::loopback_v4(), 0}.to(storage);
  if (::bind(socket.get(), reinterpret_cast<sockaddr*>(&storage), octets) != 0) return 1;
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &octets);
  const FileDescriptor client(::socket(AF_INET, SOCK_DGRAM, 0));
  if (::connect(client.get(), reinterpret_cast<sockaddr*>(&storage), octets) != 0) return 1;

  asio::io_context loop(1);
  std::vector<FileDescriptor> udp;
  udp.push_back(std::move(socket));
  dns::WorkerSettings settings;
  settings.seed = 1;
  dns::Worker worker(loop, board, {std::move(theirs), std::move(udp), {}}, settings);
  std::thread thread([&loop] { loop.run(); });
  if (!ours.send(publication(parts(zone, name))) ||
      must(ours.receive()).kind != dns::Message::Kind::adopted)
    return 1;

  Bytes query = {0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  query.insert(query.end(), name.wire().begin(), name.wire().end());
  query.insert(query.end(), {0, 1, 0, 1});
  std::atomic<std::int64_t> set_at{0};  // the setter writes, the client clears
  std::atomic<bool> healthy{true};
  std::vector<double> milliseconds;
  std::thread setter([&] {
    Random random(5);
    for (int i = 0; i < flips; ++i) {
      std::this_thread::sleep_for(std::chrono::microseconds(5000 + random.below(5000)));
      const bool next = !healthy.load(std::memory_order_relaxed);
      healthy.store(next, std::memory_order_relaxed);
      board.health().set(slot, next);
      set_at.store(SteadyClock::now().time_since_epoch().count(), std::memory_order_release);
      while (set_at.load(std::memory_order_acquire) != 0)
        std::this_thread::sleep_for(1ms);
    }
  });
  for (auto next = SteadyClock::now(); static_cast<int>(milliseconds.size()) < flips; next += 1ms) {
    std::this_thread::sleep_until(next);
    std::array<Octet, 512> answer{};
    if (::send(client.get(), query.data(), query.size(), 0) < 0) return 1;
    const ssize_t got = ::recv(client.get(), answer.data(), answer.size(), 0);
    if (got < 16) return 1;
    const bool primary = answer[static_cast<std::size_t>(got) - 1] == 1;
    const std::int64_t begun = set_at.load(std::memory_order_acquire);
    if (begun == 0 || primary != healthy.load(std::memory_order_relaxed)) continue;
    milliseconds.push_back(
        static_cast<double>(SteadyClock::now().time_since_epoch().count() - begun) / 1e6);
    set_at.store(0, std::memory_order_release);
  }
  setter.join();
  loop.stop();
  thread.join();

  std::sort(milliseconds.begin(), milliseconds.end());
  const auto at = [&](double part) {
    return milliseconds[static_cast<std::size_t>(part * (flips - 1))];
  };
  std::printf("%d flips: p50 %.2f ms, p99 %.2f ms, max %.2f ms (bar: 5 ms)\n", flips, at(0.5),
              at(0.99), at(1));
  return at(0.99) < 5 ? 0 : 1;
}
