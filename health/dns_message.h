// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"

namespace waymark::health {

/// What the prober must know of DNS messages to ask one question and to read who answered what.
/// (The server's own protocol code is a room to the right of this one.)
struct DnsQuestion {
  Bytes name;  // wire form, without compression
  std::uint16_t type = 1;

  /// Fails with `bad_name`. Understands \. and \DDD.
  static Result<DnsQuestion> make(std::string_view name, std::uint16_t type);
};

struct DnsReply {
  struct Address {
    IpAddress address;
    std::chrono::seconds ttl{};  // the least on the way to it
  };
  std::uint16_t rcode = 0;
  bool truncated = false;
  std::vector<Address> addresses;  // A and AAAA at the name, or at the end of its CNAME chain
};

/// A query with recursion desired and an OPT for 1,232 octets (RFC 6891).
Bytes write_query(std::uint16_t id, const DnsQuestion& question);
/// Reads a reply. None when it is not the answer to this question: another id, not a response,
/// another question, or not a DNS message.
std::optional<DnsReply> read_reply(ByteView message, std::uint16_t id, const DnsQuestion& question);

/// "NXDOMAIN"; "RCODE23" for what has no name here.
std::string rcode_text(std::uint16_t rcode);

}  // namespace waymark::health
