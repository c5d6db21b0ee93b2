// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/image_compiler.h"

#include <algorithm>
#include <malloc.h>
#include <map>
#include <set>
#include <utility>

#include "zones/compile/folder.h"
#include "zones/compile/health_gates.h"
#include "zones/compile/latency_part.h"
#include "zones/compile/name_compiler.h"
#include "zones/compile/touched.h"
#include "zones/compile/zone_walk.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

constexpr std::size_t most_touched = 4096;  // above: the base is compiled anew
constexpr std::size_t fold_from = 1024;     // names in the small tier
constexpr std::size_t commits_a_read = 512;

dns::PartId name_part(dns::layout::PartKind kind, std::uint64_t id, const Bytes& content) {
  return {kind, id, content.size(), ContentHash::of(content)};
}

/// The manifest's one part of a kind.
std::optional<dns::PartId> part_of(const dns::Manifest& manifest, dns::layout::PartKind kind) {
  for (const dns::PartId& part : manifest.parts)
    if (part.kind == kind) return part;
  return std::nullopt;
}

/// A large import and its image go through hundreds of megabytes in small pieces, on several
/// threads; the C library keeps what was freed, thread by thread, until it is asked for it.
void give_back_memory() noexcept {
  malloc_trim(0);
}

}  // namespace

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
  std::optional<HealthGates> gates;       // none: no image yet
  bool taken_up = false;                  // the image, or a first one is compiled
  bool compiled_all = false;              // and that image is not published yet
  std::map<dns::Name, SmallBlock> small;  // the newest tier, as blocks
  std::uint64_t sequence = 0;
  std::map<dns::Name, std::string> faulty;  // could not be compiled, and why
  std::optional<dns::PartId> small_part;  // as published; stays while `small` does
  bool small_changed = false;
  std::vector<dns::PartId> tiers;                // behind the small one, newest first
  std::map<std::uint32_t, dns::ZoneSpec> zones;  // by number
  std::optional<dns::PartId> zones_part, latency_part, locations_part, cidrs_part, slots_part;
  GeoRows geo;
  bool geo_changed = true;  // also at the start: it may have been while nobody looked
  std::unique_ptr<Folded> folded;

  Impl(const Store& the_store, dns::Image the_image, Random the_random, std::uint32_t panic,
       GeoRows the_geo)
      : store(the_store),
        random(the_random),
        panic_percent(panic),
        image(std::move(the_image)),
        geo(std::move(the_geo)),
        geo_changed(static_cast<bool>(geo)) {
    for (const dns::PartId& part : image.manifest().parts)
      next_part = std::max(next_part, part.id + 1);
    // A new beginning numbers from a place of its own: no file left behind is taken for a part.
    if (next_part == 0) next_part = random.next() >> 16 | 1;
    if (image.generation() == 0) return;
    // Also under a store of another epoch: the workers answer from this image until the next one
    // is adopted, so no slot that it names may change its meaning.
    key = image.names().key();
    gates.emplace(SlotBook(image.slot_epoch(), image.slots()), panic_percent);
  }

  std::uint64_t new_part_id() noexcept { return next_part++; }
  std::shared_ptr<const dns::Part> mapped(const dns::PartId& wanted) const;

  Result<void> go_on(const Snapshot& state);
  Result<void> read_zone(const Snapshot& state, const HostedZone& zone);
  Result<void> compile_all(const Snapshot& state, Generation& next);
  Result<void> compile_touched(const Snapshot& state, const Touched& touched);
  template <class Make>
  Result<void> remake(Generation& next, dns::layout::PartKind kind,
                      std::optional<dns::PartId>& slot, const Make& make);
  Result<void> compile_latency(const Snapshot& state, Generation& next);
  Result<void> compile_locations(const Snapshot& state, Generation& next);
  Result<void> compile_cidrs(const Snapshot& state, Generation& next);
  void take_folded(Generation& next);
  void write_small(Generation& next);
  void add(Generation& next, dns::layout::PartKind kind, std::uint64_t id, Bytes content,
           std::optional<dns::PartId>& slot);
  void finish(const Snapshot& state, Generation& next);
};

ImageCompiler::ImageCompiler(const Store& store, dns::Image image, Random random,
                             std::uint32_t panic_percent, GeoRows geo)
    : impl_(std::make_unique<Impl>(store, std::move(image), random, panic_percent,
                                   std::move(geo))) {}

ImageCompiler::~ImageCompiler() = default;

