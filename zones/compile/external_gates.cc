// SPDX-License-Identifier: Apache-2.0
//
// The bits of external aliases. They hang on no other bit: what is known of the target when names
// are compiled decides, and an answer that changes compiles them anew.
#include <set>

#include "zones/compile/health_gates.h"
#include "zones/compile/slot_keys.h"

namespace waymark::zones {
using health::HealthSlot;

HealthSlot HealthGates::external(const ExternalTarget& target, bool in_image) {
  const HealthSlot slot = slots_.slot(slot_keys::external(target));
  if (slot == HealthSlot::always_healthy) return slot;
  const bool known = outside_ != nullptr && outside_->contains(target);
  // What the image answers with stays when nothing is known of it any more.
  const bool reachable = known ? !outside_->at(target).addresses.empty() : in_image;
  put({slot, reachable ? 1U : 2U, {HealthSlot::always_healthy}});  // of one input: 2 is never
  return slot;
}

Result<void> HealthGates::restore_external(const Snapshot& state) {
  std::vector<std::string> known;
  slots_.for_each(slot_keys::external_prefix,
                  [&](const std::string& key, HealthSlot) { known.push_back(key); });
  if (known.empty()) return {};
  auto aliases = state.external_aliases(std::nullopt);
  if (!aliases) return aliases.error();
  std::set<std::string> wanted;
  for (const ExternalAlias& alias : *aliases)
    if (alias.evaluate_target_health && wanted.insert(slot_keys::external(alias.target)).second)
      external(alias.target, true);
  for (const std::string& key : known)
    if (!wanted.contains(key)) drop(key);
  return {};
}

}  // namespace waymark::zones
