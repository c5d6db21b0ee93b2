// SPDX-License-Identifier: Apache-2.0
#include "policy/latency_table.h"

namespace waymark::policy {
namespace {

const LatencyHeader& header_of(ByteView table) noexcept {
  return *reinterpret_cast<const LatencyHeader*>(table.data());
}

Error bad(const char* what) {
  return {ErrorCode::bad_image, std::string("latency table: ") + what};
}

}  // namespace

Result<LatencyTable> LatencyTable::open(ByteView table) {
  if (table.size() < sizeof(LatencyHeader)) return bad("header is cut short");
  if (reinterpret_cast<std::uintptr_t>(table.data()) % alignof(LatencyHeader) != 0)
    return bad("is not aligned");
  const LatencyHeader& header = header_of(table);
  if (header.regions > 0xFFFF ||
      !fits(table, header.milliseconds, std::uint64_t{header.rows} * header.regions, 2, 2) ||
      !fits(table, header.learned, std::uint64_t{header.rows} * header.regions, 1, 1))
    return bad("rows are outside");
  if (const char* fault = check_ranges(table, header.ranges, header.rows)) return bad(fault);
  return LatencyTable(table);
}

LatencyTable::Row LatencyTable::find(const IpAddress& client) const noexcept {
  Row found;
  if (table_.empty()) return found;
  const LatencyHeader& header = header_of(table_);
  const FoundRow at = find_row(table_, header.ranges, client);
  found.scope = at.scope;
  if (at.row == no_row) return found;
  found.regions = header.regions;
  found.milliseconds = reinterpret_cast<const std::uint16_t*>(table_.data() + header.milliseconds) +
                       std::uint64_t{at.row} * header.regions;
  return found;
}

bool LatencyTable::learned(const IpAddress& client, std::uint16_t region) const noexcept {
  if (table_.empty()) return false;
  const LatencyHeader& header = header_of(table_);
  const FoundRow at = find_row(table_, header.ranges, client);
  if (at.row == no_row || region >= header.regions) return false;
  return table_[header.learned + std::uint64_t{at.row} * header.regions + region] != 0;
}

}  // namespace waymark::policy