void ImageCompiler::Impl::add(Generation& next, dns::layout::PartKind kind, std::uint64_t id,
                              Bytes content, std::optional<dns::PartId>& slot) {
  slot = name_part(kind, id, content);
  next.parts.push_back({*slot, std::move(content)});
}

std::shared_ptr<const dns::Part> ImageCompiler::Impl::mapped(const dns::PartId& wanted) const {
  for (const auto& part : image.parts())
    if (part->id() == wanted.id) return part;
  return nullptr;
}

/// After a start: takes up what the image holds, so that nothing is compiled again.
Result<void> ImageCompiler::Impl::go_on(const Snapshot& state) {
  const dns::Manifest& manifest = image.manifest();
  tiers.clear();
  small.clear();
  small_part.reset();
  small_changed = false;
  zones.clear();
  for (const dns::PartId& part : manifest.parts)
    if (part.kind == dns::layout::PartKind::names) tiers.push_back(part);
  if (tiers.size() > 1 || (tiers.size() == 1 && image.names().names() <= most_touched)) {
    small_part = tiers.front();
    tiers.erase(tiers.begin());
    image.names().for_each(0, [&](const dns::NodeView& node) {
      small[dns::Name::trusted(node.name())] = {Bytes(node.block().begin(), node.block().end()),
                                                sequence};
    });
  }
  zones_part = part_of(manifest, dns::layout::PartKind::zones);
  latency_part = part_of(manifest, dns::layout::PartKind::latency);
  locations_part = part_of(manifest, dns::layout::PartKind::locations);
  cidrs_part = part_of(manifest, dns::layout::PartKind::cidrs);
  slots_part = part_of(manifest, dns::layout::PartKind::slots);
  if (auto restored = gates->restore(state); !restored) return restored;
  const auto all = state.zones();
  if (!all) return all.error();
  for (const HostedZone& zone : *all)
    if (auto read = read_zone(state, zone); !read) return read;
  return {};
}

Result<void> ImageCompiler::Impl::read_zone(const Snapshot& state, const HostedZone& zone) {
  const auto sets = state.record_sets_at(zone, zone.name);
  if (!sets) return sets.error();
  for (const RecordSet& set : *sets) {
    if (set.type != dns::RrType::SOA || set.rdata.empty()) continue;
    zones[zone.number] = {zone.number, zone.name, set.ttl, set.rdata.front()};
    return {};
  }
  return Error(ErrorCode::apex_required, "zone " + zone.name.to_string() + " has no SOA");
}

/// Everything anew, into a base tier: a first start, another epoch, or more names than a small tier
/// is for.
Result<void> ImageCompiler::Impl::compile_all(const Snapshot& state, Generation& next) {
  const auto regions = regions_of(state);
  const auto all = state.zones();
  if (!regions) return regions.error();
  if (!all) return all.error();
  if (image.generation() == 0) key = {random.next(), random.next() | 1};
  if (!gates) gates.emplace(SlotBook(random.next()), panic_percent);
  if (auto restored = gates->restore(state); !restored) return restored;

  std::uint64_t record_sets = 0;
  for (const HostedZone& zone : *all) record_sets += zone.record_sets;
  dns::NamesWriter writer(key);
  writer.reserve(record_sets, record_sets * 80);
  NameCompiler compiler(state, *gates, key, *regions);
  zones.clear();
  faulty.clear();
  const auto add_site = [&](const Site& site) -> Result<void> {
    const auto block = compiler.block(site);
    if (block)
      writer.add(*block);
    else
      faulty[site.name] = block.error().detail();
    return {};
  };
  for (std::size_t i = 0; i < all->size(); ++i) {
    const HostedZone& zone = (*all)[i];
    std::size_t end = i + 1;  // the zones below it follow in canonical order
    while (end < all->size() && (*all)[end].name.is_under(zone.name)) ++end;
    const std::vector<HostedZone> below(all->begin() + static_cast<std::ptrdiff_t>(i) + 1,
                                        all->begin() + static_cast<std::ptrdiff_t>(end));
    if (auto read = read_zone(state, zone); !read) return read;
    if (auto walked = ZoneWalk(zone, below, zone.name, 0, add_site).run(state); !walked)
      return walked;
  }
  small.clear();
  small_part.reset();
  small_changed = false;
  folded.reset();
  compiled_all = true;
  std::optional<dns::PartId> base;
  const std::uint64_t id = new_part_id();
  add(next, dns::layout::PartKind::names, id, writer.finish(id, false), base);
  tiers = {*base};
  zones_part.reset();
  for (const auto step :
       {&Impl::compile_latency, &Impl::compile_locations, &Impl::compile_cidrs})
    if (auto compiled = (this->*step)(state, next); !compiled) return compiled;
  return {};
}

