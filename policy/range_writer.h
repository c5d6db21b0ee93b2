// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "policy/range_map.h"

namespace waymark::policy {

/// A prefix and the row that stands for it.
struct RowBlock {
  IpPrefix prefix;
  std::uint32_t row;
};

/// Appends the ranges of `blocks`, 8-aligned, and says where they stand. Nested prefixes are
/// allowed, the longest wins; of equal prefixes the last. Where `over` says anything, `blocks`
/// counts for nothing, whatever the lengths.
RangesHeader append_ranges(Bytes& out, std::vector<RowBlock> blocks,
                           std::vector<RowBlock> over = {});

template <class T>
std::uint64_t append_value(Bytes& out, const T& value) {
  const std::uint64_t at = out.size();
  out.resize(at + sizeof(T));
  std::memcpy(out.data() + at, &value, sizeof(T));
  return at;
}

}  // namespace waymark::policy
