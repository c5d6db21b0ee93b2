// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"

namespace waymark::health {

/// A health check's id: a lower-case UUID; opaque.
using CheckId = std::string;

/// Where Route 53 checks from.
constexpr std::array<std::string_view, 8> checker_regions = {
    "us-east-1", "us-west-1",      "us-west-2",      "eu-west-1",
    "sa-east-1", "ap-southeast-1", "ap-southeast-2", "ap-northeast-1"};

/// What to probe, how often, and how many results decide. Ranges are kept by the API's reader.
struct HealthCheck {
  enum class Type : std::uint8_t { http, https, tcp, dns, push, calculated };
  enum class Forced : std::uint8_t { automatic, up, down, drain };  // drain: down, as planned

  CheckId id;
  std::string name;  // for people; may be empty
  Type type = Type::http;
  IpAddress address;   // what is connected to, unless `target` is set; may differ from the answer's
  std::string target;  // a name, resolved by our own resolver for each attempt
  std::uint16_t port = 80;
  std::string path = "/";  // http, https; empty: "/" as well
  std::string host;        // Host header and SNI; empty: the target, or the address; tcp: not used
  std::string match;       // must stand in the first 5,120 octets of the body; empty: not looked at
  bool verify = false;     // https: certificate chain and name
  bool sni = true;         // https: the host is named in the handshake
  std::string ca_file;     // https: who to trust instead of the system's list
  std::string client_certificate, client_key;  // https: PEM files that we show when asked
  std::string query_name = ".";                // dns: what is asked
  std::uint16_t query_type = 6;                // dns: SOA
  std::uint16_t rcode = 0;                     // dns: what passes
  std::vector<CheckId> children;               // calculated; unknown ones count as healthy
  std::uint32_t needed = 1;                    // calculated: healthy children; 0: always healthy
  std::chrono::milliseconds ttl{60'000};       // push: how long a heartbeat lasts; 1 s to 1 day
  std::chrono::milliseconds interval{10'000};  // attempts, start to start; 1 to 300 s
  std::chrono::milliseconds timeout{4'000};    // of a whole attempt; below interval
  std::uint8_t fall = 3, rise = 3;             // results in a row, 1 to 10
  bool inverted = false;
  bool disabled = false;         // no probes; healthy (before inversion)
  bool measure_latency = false;  // said by clients; it is always measured
  Forced forced = Forced::automatic;
  std::optional<TimePoint> forced_until;  // none: until told otherwise
  std::uint64_t version = 1;              // +1 a change

  // Said through the Route 53 API and told there again; nothing is decided by them.
  std::string caller_reference;
  std::vector<std::string> regions;  // of checkers; empty: all. This node is all of them

  /// The regions that it is told to be checked from.
  std::vector<std::string> all_regions() const {
    if (!regions.empty()) return regions;
    return {checker_regions.begin(), checker_regions.end()};
  }
  bool is_probed() const noexcept { return type != Type::calculated && type != Type::push; }

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
