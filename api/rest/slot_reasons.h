// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/http/json.h"
#include "dns/image/image.h"
#include "health/health_table.h"
#include "health/prober.h"
#include "zones/store/store.h"

namespace waymark::api {

/// Why a health bit is down, in words an operator knows: which checks, and which alias targets.
/// Holds views of what it was made from. Short-lived.
class SlotReasons {
 public:
  /// `state` may be null: then an alias target is named without the checks behind it.
  SlotReasons(const dns::Image& image, health::HealthTable health,
              const std::vector<health::CheckStatus>& statuses, const zones::Snapshot* state);

  /// One sentence; empty when nothing is known of the slot.
  std::string text(health::HealthSlot slot) const;
  /// `[{"health_check_id","since","reason"} or {"alias_target","type"} or
  /// {"external_target","type"}]`: what is down below it.
  Json list(health::HealthSlot slot) const;

 private:
  struct Found;
  void explore(health::HealthSlot slot, Found& found) const;
  void add_check(const std::string& id, Found& found) const;
  static void add_external(std::string_view key, Found& found);
  void add_group(std::string_view key, Found& found) const;
  void add_members(const zones::HostedZone& zone, const dns::Name& name, dns::RrType type,
                   Found& found) const;
  Found find(health::HealthSlot slot) const;

  std::vector<dns::SlotSpec> slots_;  // by slot
  health::HealthTable health_;
  std::unordered_map<std::string_view, const health::CheckStatus*> checks_;
  const zones::Snapshot* state_;
};

}  // namespace waymark::api
