// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/random.h"
#include "dns/alias_health.h"
#include "dns/image/image.h"
#include "dns/lookup.h"
#include "policy/policy_tree.h"
#include "policy/policy_walk.h"

namespace waymark::dns {

/// Hears what the walk does. The hot path uses this one, which compiles to nothing; explain has
/// one that tells.
struct SilentTrace {
  void view(const Image&, std::uint32_t /*vpc*/, ByteView /*name*/, ZoneNumber) noexcept {}
  void outside(const Place&) noexcept {}
  void zone(const Image&, ZoneNumber) noexcept {}
  void exact(NodeView) noexcept {}
  void wildcard(NodeView) noexcept {}
  void delegation(NodeView) noexcept {}
  void cname(ByteView /*target*/) noexcept {}
  void dname(NodeView /*owner*/, ByteView /*target*/) noexcept {}
  void alias(ByteView /*target*/, bool /*found*/) noexcept {}
  void external(ByteView /*target*/, bool /*resolved*/) noexcept {}
  void answer(RrType, std::uint16_t /*records*/) noexcept {}
  void absent(Rcode, const ZoneView&) noexcept {}
  void loop() noexcept {}
  void gave_up(const char* /*why*/) noexcept {}
  policy::Selection select(const policy::PolicyTree& tree, const policy::Facts& facts,
                           Random& random, NodeView, RrType, const AliasHealth& beyond) noexcept {
    if (const policy::Branch* drawn = tree.draw_at_once(facts.health, random)) {
      policy::Selection selection;
      selection.targets[0] = drawn->index;
      selection.count = 1;
      return selection;
    }
    policy::Silent silent;
    return tree.select_telling(facts, random, silent, beyond);
  }
};

}  // namespace waymark::dns
