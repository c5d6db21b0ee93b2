// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/random.h"
#include "dns/board.h"
#include "dns/image/image.h"
#include "health/health_table.h"

namespace waymark::dns {

struct Query;

enum class Verdict : std::uint8_t { reply, drop };

/// One query and the room for its answer.
struct Exchange {
  ByteView query;  // the whole message
  Endpoint from;   // who asked
  Transport transport = Transport::udp;
  std::span<Octet> out;  // at least 65,535 octets for TCP, 4,096 for UDP; not the query's memory
  Verdict verdict = Verdict::drop;
  std::uint16_t octets = 0;  // of the answer
};

/// Settings of the answers; the same for all workers.
struct ResponderSettings {
  std::uint16_t max_udp_octets = 1232;  // RFC 9715 / DNS flag day: no fragments
};

/// Packet → answer: the hot path. One per worker; never allocates, never throws, never waits.
class Responder {
 public:
  Responder(health::HealthTable health, WorkerSlot& counters, Random random,
            ResponderSettings settings = {}) noexcept;

  /// Answers come from this image from now on. It must outlive its use.
  void use(const Image& image) noexcept { image_ = &image; }
  const Image& image() const noexcept { return *image_; }

  /// Up to 64 at once: hash all and prefetch, then answer all.
  void respond(std::span<Exchange> batch) noexcept;

 private:
  void answer(Exchange& exchange, const Query& query) noexcept;

  const Image* image_;
  health::HealthTable health_;
  WorkerSlot& counters_;
  Random random_;
  ResponderSettings settings_;
};

}  // namespace waymark::dns
