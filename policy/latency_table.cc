// SPDX-License-Identifier: Apache-2.0
#include "policy/latency_table.h"

#include <algorithm>
#include <bit>

namespace waymark::policy {
namespace {

template <class T>
const T* at(ByteView table, std::uint64_t offset) noexcept {
  return reinterpret_cast<const T*>(table.data() + offset);
}

bool less_or_equal(std::uint32_t a, std::uint32_t b) noexcept {
  return a <= b;
}
bool less_or_equal(const V6Start& a, const V6Start& b) noexcept {
  return a.high < b.high || (a.high == b.high && a.low <= b.low);
}

int common_prefix(std::uint32_t a, std::uint32_t b) noexcept {
  return std::countl_zero(a ^ b);
}
int common_prefix(const V6Start& a, const V6Start& b) noexcept {
  return a.high != b.high ? std::countl_zero(a.high ^ b.high)
                          : 64 + std::countl_zero(a.low ^ b.low);
}

std::uint32_t before(std::uint32_t start) noexcept {
  return start - 1;
}
V6Start before(const V6Start& start) noexcept {
  return {start.low == 0 ? start.high - 1 : start.high, start.low - 1};
}

/// The range that holds `value`: the last that starts at or before it. Halving without a branch
/// that the processor would have to guess.
template <class T>
std::uint32_t find_range(const T* starts, std::uint32_t count, const T& value) noexcept {
  const T* base = starts;
  while (count > 1) {
    const std::uint32_t half = count / 2;
    base += less_or_equal(base[half], value) ? half : 0;
    count -= half;
  }
  return static_cast<std::uint32_t>(base - starts);
}

/// Bits of the largest block around `value` that leaves neither side of the range.
template <class T>
std::uint8_t scope_in(const T* starts, std::uint32_t count, std::uint32_t range,
                      const T& value) noexcept {
  int scope = 0;
  if (range > 0) scope = 1 + common_prefix(value, before(starts[range]));
  if (range + 1 < count) scope = std::max(scope, 1 + common_prefix(value, starts[range + 1]));
  return static_cast<std::uint8_t>(scope);
}

Error bad(const char* what) {
  return {ErrorCode::bad_image, std::string("latency table: ") + what};
}

bool fits(ByteView table, std::uint64_t offset, std::uint64_t count, std::uint64_t width,
          std::uint64_t alignment) noexcept {
  return offset >= sizeof(LatencyHeader) && offset <= table.size() && offset % alignment == 0 &&
         count <= (table.size() - offset) / width;
}

/// Starts cover the space from 0 and rise; rows are there.
template <class T>
bool are_ranges(const T* starts, const std::uint32_t* rows, std::uint32_t count,
                std::uint32_t all_rows) noexcept {
  if (count == 0 || !less_or_equal(starts[0], T{})) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    if (i > 0 && less_or_equal(starts[i], starts[i - 1])) return false;
    if (rows[i] >= all_rows && rows[i] != no_row) return false;
  }
  return true;
}

}  // namespace

Result<LatencyTable> LatencyTable::open(ByteView table) {
  if (table.size() < sizeof(LatencyHeader)) return bad("header is cut short");
  if (reinterpret_cast<std::uintptr_t>(table.data()) % alignof(LatencyHeader) != 0)
    return bad("is not aligned");
  const auto& header = *at<LatencyHeader>(table, 0);
  if (!fits(table, header.v4_starts, header.v4_ranges, 4, 4) ||
      !fits(table, header.v4_rows, header.v4_ranges, 4, 4) ||
      !fits(table, header.v6_starts, header.v6_ranges, sizeof(V6Start), 8) ||
      !fits(table, header.v6_rows, header.v6_ranges, 4, 4))
    return bad("ranges are outside");
  if (header.regions > 0xFFFF ||
      !fits(table, header.milliseconds, std::uint64_t{header.rows} * header.regions, 2, 2))
    return bad("rows are outside");
  if (!are_ranges(at<std::uint32_t>(table, header.v4_starts),
                  at<std::uint32_t>(table, header.v4_rows), header.v4_ranges, header.rows) ||
      !are_ranges(at<V6Start>(table, header.v6_starts), at<std::uint32_t>(table, header.v6_rows),
                  header.v6_ranges, header.rows))
    return bad("ranges are out of order");
  return LatencyTable(table);
}

LatencyTable::Row LatencyTable::find(const IpAddress& client) const noexcept {
  Row found;
  if (table_.empty()) return found;
  const auto& header = *at<LatencyHeader>(table_, 0);
  std::uint32_t row = no_row;
  if (client.is_v4()) {
    const std::uint32_t value = client.v4_value();
    const auto* starts = at<std::uint32_t>(table_, header.v4_starts);
    const std::uint32_t range = find_range(starts, header.v4_ranges, value);
    row = at<std::uint32_t>(table_, header.v4_rows)[range];
    found.scope = scope_in(starts, header.v4_ranges, range, value);
  } else {
    const V6Start value{load64(client.octets.data()), load64(client.octets.data() + 8)};
    const auto* starts = at<V6Start>(table_, header.v6_starts);
    const std::uint32_t range = find_range(starts, header.v6_ranges, value);
    row = at<std::uint32_t>(table_, header.v6_rows)[range];
    found.scope = scope_in(starts, header.v6_ranges, range, value);
  }
  if (row == no_row) return found;
  found.regions = header.regions;
  found.milliseconds =
      at<std::uint16_t>(table_, header.milliseconds) + std::uint64_t{row} * header.regions;
  return found;
}

}  // namespace waymark::policy
