// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "health/health_check.h"
#include "health/health_graph.h"

namespace waymark::health {

/// What a calculated check's bit is worked out of: a constant while it is forced or disabled.
/// `slot_of` gives a child's slot, `always_healthy` for one that is gone.
inline Gate calculated_gate(const HealthCheck& check, HealthCheck::Forced forced, HealthSlot slot,
                            const std::function<HealthSlot(const CheckId&)>& slot_of) {
  using Forced = HealthCheck::Forced;
  if (forced != Forced::automatic || check.disabled) {
    const bool healthy = forced != Forced::automatic ? forced == Forced::up : !check.inverted;
    return {slot, healthy ? 0U : 1U, {}};
  }
  Gate gate{slot, check.needed, {}};
  gate.kind = check.inverted ? Gate::Kind::fewer_than : Gate::Kind::at_least;
  for (const CheckId& child : check.children)
    gate.of.push_back(slot_of(child));
  return gate;
}

}  // namespace waymark::health
