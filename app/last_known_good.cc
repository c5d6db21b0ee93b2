// SPDX-License-Identifier: Apache-2.0
#include "app/last_known_good.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "dns/image/layout.h"
#include "dns/quarantine.h"
#include "zones/compile/image_files.h"

namespace waymark::app {
namespace {

/// Numbers of health bits mean something within one slot epoch only.
Result<std::uint64_t> slot_epoch(const zones::ImageFiles::Loaded& loaded) {
  for (const dns::PartId& named : loaded.manifest.parts) {
    if (named.kind != dns::layout::PartKind::slots) continue;
    const auto found = std::find_if(loaded.parts.begin(), loaded.parts.end(),
                                    [&](const auto& part) { return part.first == named.id; });
    if (found == loaded.parts.end()) break;
    const auto part = dns::Part::open(found->second, false);
    if (!part) return part.error();
    dns::layout::SlotsHeader header{};
    std::memcpy(&header, (*part)->view().data() + sizeof(dns::layout::PartHeader), sizeof header);
    return header.epoch;
  }
  return Error(ErrorCode::bad_image, "the image has no slots part");
}

}  // namespace

LastKnownGood::LastKnownGood(const std::string& data_dir) : files_(data_dir + "/images") {
  auto standing = files_.standing();
  if (standing)
    standing_ = *std::move(standing);
  else
    log::warning("image_damaged", {{"reason", "standing.img " + standing.error().detail()}});
}

Generations LastKnownGood::load(dns::Board& board) const {
  Generations generations;
  auto loaded = files_.load();
  if (!loaded) {
    log::error("images_unreadable", {{"reason", loaded.error().detail()}});
    return generations;
  }
  if (!loaded->note.empty()) log::warning("image_damaged", {{"reason", loaded->note}});
  if (loaded->manifest.generation == 0) return generations;
  const auto epoch = slot_epoch(*loaded);
  const bool healed = epoch && files_.load_health(board.health(), *epoch);
  const auto added = generations.add(loaded->manifest, std::move(loaded->parts));
  if (!added) {
    log::error("image_damaged", {{"reason", added.error().detail()}});
    return generations;
  }
  board.raise_generation(generations.newest());
  log::info("image_loaded", {{"generation", generations.newest()}, {"health_loaded", healed}});
  return generations;
}

void LastKnownGood::settle(Generations& generations, dns::Board& board) const {
  dns::set_known_good(board, standing_.known_good());
  if (generations.empty()) return;
  const dns::Manifest& newest = generations.newest_manifest();
  zones::Standing::Left left = standing_.last_left();
  if (standing_.is_quarantined(newest)) {
    if (!add_one_before(generations) || !generations.fall_back()) return;  // better it than nothing
    left = {newest.generation, newest.epoch, newest.revision};
  } else if (left.epoch != newest.epoch || left.revision <= newest.revision) {
    return;  // a newer one has taken its place
  }
  dns::set_quarantine(board, {left.generation, left.epoch, left.revision});
  log::warning("generation_passed_over",
               {{"generation", left.generation}, {"served", generations.current()}});
}

bool LastKnownGood::fall_back(Generations& generations, dns::Board& board) {
  const dns::Manifest left = generations.current_manifest();
  if (!generations.fall_back() && !(add_one_before(generations) && generations.fall_back()))
    return false;
  const dns::Manifest& newest = generations.newest_manifest();
  dns::set_quarantine(board, {newest.generation, newest.epoch, newest.revision});
  standing_.quarantine(left);
  return true;
}

bool LastKnownGood::is_known_good(const dns::Manifest& manifest) const {
  return manifest.generation == standing_.known_good();
}

void LastKnownGood::keep(const dns::Manifest& manifest, dns::Board& board) {
  dns::set_known_good(board, manifest.generation);
  standing_.set_known_good(manifest.generation);
}

bool LastKnownGood::add_one_before(Generations& generations) const {
  const std::uint64_t current = generations.current();
  auto loaded = files_.load([&](const dns::Manifest& one) {
    return one.generation < current && !standing_.is_quarantined(one);
  });
  return loaded && loaded->manifest.generation != 0 &&
         generations.add_older(loaded->manifest, std::move(loaded->parts));
}

void LastKnownGood::save() const {
  if (const auto saved = files_.save_standing(standing_); !saved)
    log::warning("image_not_saved", {{"reason", saved.error().detail()}});
}

}  // namespace waymark::app
