// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "dns/rate_limit.h"

namespace waymark::dns {

/// Settings of the answers; the same for all workers.
struct ResponderSettings {
  static constexpr std::size_t max_nsid_octets = 64;

  std::uint16_t max_udp_octets = 1232;  // RFC 9715 / DNS flag day: no fragments
  std::string nsid = {};     // RFC 5001; also id.server and hostname.bind. Empty: not told
  std::string version = {};  // version.server and version.bind. Empty: hidden
  static constexpr std::size_t max_report_octets = 64;
  Bytes report_agent =
      {};  // RFC 9567: where resolvers report errors to, a wire name. Empty: not told
  std::uint16_t keepalive = 100;  // of idle TCP, in units of 100 ms (RFC 7828 §3.1)
  bool require_cookie = false;    // over UDP; without one: BADCOOKIE, or TC
  RateLimitSettings rate_limit = {};
  std::uint32_t log_every = 0;  // queries to the query log: each n-th; 0: none
};

}  // namespace waymark::dns
