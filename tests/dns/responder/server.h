// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string_view>

#include "dns/responder.h"
#include "tests/fakes/message.h"
#include "tests/fakes/zones.h"

namespace waymark::dns {

using fakes::Message;
using fakes::QuerySpec;
using Lines = std::vector<std::string>;

/// A Responder with all it needs, and no socket.
class Server {
 public:
  explicit Server(const fakes::Zones& zones, ResponderSettings settings = {});

  Message ask(const QuerySpec& query, Transport transport = Transport::udp);
  Message ask(std::string_view name, RrType type) { return ask(QuerySpec{name, type}); }
  /// The octets of the answer; empty when there is none.
  Bytes send(ByteView packet, Transport transport = Transport::udp, std::uint16_t port = 5353);

  void set_health(std::uint32_t slot, bool healthy) {
    health_.set(health::HealthSlot{slot}, healthy);
  }
  void ask_from(std::string_view address) { from_ = IpAddress::parse(address).value(); }
  const WorkerSlot& counters() const { return *counters_; }
  const Image& image() const { return image_; }
  health::HealthTable health() const { return health_; }
  Responder& responder() { return responder_; }
  QueryRing& query_log() { return *log_; }

 private:
  Image image_;
  std::array<std::atomic<std::uint64_t>, 4> bits_;
  health::HealthTable health_{bits_};
  std::unique_ptr<WorkerSlot> counters_ = std::make_unique<WorkerSlot>();
  std::unique_ptr<QueryRing> log_ = std::make_unique<QueryRing>();
  Responder responder_;
  IpAddress from_ = IpAddress::v4(0xC6336401);  // 198.51.100.1
};

}  // namespace waymark::dns
