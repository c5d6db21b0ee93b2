// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "health/health_graph.h"
#include "zones/compile/slot_book.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Which bit each branch of a policy looks at, and the gates that those bits come from. A gate
/// follows the members of the group it stands for, although the alias's own node stays as it is.
class HealthGates {
 public:
  explicit HealthGates(SlotBook slots) : slots_(std::move(slots)) {}

  const SlotBook& slots() const noexcept { return slots_; }

  /// Drops what nobody needs any more and evaluates the rest anew: once, after a restart.
  Result<void> restore(const Snapshot& state);
  /// A check came, changed or went.
  Result<void> check_changed(const Snapshot& state, const std::string& id);
  /// The sets of one name changed: the gates of its groups follow.
  Result<void> follow(const Snapshot& state, const HostedZone& zone, const dns::Name& name);
  /// The zone is gone, and its groups with it.
  void drop_zone(const ZoneId& zone);

  /// The bit for one record set as a branch of its group.
  Result<health::HealthSlot> of(const Snapshot& state, const HostedZone& zone,
                                const RecordSet& set);

  std::vector<health::Gate> gates() const;
  std::vector<std::pair<std::string, health::HealthSlot>> checks() const;
  bool changed() const noexcept { return slots_.changed() || changed_; }
  bool slots_changed() const noexcept { return slots_.changed(); }
  void published() noexcept { slots_.published(), changed_ = false; }

 private:
  Result<health::HealthSlot> group(const Snapshot& state, const HostedZone& zone,
                                   const dns::Name& name, dns::RrType type);
  Result<void> define_group(const Snapshot& state, const HostedZone& zone, const std::string& key,
                            const dns::Name& name, dns::RrType type);
  Result<bool> restore_group(const Snapshot& state, const std::string& key);
  bool restore_all(const std::string& key);
  health::HealthSlot both(health::HealthSlot a, health::HealthSlot b);
  void put(health::Gate gate);
  void drop(const std::string& key);

  SlotBook slots_;
  std::map<health::HealthSlot, health::Gate> gates_;
  bool changed_ = true;
};

}  // namespace waymark::zones
