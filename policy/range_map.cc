// SPDX-License-Identifier: Apache-2.0
#include "policy/range_map.h"

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

template <class T>
FoundRow find_in(const T* starts, const std::uint32_t* rows, std::uint32_t count,
                 const T& value) noexcept {
  const std::uint32_t range = find_range(starts, count, value);
  return {rows[range], scope_in(starts, count, range, value)};
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

bool fits(ByteView table, std::uint64_t offset, std::uint64_t count, std::uint64_t width,
          std::uint64_t alignment) noexcept {
  return offset <= table.size() && offset % alignment == 0 &&
         count <= (table.size() - offset) / width;
}

const char* check_ranges(ByteView table, const RangesHeader& header, std::uint32_t rows) noexcept {
  if (!fits(table, header.v4_starts, header.v4_ranges, 4, 4) ||
      !fits(table, header.v4_rows, header.v4_ranges, 4, 4) ||
      !fits(table, header.v6_starts, header.v6_ranges, sizeof(V6Start), 8) ||
      !fits(table, header.v6_rows, header.v6_ranges, 4, 4))
    return "ranges are outside";
  if (!are_ranges(at<std::uint32_t>(table, header.v4_starts),
                  at<std::uint32_t>(table, header.v4_rows), header.v4_ranges, rows) ||
      !are_ranges(at<V6Start>(table, header.v6_starts), at<std::uint32_t>(table, header.v6_rows),
                  header.v6_ranges, rows))
    return "ranges are out of order";
  return nullptr;
}

FoundRow find_row(ByteView table, const RangesHeader& header, const IpAddress& address) noexcept {
  if (address.is_v4())
    return find_in(at<std::uint32_t>(table, header.v4_starts),
                   at<std::uint32_t>(table, header.v4_rows), header.v4_ranges, address.v4_value());
  const V6Start value{load64(address.octets.data()), load64(address.octets.data() + 8)};
  return find_in(at<V6Start>(table, header.v6_starts), at<std::uint32_t>(table, header.v6_rows),
                 header.v6_ranges, value);
}

}  // namespace waymark::policy
