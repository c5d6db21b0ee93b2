// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ip.h"

namespace waymark::health {

/// A health check's id: a lower-case UUID; opaque.
using CheckId = std::string;

/// What to probe, how often, and how many results decide. Ranges are kept by zones/validate.
struct HealthCheck {
  enum class Type : std::uint8_t { http, https, tcp };
  enum class Forced : std::uint8_t { automatic, up, down };

  CheckId id;
  std::string name;  // for people; may be empty
  Type type = Type::http;
  IpAddress address;  // what is connected to
  std::uint16_t port = 80;
  std::string path = "/";  // http, https
  std::string host;        // Host header and SNI; empty: the address
  std::string match;       // must stand in the first 5,120 octets of the body; empty: not looked at
  bool verify = false;     // https: certificate chain and name
  std::chrono::milliseconds interval{10'000};  // attempts, start to start; 1 to 300 s
  std::chrono::milliseconds timeout{4'000};    // of a whole attempt; below interval
  std::uint8_t fall = 3, rise = 3;             // results in a row, 1 to 10
  bool inverted = false;
  bool disabled = false;  // no probes; healthy (before inversion)
  Forced forced = Forced::automatic;
  std::optional<TimePoint> forced_until;  // none: until told otherwise
  std::uint64_t version = 1;              // +1 a change

  friend bool operator==(const HealthCheck&, const HealthCheck&) = default;
};

/// One attempt's outcome. `reason` is a sentence for people: "HTTP 200", "connect timed out after 4
/// s".
struct ProbeResult {
  CheckId check;
  bool passed = false;
  std::chrono::microseconds took{0};
  std::string reason;
  TimePoint at;
};

}  // namespace waymark::health
