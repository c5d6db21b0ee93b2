// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dns/image/image_writer.h"
#include "health/health_table.h"

namespace waymark::zones {

/// Which health bit means what. Numbers are given out upwards and outlive processes in the slots
/// part. A number that was given back is not used again while images may name it: only once half of
/// the board has been given out, and then the lowest free one.
///
/// Keys: "check/<id>", "group/<zone id>/<target>/<type>", "all/<slot>/<slot>",
/// "external/<target>/<type>"; with a panic
/// threshold "crowd/<zone id>/<name>/<type>", "panic/<slot>/<slot>", "panic-percent/<threshold>".
class SlotBook {
 public:
  using Keys = std::map<std::string, health::HealthSlot, std::less<>>;

  /// An empty book begins the epoch `epoch`.
  explicit SlotBook(std::uint64_t epoch) : epoch_(epoch) {}
  SlotBook(std::uint64_t epoch, const std::vector<dns::SlotSpec>& slots);

  /// The slot of a key, given out now when there is none. With no number left the answer is
  /// `always_healthy` (PRB-6: fail open), and the log says so.
  health::HealthSlot slot(const std::string& key);
  /// Null when the key has none.
  const health::HealthSlot* find(std::string_view key) const;
  void release(const std::string& key);

  std::uint64_t epoch() const noexcept { return epoch_; }
  const Keys& keys() const noexcept { return keys_; }
  /// Calls `visit(key, slot)` for the keys that begin with `prefix`.
  template <class Visit>
  void for_each(std::string_view prefix, Visit&& visit) const {
    for (auto at = keys_.lower_bound(prefix); at != keys_.end() && at->first.starts_with(prefix);
         ++at)
      visit(at->first, at->second);
  }
  std::vector<dns::SlotSpec> specs() const;

  /// True since the keys changed, until the change is published.
  bool changed() const noexcept { return changed_; }
  void published() noexcept { changed_ = false; }

 private:
  std::uint32_t free_number();

  std::uint64_t epoch_;
  Keys keys_;
  std::uint32_t next_ = 1;         // above every number given out; 0 is always_healthy
  std::vector<bool> in_use_;       // filled when numbers must be used again
  std::uint32_t lowest_free_ = 0;  // none below it is free
  bool changed_ = true;
};

}  // namespace waymark::zones
