// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dns/protocol/name.h"
#include "zones/record_set.h"

namespace waymark::zones {

/// Reads an RFC 1035 §5 master file: $ORIGIN, $TTL (RFC 2308), parentheses, comments, quoted
/// strings,
/// "@", inherited owners, class and TTL in either order, TTL units (1h30m), RFC 3597 forms.
/// $INCLUDE and $GENERATE are refused by name. Groups records to record sets (simple), sorted in
/// canonical order. Every fault is told, as "FILE:LINE:COLUMN: sentence", 100 at most: then nothing
/// is used. A TTL that differs within a set is lowered to the least. `progress` hears the octets
/// read so far.
Result<std::vector<RecordSet>> parse_zone_file(
    std::string_view text, const dns::Name& origin, std::string_view file_name,
    const std::function<void(std::size_t)>& progress = {});

/// Canonical master file: SOA first, then canonical order, absolute names, one record a line.
/// Routed sets and aliases stand as comment lines with their JSON. `emit` takes each piece. Sets
/// are added in canonical order.
class ZoneFileWriter {
 public:
  ZoneFileWriter(dns::Name origin, std::function<void(std::string_view)> emit);
  void add(const RecordSet& set);

 private:
  dns::Name origin_;
  std::function<void(std::string_view)> emit_;
  std::vector<RecordSet> waiting_;  // of the apex, sorted before its SOA
  bool soa_written_ = false;
};

}  // namespace waymark::zones
