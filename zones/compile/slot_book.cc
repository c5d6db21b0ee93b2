// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/slot_book.h"

#include <algorithm>

#include "base/log.h"
#include "dns/board.h"

namespace waymark::zones {
namespace {

constexpr std::uint32_t reuse_from = dns::Board::health_slots / 2;

}  // namespace

SlotBook::SlotBook(std::uint64_t epoch, const std::vector<dns::SlotSpec>& slots)
    : epoch_(epoch), changed_(false) {
  for (const dns::SlotSpec& spec : slots) {
    keys_.emplace(spec.key, health::HealthSlot{spec.slot});
    next_ = std::max(next_, spec.slot + 1);
  }
}

health::HealthSlot SlotBook::slot(const std::string& key) {
  const auto found = keys_.find(key);
  if (found != keys_.end()) return found->second;

  const std::uint32_t number = next_ < reuse_from ? next_++ : free_number();
  if (number == 0) {
    log::error("health_slots_exhausted", {{"key", key}, {"slots", dns::Board::health_slots}});
    return health::HealthSlot::always_healthy;
  }
  changed_ = true;
  return keys_.emplace(key, health::HealthSlot{number}).first->second;
}

std::uint32_t SlotBook::free_number() {
  if (in_use_.empty()) {
    in_use_.resize(dns::Board::health_slots);
    in_use_[0] = true;
    for (const auto& [key, slot] : keys_)
      in_use_[static_cast<std::uint32_t>(slot)] = true;
  }
  while (lowest_free_ < in_use_.size() && in_use_[lowest_free_])
    ++lowest_free_;
  if (lowest_free_ == in_use_.size()) return 0;
  in_use_[lowest_free_] = true;
  return lowest_free_;
}

const health::HealthSlot* SlotBook::find(std::string_view key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? nullptr : &found->second;
}

void SlotBook::release(const std::string& key) {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return;
  if (!in_use_.empty()) {
    const auto number = static_cast<std::uint32_t>(found->second);
    in_use_[number] = false;
    lowest_free_ = std::min(lowest_free_, number);
  }
  keys_.erase(found);
  changed_ = true;
}

std::vector<dns::SlotSpec> SlotBook::specs() const {
  std::vector<dns::SlotSpec> specs;
  specs.reserve(keys_.size());
  for (const auto& [key, slot] : keys_)
    specs.push_back({static_cast<std::uint32_t>(slot), key});
  std::sort(specs.begin(), specs.end(),
            [](const auto& a, const auto& b) { return a.slot < b.slot; });
  return specs;
}

}  // namespace waymark::zones
