// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dns/image/image.h"
#include "zones/compile/image_compiler.h"

namespace waymark::zones {

/// A middle tier larger than this part of the base goes into the base.
constexpr std::size_t tier_ratio = 16;

/// What a fold merges: the small tier as it stood at `mark`, and the tiers behind it.
struct FoldWork {
  dns::HashKey key;
  std::uint64_t mark = 0;  // sequence number of the newest block in `small`
  std::vector<Bytes> small;
  std::shared_ptr<const dns::Part> middle, base;  // either may be null
  std::uint64_t part_id = 0;                      // for what comes out
};

/// What came of it: one new tier that stands in the place of what was merged.
struct Folded {
  std::uint64_t mark = 0;
  NewPart part;
  bool is_base = false;  // it holds everything: no tier stands behind it
  std::uint64_t instead_of =
      0;  // id of the base it was made with; 0: none. Another base: it is stale
};

/// Merges tiers; any thread, at any pace. Newer blocks win; tombstones end at the base.
std::unique_ptr<Folded> fold(const FoldWork& work);

}  // namespace waymark::zones
