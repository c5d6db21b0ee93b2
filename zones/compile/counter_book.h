// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <tuple>
#include <vector>

#include "dns/image/image.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "policy/policy_tree.h"
#include "zones/compile/name_key.h"

namespace waymark::zones {

/// The record sets of one name and type that compete, and where their answers are counted.
struct CountedGroup {
  std::uint32_t zone = 0;  // HostedZone::number
  dns::Name name;
  dns::RrType type{};
  policy::Counting counting;
  std::uint16_t targets = 0;
};

/// Which counter numbers are whose. They stand in the policies of the image, so a restarted
/// control process reads them there. A group keeps its block of numbers while its signature stays;
/// a number that was given back is used again only after all others were. Compiler thread.
class CounterBook {
 public:
  /// Forgets everything but what `image` holds: the newest tier's word counts.
  void read(const dns::Image& image);

  /// For the next names, or for all that there are.
  void begin() noexcept { ++round_; }
  /// The numbers of a group; none (counter 0) when there are not so many left.
  policy::Counting of(std::uint32_t zone, const NameKey& name, dns::RrType type,
                      std::uint32_t signature, std::uint16_t targets);
  /// Groups of the name, or all, that were not asked for since begin() give their numbers back.
  void end(const NameKey& name);
  void end();

  /// What came and went since the last time, in an order in which both can be done: first what
  /// went.
  struct Changes {
    std::vector<CountedGroup> gone, come;
  };
  Changes take_changes();

 private:
  using Key = std::tuple<NameKey, dns::RrType, std::uint32_t>;  // name, type, zone
  struct Block {
    policy::Counting counting;
    std::uint16_t targets = 0;
    std::uint64_t round = 0;
  };

  using Blocks = std::map<Key, Block>;

  std::uint16_t take(std::uint16_t count);
  void mark(const Block& block, bool used);
  Blocks::iterator release(Blocks::iterator at);
  void come(const Key& key, const Block& block);

  Blocks blocks_;
  std::vector<bool> used_ = std::vector<bool>(policy::counter_numbers);
  std::size_t free_ = policy::counter_numbers - 1;  // 0 is no number
  std::size_t in_a_row_ = policy::counter_numbers;  // so many free ones are nowhere in a row
  std::size_t next_ = 1;                            // where the search for free ones goes on
  std::uint64_t round_ = 0;
  Changes changes_;
};

}  // namespace waymark::zones
