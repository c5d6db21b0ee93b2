// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "tests/zones/store/test_disk.h"
#include "tests/zones/store/world.h"
#include "zones/store/sqlite.h"
#include "zones/store/sqlite_open.h"
#include "zones/store/sqlite_snapshot.h"
#include "zones/store/sqlite_writer.h"

namespace waymark::zones {

/// Where a flush costs nothing: a power cut is played here, and many are.
inline std::filesystem::path fast_folder() {
  const std::filesystem::path memory = "/dev/shm";
  return std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
}

/// Change n adds three record sets, so that half of it would be seen. Change 0 makes the zone.
inline Commit change_number(std::uint64_t n, std::uint64_t base) {
  auto commit = n == 0 ? creation() : change_of(example, base, "C-" + std::to_string(n));
  for (const char* part : {"a", "b", "c"}) {
    auto set = a_record("n" + std::to_string(100 + n) + "." + part + ".example.com.");
    set.type = dns::RrType::TXT;
    set.rdata = {Bytes(400, static_cast<Octet>(n))};
    commit.effects.added.push_back(std::move(set));
  }
  return commit;
}

/// The change with that number, on whatever state there is.
inline Decide deciding(std::uint64_t n) {
  return [n](const Snapshot& state) -> Result<Commit> {
    const auto zone = state.zone(example);
    if (!zone) return zone.error();
    if ((n == 0) == zone->has_value()) return Error(ErrorCode::conflict, "out of turn");
    return change_number(n, *zone ? (*zone)->version : 0);
  };
}

/// What a database holds: which changes whole, and whether any is there in part.
struct Held {
  std::set<std::uint64_t> changes;
  bool in_part = false, sound = false;
  std::string why;  // it can not be opened
};

inline Held held_by(const std::string& directory) {
  Held held;
  auto store = SqliteStore::open(directory, true);
  if (!store) {
    held.why = store.error().detail();
    return held;
  }
  std::map<std::uint64_t, int> parts;
  const auto state = (*store)->snapshot();
  if (!state) {
    held.why = state.error().detail();
    return held;
  }
  const auto sets = content(**state);
  const auto zone = *(*state)->zone(example);
  for (const auto& set : sets)
    ++parts[std::stoul(set.owner.to_string().substr(1)) - 100];
  for (const auto& [change, found] : parts) {
    held.in_part |= found != 3;
    held.changes.insert(change);
  }
  held.in_part |= zone && zone->record_sets != sets.size();
  held.in_part |= !held.changes.empty() && *held.changes.rbegin() + 1 != held.changes.size() &&
                  (*state)->revision().number != held.changes.size();
  const auto verified = SqliteStore::verify(directory);
  held.sound = verified.has_value();
  if (!verified) held.why = verified.error().detail();
  return held;
}

/// Changes `from` to `until` by a store that is opened for them and closed. Gives what was
/// acknowledged to `told`, and marks it on the disk.
inline void change_all(const std::string& directory, TestDisk& disk, std::uint64_t from,
                       std::uint64_t until, std::set<std::uint64_t>& told) {
  auto store = SqliteStore::open(directory, true);
  if (!store) return;
  for (std::uint64_t n = from; n < until; ++n) {
    if (!run((*store)->commit(deciding(n)))) continue;
    told.insert(n);
    disk.mark(static_cast<std::int64_t>(n));
  }
}

/// The changes that were marked before that event.
inline std::set<std::uint64_t> told_before(const std::vector<DiskEvent>& events,
                                           std::size_t until) {
  std::set<std::uint64_t> told;
  for (std::size_t i = 0; i < until; ++i)
    if (events[i].kind == DiskEvent::Kind::mark)
      told.insert(static_cast<std::uint64_t>(events[i].at));
  return told;
}

inline bool holds_all(const Held& held, const std::set<std::uint64_t>& told) {
  return std::includes(held.changes.begin(), held.changes.end(), told.begin(), told.end());
}

/// Puts what a power cut left into a folder of its own.
inline void lay_out(const std::map<std::string, Bytes>& files, const std::string& directory) {
  for (const auto& [path, octets] : files) {
    const auto name = std::filesystem::path(path).filename();
    std::FILE* file = std::fopen((std::filesystem::path(directory) / name).c_str(), "wb");
    WAYMARK_ASSERT(file != nullptr);
    WAYMARK_ASSERT(octets.empty() ||
                   std::fwrite(octets.data(), 1, octets.size(), file) == octets.size());
    (void)std::fclose(file);
  }
}

}  // namespace waymark::zones
