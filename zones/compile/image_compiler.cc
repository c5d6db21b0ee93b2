// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/image_compiler.h"

#include <algorithm>
#include <malloc.h>
#include <utility>

#include "zones/compile/compiler_state.h"
#include "zones/compile/folder.h"
#include "zones/compile/name_compiler.h"
#include "zones/compile/zone_walk.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

constexpr std::size_t commits_a_read = 512;

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

ImageCompiler::ImageCompiler(const Store& store, dns::Image image, Random random,
                             std::uint32_t panic_percent, GeoRows geo, OutsideKnown known)
    : impl_(std::make_unique<Impl>(store, std::move(image), random, panic_percent, std::move(geo),
                                   std::move(known))) {}

ImageCompiler::~ImageCompiler() = default;

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
      small[key_of(node)] = {Bytes(node.block().begin(), node.block().end()), sequence};
    });
  }
  zones_part = part_of(manifest, dns::layout::PartKind::zones);
  latency_part = part_of(manifest, dns::layout::PartKind::latency);
  locations_part = part_of(manifest, dns::layout::PartKind::locations);
  cidrs_part = part_of(manifest, dns::layout::PartKind::cidrs);
  views_part = part_of(manifest, dns::layout::PartKind::views);
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
  auto all = state.zones();
  if (!regions) return regions.error();
  if (!all) return all.error();
  if (image.generation() == 0) key = {random.next(), random.next() | 1};
  if (!gates) gates.emplace(SlotBook(random.next()), panic_percent, &outside.external);
  if (auto restored = gates->restore(state); !restored) return restored;

  std::uint64_t record_sets = 0;
  for (const HostedZone& zone : *all)
    record_sets += zone.record_sets;
  dns::NamesWriter writer(key);
  writer.reserve(record_sets, record_sets * 80);
  NameCompiler compiler(state, *gates, counters, key, *regions, outside.external);
  counters.begin();
  zones.clear();
  faulty.clear();
  const auto add_site = [&](const Site& site) -> Result<void> {
    const auto block = compiler.block(site);
    if (block)
      writer.add(*block);
    else
      faulty[{site.zone.private_number(), site.name}] = block.error().detail();
    return {};
  };
  // The public zones first, in canonical order. No private one cuts another zone, nor is cut.
  const auto privates = std::stable_partition(
      all->begin(), all->end(), [](const HostedZone& zone) { return !zone.is_private(); });
  for (auto at = all->begin(); at != all->end(); ++at) {
    const HostedZone& zone = *at;
    auto end = at + 1;  // the public zones below it follow
    while (at < privates && end < privates && end->name.is_under(zone.name))
      ++end;
    const std::vector<HostedZone> below(at + 1, end);
    if (auto read = read_zone(state, zone); !read) return read;
    if (auto walked = ZoneWalk(zone, below, zone.name, 0, add_site).run(state); !walked)
      return walked;
  }
  counters.end();
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
  for (const auto step : {&Impl::compile_latency, &Impl::compile_locations, &Impl::compile_cidrs,
                          &Impl::compile_views})
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
  std::set<NameKey> names = touched.names;
  if (auto followed = gates->follow(state, names); !followed) return followed;
  if (auto released = gates->release_unused(state, names, touched.external_steps); !released)
    return released;
  NameCompiler compiler(state, *gates, counters, key, *regions, outside.external);
  for (const NameKey& one : names) {
    counters.begin();
    auto block = compiler.block(one);
    if (!block) {
      faulty[one] = block.error().detail();
      continue;
    }
    counters.end(one);
    faulty.erase(one);
    small[one] = {std::move(*block), ++sequence};
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

Result<Generation> ImageCompiler::compile() {
  auto opened = impl_->store.snapshot();
  if (!opened) return opened.error();
  const Snapshot& state = **opened;
  const Revision there = state.revision();
  const Revision here{impl_->image.manifest().epoch, impl_->image.manifest().revision};
  Generation next;

  const bool anew =
      impl_->image.generation() == 0 || here.epoch != there.epoch || here.number > there.number;
  Touched touched;
  if (!impl_->taken_up) {
    if (!anew)
      if (auto taken = impl_->go_on(state); !taken) return taken.error();
    touched.external = true;
  }
  bool compares = !impl_->taken_up && !anew;
  impl_->taken_up = true;
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
    compares = false;
    break;
  }
  touched.external = touched.external || anew || touched.everything;
  if (auto noted = impl_->note_external(state, touched, next, compares); !noted)
    return noted.error();
  if (anew || touched.everything || touched.names.size() > most_touched) {
    for (const ZoneId& zone : touched.deleted_zones)
      impl_->gates->drop_zone(zone);
    if (auto compiled = impl_->compile_all(state, next); !compiled) return compiled.error();
    impl_->external_taken = impl_->external_names;
    next.more_waits = false;
  } else {
    if (here == there && touched.names.empty() && !impl_->folded && !impl_->geo_changed &&
        !impl_->learned_changed && !impl_->gates->changed())
      return next;
    if (auto compiled = impl_->compile_touched(state, touched); !compiled) return compiled.error();
    if (impl_->folded) impl_->take_folded(next);
    if (touched.latency || impl_->learned_changed)
      if (auto compiled = impl_->compile_latency(state, next); !compiled) return compiled.error();
    if (touched.locations || impl_->geo_changed)
      if (auto compiled = impl_->compile_locations(state, next); !compiled) return compiled.error();
    if (touched.cidrs)
      if (auto compiled = impl_->compile_cidrs(state, next); !compiled) return compiled.error();
    if (touched.views)
      if (auto compiled = impl_->compile_views(state, next); !compiled) return compiled.error();
  }
  impl_->finish(state, next);
  return next;
}

void ImageCompiler::geo_database_changed() {
  impl_->geo_changed = true;
}

void ImageCompiler::external_changed(const ExternalChanges& changes) {
  for (const auto& [target, answer] : changes) {
    if (answer)
      impl_->outside.external.insert_or_assign(target, *answer);
    else
      impl_->outside.external.erase(target);
    impl_->external_changed.insert(target);
  }
}

void ImageCompiler::latency_learned(std::vector<policy::LearnedLatency> learned) {
  impl_->outside.learned = std::move(learned);
  impl_->learned_changed = true;
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
                         impl_->panic_percent, &impl_->outside.external);
  impl_->counters.read(impl_->image);
  impl_->learned_changed = !impl_->outside.learned.empty();
  impl_->taken_up = false;
}

void ImageCompiler::published(dns::Image image) {
  impl_->image = std::move(image);
  impl_->gates->published();
  for (const NameKey& name : std::exchange(impl_->external_taken, {}))
    impl_->external_names.erase(name);
  impl_->learned_changed = false;
  if (std::exchange(impl_->compiled_all, false)) give_back_memory();
}

}  // namespace waymark::zones