Result<void> ImageCompiler::Impl::compile_touched(const Snapshot& state, const Touched& touched) {
  for (const std::string& id : touched.health_checks)
    if (auto changed = gates->check_changed(state, id); !changed) return changed;
  for (const ZoneId& zone : touched.deleted_zones)
    gates->drop_zone(zone);

  const auto regions = regions_of(state);
  if (!regions) return regions.error();
  std::set<dns::Name> names = touched.names;
  if (auto followed = gates->follow(state, names); !followed) return followed;
  NameCompiler compiler(state, *gates, key, *regions);
  for (const dns::Name& name : names) {
    auto block = compiler.block(name);
    if (!block) {
      faulty[name] = block.error().detail();
      continue;
    }
    faulty.erase(name);
    small[name] = {std::move(*block), ++sequence};
    small_changed = true;
  }
  if (!touched.zones_changed) return {};
  for (const ZoneId& id : touched.zones) {
    const auto zone = state.zone(id);
    if (!zone) return zone.error();
    if (!*zone) continue;
    if (auto read = read_zone(state, **zone); !read) return read;
  }
  if (!touched.deleted_zones.empty())
    std::erase_if(zones, [&](const auto& one) {  // known by number here, by id there
      const auto zone = state.zone_numbered(one.first);
      return zone && !*zone;
    });
  zones_part.reset();
  return {};
}

/// A part that is made anew or not at all; the one before goes.
template <class Make>
Result<void> ImageCompiler::Impl::remake(Generation& next, dns::layout::PartKind kind,
                                         std::optional<dns::PartId>& slot, const Make& make) {
  const std::uint64_t id = new_part_id();
  auto content = make(id);
  if (!content) return content.error();
  slot.reset();
  if (*content) add(next, kind, id, std::move(**content), slot);
  return {};
}

Result<void> ImageCompiler::Impl::compile_latency(const Snapshot& state, Generation& next) {
  const auto regions = regions_of(state);
  if (!regions) return regions.error();
  return remake(next, dns::layout::PartKind::latency, latency_part, [&](std::uint64_t id) {
    return zones::compile_latency(state, *regions, id);
  });
}

Result<void> ImageCompiler::Impl::compile_locations(const Snapshot& state, Generation& next) {
  geo_changed = false;
  const auto rows = geo ? geo() : std::vector<policy::LocationRow>();
  if (!rows && locations_part) return {};
  return remake(next, dns::layout::PartKind::locations, locations_part, [&](std::uint64_t id) {
    return zones::compile_locations(state, rows.value_or(std::vector<policy::LocationRow>()), id);
  });
}

Result<void> ImageCompiler::Impl::compile_cidrs(const Snapshot& state, Generation& next) {
  return remake(next, dns::layout::PartKind::cidrs, cidrs_part,
                [&](std::uint64_t id) { return zones::compile_cidrs(state, id); });
}

/// The folder's tier takes the place of what it was made of; newer blocks stay in front of it.
void ImageCompiler::Impl::take_folded(Generation& next) {
  const std::unique_ptr<Folded> done = std::move(folded);
  const std::uint64_t base = tiers.empty() ? 0 : tiers.back().id;
  if (!done || done->instead_of != base) return;  // the base was compiled anew meanwhile
  std::vector<dns::PartId> behind = {done->part.id};
  if (!done->is_base && !tiers.empty()) behind.push_back(tiers.back());
  tiers = std::move(behind);
  next.parts.push_back(std::move(done->part));
  std::erase_if(small, [&](const auto& one) { return one.second.sequence <= done->mark; });
  small_changed = true;
}

void ImageCompiler::Impl::write_small(Generation& next) {
  small_changed = false;
  small_part.reset();
  if (small.empty()) return;
  dns::NamesWriter writer(key);
  for (const auto& [name, one] : small)
    writer.add(one.block);
  const std::uint64_t id = new_part_id();
  add(next, dns::layout::PartKind::names, id, writer.finish(id, !tiers.empty()), small_part);
}

