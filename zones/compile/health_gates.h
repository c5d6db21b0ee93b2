// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "health/health_graph.h"
#include "zones/compile/name_key.h"
#include "zones/compile/slot_book.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What one record set hangs on as a branch of its group.
struct BranchHealth {
  health::HealthSlot slot = health::HealthSlot::always_healthy;
  bool descends = false;  // and on its alias target, whose health depends on the client
};

/// Which bit each branch of a policy looks at, and the gates that those bits come from. A gate
/// follows the members of the group it stands for, although the alias's own node stays as it is.
class HealthGates {
 public:
  /// `panic_percent`: a group of which fewer are healthy counts as healthy whole (0: off).
  /// `outside`: what external aliases are known to lead to; it outlives the gates.
  explicit HealthGates(SlotBook slots, std::uint32_t panic_percent = 0,
                       const ExternalAnswers* outside = nullptr)
      : slots_(std::move(slots)), panic_percent_(panic_percent), outside_(outside) {}

  const SlotBook& slots() const noexcept { return slots_; }
  /// The health check whose verdict a slot with that key is, if it is one.
  static std::optional<std::string> check_of(std::string_view key);

  /// Drops what nobody needs any more and evaluates the rest anew: once, after a restart.
  Result<void> restore(const Snapshot& state);
  /// A check came, changed or went.
  Result<void> check_changed(const Snapshot& state, const std::string& id);
  /// The sets of these names changed: the gates of their groups follow. Where a group depends on
  /// the client now and did not before, or the other way, the names whose aliases hang on it are
  /// added: their nodes must be compiled anew.
  Result<void> follow(const Snapshot& state, std::set<NameKey>& names);
  /// Gives back what these names, and the external aliases that went, do not need any more.
  Result<void> release_unused(const Snapshot& state, const std::set<NameKey>& names,
                              const std::vector<ExternalStep>& steps);
  /// The zone is gone, and its groups with it.
  void drop_zone(const ZoneId& zone);

  /// For one record set as a branch of its group.
  Result<BranchHealth> of(const Snapshot& state, const HostedZone& zone, const RecordSet& set);

  /// The gate that is healthy while a group [first, last) of one name and type is above the panic
  /// threshold; `always_healthy` when it is off, and for failover, which has an order to keep.
  Result<health::HealthSlot> crowd(const Snapshot& state, const HostedZone& zone,
                                   const RecordSet* first, const RecordSet* last);
  /// A member's bit that counts as healthy while its crowd is not.
  health::HealthSlot unless_panic(health::HealthSlot member, health::HealthSlot crowd);
  /// The image names other bits than this threshold wants: compile everything anew.
  bool panic_changed() const noexcept { return panic_changed_; }

  std::vector<health::Gate> gates() const;
  std::vector<std::pair<std::string, health::HealthSlot>> checks() const;
  bool changed() const noexcept { return slots_.changed() || changed_; }
  bool slots_changed() const noexcept { return slots_.changed(); }
  void published() noexcept { slots_.published(), changed_ = panic_changed_ = false; }

 private:
  Result<std::vector<dns::Name>> follow_one(const Snapshot& state, const HostedZone& zone,
                                            const dns::Name& name);
  Result<health::HealthSlot> group(const Snapshot& state, const HostedZone& zone,
                                   const dns::Name& name, dns::RrType type);
  Result<void> define_group(const Snapshot& state, const HostedZone& zone, const std::string& key,
                            const dns::Name& name, dns::RrType type);
  /// Whether no bit can say that a group is healthy: geolocation, CIDR, or an alias that leads to
  /// such a group.
  Result<bool> depends_on_client(const Snapshot& state, const HostedZone& zone,
                                 const dns::Name& name, dns::RrType type, unsigned depth = 0);
  /// Healthy while an external target's last answer has addresses.
  health::HealthSlot external(const ExternalTarget& target, bool in_image = false);
  Result<void> restore_external(const Snapshot& state);
  /// The numbers of keys that went.
  using Gone = std::set<health::HealthSlot>;
  Result<void> release_external(const Snapshot& state, const std::vector<ExternalStep>& steps,
                                Gone& gone);
  Result<void> release_crowds(const Snapshot& state, const NameKey& name, Gone& gone);
  /// What was made of numbers that went.
  void release_made_of(const Gone& gone);
  Result<bool> restore_group(const Snapshot& state, const std::string& key);
  bool restore_all(const std::string& key);
  Result<void> restore_panic(const Snapshot& state);
  Result<bool> restore_crowd(const Snapshot& state, const std::string& key);
  health::HealthSlot both(health::HealthSlot a, health::HealthSlot b);
  void put(health::Gate gate);
  void drop(const std::string& key);

  SlotBook slots_;
  std::map<health::HealthSlot, health::Gate> gates_;
  std::uint32_t panic_percent_;
  const ExternalAnswers* outside_;
  bool panic_changed_ = false;
  bool changed_ = true;
};

}  // namespace waymark::zones
