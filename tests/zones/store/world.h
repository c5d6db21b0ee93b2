// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "zones/store/sqlite_store.h"

namespace waymark::zones {

/// A folder that lives as long as the test.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(
      const std::filesystem::path& beneath = std::filesystem::temp_directory_path()) {
    std::string pattern = (beneath / "waymark-XXXXXX").string();
    WAYMARK_ASSERT(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string file() const { return (path_ / "waymark.db").string(); }

 private:
  std::filesystem::path path_;
};

/// Runs one coroutine to its end.
template <class T>
T run(Awaitable<T> coroutine) {
  asio::io_context context;
  std::optional<T> out;
  spawn(context, [](Awaitable<T> inner, std::optional<T>& to) -> Awaitable<void> {
    to = co_await std::move(inner);
  }(std::move(coroutine), out));
  context.run();
  return *std::move(out);
}

inline dns::Name name(std::string_view text) {
  return *dns::Name::parse(text);
}

inline RecordSet a_record(std::string_view owner, Octet last = 1) {
  RecordSet set;
  set.owner = name(owner);
  set.type = dns::RrType::A;
  set.ttl = 300;
  set.rdata = {{192, 0, 2, last}};
  return set;
}

inline const ZoneId example{"Z00000000000000000EX"};

inline Commit change_of(ZoneId zone, std::uint64_t base, std::string id) {
  Commit commit;
  commit.id = ChangeId{std::move(id)};
  commit.scope = std::move(zone);
  commit.base = base;
  commit.version = base + 1;
  commit.soa_serial = static_cast<std::uint32_t>(base + 1);
  return commit;
}

inline Commit creation(std::vector<RecordSet> sets = {}) {
  auto commit = change_of(example, 0, "C-create");
  commit.effects.objects = {{{ObjectKind::zone, example.text},
                             std::nullopt,
                             R"({"name":"example.com.","comment":"first","created":"now"})"}};
  commit.effects.added = std::move(sets);
  return commit;
}

inline Commit addition(std::uint64_t base, RecordSet set) {
  auto commit = change_of(example, base, "C-" + set.owner.to_string());
  commit.effects.added = {std::move(set)};
  return commit;
}

inline Decide always(Commit commit) {
  return [commit = std::move(commit)](const Snapshot&) -> Result<Commit> { return commit; };
}

inline RecordSource source_of(std::vector<RecordSet> sets) {
  return
      [sets = std::move(sets), at = std::size_t{0}]() mutable -> Result<std::optional<RecordSet>> {
        if (at == sets.size()) return std::optional<RecordSet>();
        return std::optional(sets[at++]);
      };
}

inline Commit replacement(std::uint64_t base, std::uint64_t sets) {
  auto commit = change_of(example, base, "C-replace-" + std::to_string(base));
  commit.effects.replaced = true;
  commit.effects.replaced_sets = sets;
  return commit;
}

inline std::vector<RecordSet> content(const Snapshot& state) {
  std::vector<RecordSet> sets;
  const auto zone = *state.zone(example);
  if (!zone) return sets;
  EXPECT_TRUE(state.for_each(*zone, std::nullopt, std::nullopt, [&](RecordSet&& set) {
    sets.push_back(std::move(set));
    return true;
  }));
  return sets;
}

inline std::vector<RecordSet> content(const Store& store) {
  return content(**store.snapshot());
}

}  // namespace waymark::zones
