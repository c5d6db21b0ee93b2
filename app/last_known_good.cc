// SPDX-License-Identifier: Apache-2.0
#include "app/last_known_good.h"

#include <algorithm>
#include <cstring>

#include "base/log.h"
#include "dns/image/layout.h"
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

Generations load_last_known_good(const std::string& data_dir, dns::Board& board) {
  Generations generations;
  const zones::ImageFiles files(data_dir + "/images");
  auto loaded = files.load();
  if (!loaded) {
    log::error("images_unreadable", {{"reason", loaded.error().detail()}});
    return generations;
  }
  if (!loaded->note.empty()) log::warning("image_damaged", {{"reason", loaded->note}});
  if (loaded->manifest.generation == 0) return generations;
  const auto epoch = slot_epoch(*loaded);
  const bool healed = epoch && files.load_health(board.health(), *epoch);
  const auto added = generations.add(loaded->manifest, std::move(loaded->parts));
  if (!added) {
    log::error("image_damaged", {{"reason", added.error().detail()}});
    return generations;
  }
  board.raise_generation(generations.newest());
  log::info("image_loaded", {{"generation", generations.newest()}, {"health_loaded", healed}});
  return generations;
}

}  // namespace waymark::app
