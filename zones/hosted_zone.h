// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dns/protocol/name.h"

namespace waymark::zones {

/// "Z" and 20 upper-case letters and digits. Opaque; never used again after deletion.
struct ZoneId {
  std::string text;
  friend auto operator<=>(const ZoneId&, const ZoneId&) = default;
};

/// "C" and 20 upper-case letters and digits.
struct ChangeId {
  std::string text;
  friend auto operator<=>(const ChangeId&, const ChangeId&) = default;
};

/// What is authoritative: one zone and where it stands. Its records are in the store.
struct HostedZone {
  ZoneId id;
  std::uint32_t number = 0;  // dns::ZoneNumber: node-local, never reused
  dns::Name name;
  std::string comment;
  std::uint64_t version = 0;  // +1 a commit, never reused (decisions/0007 S6); 0 before the first
  std::uint32_t serial = 0;   // of the SOA
  std::uint64_t record_sets = 0;
  TimePoint created;
  std::vector<std::string> vpcs{};  // ids, sorted: who sees it; none: it is public

  bool is_private() const noexcept { return !vpcs.empty(); }
  /// Of the space that its names stand in; 0: that of the public zones.
  std::uint32_t private_number() const noexcept { return is_private() ? number : 0; }
};

}  // namespace waymark::zones
