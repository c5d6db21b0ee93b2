// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/counter_book.h"

#include <algorithm>
#include <utility>

#include "dns/image/name_table.h"
#include "dns/policy_shares.h"

namespace waymark::zones {

void CounterBook::read(const dns::Image& image) {
  *this = CounterBook();
  std::map<NameKey, bool> seen;  // names of a newer tier
  for (std::size_t tier = 0; tier < image.names().tiers(); ++tier) {
    const bool last = tier + 1 == image.names().tiers();
    image.names().for_each(tier, [&](const dns::NodeView& node) {
      const bool older = !seen.empty() && seen.contains(key_of(node));
      if (!last) seen.emplace(key_of(node), true);
      if (older) return;
      for (const dns::layout::Entry& entry : node.entries()) {
        const auto tree = dns::policy_of(node, entry);
        if (!tree || tree->header().counter == 0) continue;
        const policy::TreeHeader& header = tree->header();
        const Block block{{header.counter, header.tag, header.signature}, header.targets, 0};
        const Key key{key_of(node), dns::RrType{entry.type}, node.zone()};
        blocks_.emplace(key, block);
        mark(block, true);
        next_ = std::max<std::size_t>(next_, std::size_t{header.counter} + header.targets);
        come(key, block);
      }
    });
  }
}

void CounterBook::mark(const Block& block, bool used) {
  for (std::size_t i = 0; i < block.targets; ++i) {
    const std::size_t number = block.counting.counter + i;
    if (used_[number] != used) free_ = used ? free_ - 1 : free_ + 1;
    used_[number] = used;
  }
}

/// The next free ones in a row, round and round.
std::uint16_t CounterBook::take(std::uint16_t count) {
  if (count == 0 || free_ < count || in_a_row_ <= count) return 0;
  std::size_t in_a_row = 0;
  for (std::size_t looked = 0; looked < 2 * policy::counter_numbers; ++looked) {
    if (next_ >= policy::counter_numbers) next_ = 1, in_a_row = 0;
    in_a_row = used_[next_] ? 0 : in_a_row + 1;
    ++next_;
    if (in_a_row == count) return static_cast<std::uint16_t>(next_ - count);
  }
  in_a_row_ = count;  // until numbers come back, nobody has to look again
  return 0;
}

void CounterBook::come(const Key& key, const Block& block) {
  const auto& [name, type, zone] = key;
  changes_.come.push_back({zone, name.name, type, block.counting, block.targets});
}

CounterBook::Blocks::iterator CounterBook::release(Blocks::iterator at) {
  const auto& [name, type, zone] = at->first;
  mark(at->second, false);
  in_a_row_ = policy::counter_numbers;
  changes_.gone.push_back({zone, name.name, type, at->second.counting, at->second.targets});
  return blocks_.erase(at);
}

policy::Counting CounterBook::of(std::uint32_t zone, const NameKey& name, dns::RrType type,
                                 std::uint32_t signature, std::uint16_t targets) {
  const Key key{name, type, zone};
  if (const auto known = blocks_.find(key); known != blocks_.end()) {
    known->second.round = round_;
    if (known->second.counting.signature == signature && known->second.targets == targets)
      return known->second.counting;
    release(known);
  }
  const std::uint16_t counter = take(targets);
  if (counter == 0) return {};
  // The signature's other bits: what a number counted before is of another tag.
  const Block block{
      {counter, static_cast<std::uint16_t>(signature >> 16), signature}, targets, round_};
  mark(block, true);
  blocks_.emplace(key, block);
  come(key, block);
  return block.counting;
}

void CounterBook::end(const NameKey& name) {
  for (auto at = blocks_.lower_bound({name, dns::RrType{0}, 0});
       at != blocks_.end() && std::get<0>(at->first) == name;)
    at = at->second.round == round_ ? std::next(at) : release(at);
}

void CounterBook::end() {
  for (auto at = blocks_.begin(); at != blocks_.end();)
    at = at->second.round == round_ ? std::next(at) : release(at);
}

CounterBook::Changes CounterBook::take_changes() {
  return std::exchange(changes_, {});
}

}  // namespace waymark::zones