void ImageCompiler::Impl::finish(const Snapshot& state, Generation& next) {
  if (small_changed) write_small(next);
  if (!zones_part) {
    std::vector<dns::ZoneSpec> specs;
    for (const auto& [number, spec] : zones)
      specs.push_back(spec);
    const std::uint64_t id = new_part_id();
    add(next, dns::layout::PartKind::zones, id, dns::write_zones(specs, id), zones_part);
  }
  if (!slots_part || gates->slots_changed()) {
    const std::uint64_t id = new_part_id();
    add(next, dns::layout::PartKind::slots, id,
        dns::write_slots(gates->slots().specs(), gates->slots().epoch(), id), slots_part);
  }
  next.slots_changed = gates->changed();
  if (next.slots_changed) {
    next.gates = gates->gates();
    next.checks = gates->checks();
  }
  next.fold_wanted = small.size() > fold_from;
  if (!faulty.empty()) next.fault = faulty.begin()->second;

  next.manifest.generation = image.generation() + 1;
  next.manifest.epoch = state.revision().epoch;
  next.manifest.revision = state.revision().number;
  auto& parts = next.manifest.parts;
  if (small_part) parts.push_back(*small_part);
  parts.insert(parts.end(), tiers.begin(), tiers.end());
  for (const auto& part : {zones_part, latency_part, locations_part, cidrs_part, slots_part})
    if (part) parts.push_back(*part);
}

Result<Generation> ImageCompiler::compile() {
  auto opened = impl_->store.snapshot();
  if (!opened) return opened.error();
  const Snapshot& state = **opened;
  const Revision there = state.revision();
  const Revision here{impl_->image.manifest().epoch, impl_->image.manifest().revision};
  Generation next;

  const bool anew =
      impl_->image.generation() == 0 || here.epoch != there.epoch || here.number > there.number;
  if (!anew && !impl_->taken_up)
    if (auto taken = impl_->go_on(state); !taken) return taken.error();
  impl_->taken_up = true;

  Touched touched;
  touched.everything = impl_->gates && impl_->gates->panic_changed();
  for (Revision at = here; !anew && at < there;) {
    const auto commits = state.commits_since(at, commits_a_read);
    if (!commits) return commits.error();
    for (const Committed& one : *commits) {
      if (one.revision.number != at.number + 1) break;
      if (auto noted = touched.note(state, one.commit); !noted) return noted.error();
      at = one.revision;
    }
    if (!commits->empty() && at == commits->back().revision) continue;
    touched.everything = true;  // the log does not reach back so far
    break;
  }
  if (anew || touched.everything || touched.names.size() > most_touched) {
    for (const ZoneId& zone : touched.deleted_zones)
      impl_->gates->drop_zone(zone);
    if (auto compiled = impl_->compile_all(state, next); !compiled) return compiled.error();
  } else {
    if (here == there && !impl_->folded && !impl_->geo_changed && !impl_->gates->changed())
      return next;
    if (auto compiled = impl_->compile_touched(state, touched); !compiled) return compiled.error();
    if (impl_->folded) impl_->take_folded(next);
    if (touched.latency)
      if (auto compiled = impl_->compile_latency(state, next); !compiled) return compiled.error();
    if (touched.locations || impl_->geo_changed)
      if (auto compiled = impl_->compile_locations(state, next); !compiled) return compiled.error();
    if (touched.cidrs)
      if (auto compiled = impl_->compile_cidrs(state, next); !compiled) return compiled.error();
  }
  impl_->finish(state, next);
  return next;
}

void ImageCompiler::geo_database_changed() {
  impl_->geo_changed = true;
}

std::unique_ptr<FoldWork> ImageCompiler::begin_fold() {
  if (impl_->small.empty()) return nullptr;
  auto work = std::make_unique<FoldWork>();
  work->key = impl_->key;
  work->mark = impl_->sequence;
  work->part_id = impl_->new_part_id();
  for (const auto& [name, one] : impl_->small)
    work->small.push_back(one.block);
  if (impl_->tiers.size() > 1) work->middle = impl_->mapped(impl_->tiers.front());
  if (!impl_->tiers.empty()) work->base = impl_->mapped(impl_->tiers.back());
  return work;
}

void ImageCompiler::adopt(std::unique_ptr<Folded> folded) {
  impl_->folded = std::move(folded);
}

void ImageCompiler::abandoned() {
  impl_->folded.reset();
  impl_->gates.reset();
  impl_->geo_changed = static_cast<bool>(impl_->geo);
  if (impl_->image.generation() != 0)
    impl_->gates.emplace(SlotBook(impl_->image.slot_epoch(), impl_->image.slots()),
                         impl_->panic_percent);
  impl_->taken_up = false;
}

void ImageCompiler::published(dns::Image image) {
  impl_->image = std::move(image);
  impl_->gates->published();
  if (std::exchange(impl_->compiled_all, false)) give_back_memory();
}

}  // namespace waymark::zones
