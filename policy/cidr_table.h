// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"
#include "policy/client.h"
#include "policy/range_map.h"

namespace waymark::policy {

/// One block of a collection: whose location number it is.
struct CidrEntry {
  IpPrefix prefix;
  std::uint32_t location = 0;
};
struct CidrCollection {
  std::uint32_t number = 0;
  std::vector<CidrEntry> entries;
};
constexpr std::uint32_t default_cidr_location = 0xFFFFFFFF;  // "*", in records only

// As it stands in the image; 8-aligned; offsets from the header:
//   CidrHeader, u64 offset of a CidrTableHeader by collection number (0: none);
//   for each its ranges (range_map.h; rows are blocks), then CidrBlock[row], a parent before its
//   children.
struct CidrHeader {
  std::uint32_t collections, reserved;
};
struct CidrTableHeader {
  RangesHeader ranges;
  std::uint32_t blocks, reserved;
  std::uint64_t first_block;
};
struct CidrBlock {
  std::uint32_t location;
  std::uint32_t parent;  // the next wider block; no_row: none
  std::uint32_t length;  // of the prefix
};

Bytes write_cidr_tables(std::span<const CidrCollection> collections);

/// Client → the blocks of a collection it is in: a view over checked bytes. Any thread.
class CidrTables {
 public:
  /// The blocks that hold the whole client subnet, the longest first.
  class Chain {
   public:
    Chain() = default;
    Chain(const CidrBlock* blocks, std::uint32_t innermost, std::uint8_t most_bits,
          std::uint8_t bits_used) noexcept
        : scope(bits_used), blocks_(blocks), at_(innermost), most_bits_(most_bits) {
      skip();
    }
    bool ended() const noexcept { return at_ == no_row; }
    std::uint32_t location() const noexcept { return blocks_[at_].location; }
    void next() noexcept {
      at_ = blocks_[at_].parent;
      skip();
    }
    std::uint8_t scope = 0;  // length of the largest block around the client with the same chain

   private:
    void skip() noexcept {  // a block longer than the client's prefix does not hold it
      while (at_ != no_row && blocks_[at_].length > most_bits_)
        at_ = blocks_[at_].parent;
    }
    const CidrBlock* blocks_ = nullptr;
    std::uint32_t at_ = no_row;
    std::uint8_t most_bits_ = 0;
  };

  CidrTables() = default;  // no collections
  /// Checks every offset, count, row and order. Fails with `bad_image`.
  static Result<CidrTables> open(ByteView table);

  Chain find(std::uint32_t collection, const Client& client) const noexcept;

 private:
  explicit CidrTables(ByteView table) noexcept : table_(table) {}
  ByteView table_;
};

}  // namespace waymark::policy
