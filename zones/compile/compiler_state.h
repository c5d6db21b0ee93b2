// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "zones/compile/counter_book.h"
#include "zones/compile/folder.h"
#include "zones/compile/health_gates.h"
#include "zones/compile/image_compiler.h"
#include "zones/compile/touched.h"

namespace waymark::zones {

constexpr std::size_t most_touched = 4096;  // names; above: the base is compiled anew

/// What the compiler knows between two generations. The names are compiled in image_compiler.cc,
/// the other parts in compiler_parts.cc.
struct ImageCompiler::Impl {
  struct SmallBlock {
    Bytes block;
    std::uint64_t sequence;
  };

  const Store& store;
  Random random;
  std::uint32_t panic_percent;
  dns::Image image;  // what the workers hold
  std::uint64_t next_part = 0;
  dns::HashKey key;
  std::optional<HealthGates> gates;     // none: no image yet
  CounterBook counters;                 // as the image has them, and what comes
  bool taken_up = false;                // the image, or a first one is compiled
  bool compiled_all = false;            // and that image is not published yet
  std::map<NameKey, SmallBlock> small;  // the newest tier, as blocks
  std::uint64_t sequence = 0;
  std::map<NameKey, std::string> faulty;  // could not be compiled, and why
  std::optional<dns::PartId> small_part;  // as published; stays while `small` does
  bool small_changed = false;
  std::vector<dns::PartId> tiers;                // behind the small one, newest first
  std::map<std::uint32_t, dns::ZoneSpec> zones;  // by number
  std::optional<dns::PartId> zones_part, latency_part, locations_part, cidrs_part, views_part,
      slots_part;
  GeoRows geo;
  bool geo_changed = true;  // also at the start: it may have been while nobody looked
  std::unique_ptr<Folded> folded;
  OutsideKnown outside;
  std::set<ExternalTarget> external_changed;  // since the last compile
  std::set<NameKey> external_names;           // to be compiled anew, for what they lead to
  std::set<NameKey> external_taken;           // of them, by the generation under way
  bool learned_changed = false;

  Impl(const Store& the_store, dns::Image the_image, Random the_random, std::uint32_t panic,
       GeoRows the_geo, OutsideKnown known)
      : store(the_store),
        random(the_random),
        panic_percent(panic),
        image(std::move(the_image)),
        geo(std::move(the_geo)),
        geo_changed(static_cast<bool>(geo)),
        outside(std::move(known)),
        learned_changed(!outside.learned.empty()) {
    for (const dns::PartId& part : image.manifest().parts)
      next_part = std::max(next_part, part.id + 1);
    // A new beginning numbers from a place of its own: no file left behind is taken for a part.
    if (next_part == 0) next_part = random.next() >> 16 | 1;
    if (image.generation() == 0) return;
    // Also under a store of another epoch: the workers answer from this image until the next one
    // is adopted, so no slot that it names may change its meaning.
    key = image.names().key();
    gates.emplace(SlotBook(image.slot_epoch(), image.slots()), panic_percent, &outside.external);
    counters.read(image);
  }

  std::uint64_t new_part_id() noexcept { return next_part++; }
  std::shared_ptr<const dns::Part> mapped(const dns::PartId& wanted) const;

  Result<void> go_on(const Snapshot& state);
  Result<void> read_zone(const Snapshot& state, const HostedZone& zone);
  Result<void> compile_all(const Snapshot& state, Generation& next);
  Result<void> compile_touched(const Snapshot& state, const Touched& touched);
  Result<void> note_external(const Snapshot& state, Touched& touched, Generation& next,
                             bool compares);
  Result<void> compare_external(const Snapshot& state, const Touched& touched,
                                const std::vector<ExternalAlias>& aliases, ExternalAnswers& seeds);
  dns::NodeView node_of(const NameKey& name) const;
  template <class Make>
  Result<void> remake(Generation& next, dns::layout::PartKind kind,
                      std::optional<dns::PartId>& slot, const Make& make);
  Result<void> compile_latency(const Snapshot& state, Generation& next);
  Result<void> compile_locations(const Snapshot& state, Generation& next);
  Result<void> compile_cidrs(const Snapshot& state, Generation& next);
  Result<void> compile_views(const Snapshot& state, Generation& next);
  void take_folded(Generation& next);
  void write_small(Generation& next);
  void add(Generation& next, dns::layout::PartKind kind, std::uint64_t id, Bytes content,
           std::optional<dns::PartId>& slot);
  void finish(const Snapshot& state, Generation& next);
};

}  // namespace waymark::zones
