// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/async.h"
#include "base/clock.h"
#include "tests/fakes/rdata.h"
#include "zones/compile/folder.h"
#include "zones/compile/image_compiler.h"
#include "zones/compile/name_key.h"
#include "zones/store/sqlite_store.h"
#include "zones/validate.h"

namespace waymark::zones {

using dns::RrType;

inline dns::Name name(std::string_view text) {
  return dns::Name::parse(text).value();
}

/// A folder that goes away with the test.
class Folder {
 public:
  Folder() {
    std::string made = (std::filesystem::temp_directory_path() / "waymark-XXXXXX").string();
    path_ = ::mkdtemp(made.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A real store, and batches written shortly.
class World {
 public:
  World() : store_(SqliteStore::open(folder_.path(), true).value()) {}

  const Store& store() const { return *store_; }

  Result<Committed> commit(const Decide& decide) {
    std::optional<Result<Committed>> done;
    asio::io_context io;
    spawn(io, [&]() -> Awaitable<void> { done = co_await store_->commit(decide); });
    io.run();
    return std::move(*done);
  }
  ZoneId create(std::string_view apex) {
    auto made = commit([&](const Snapshot& state) {
      return resolve_zone_create(state, {name(apex)}, {}, decider());
    });
    return std::get<ZoneId>(made.value().commit.scope);
  }
  Result<Committed> remove_zone(const ZoneId& zone) {
    return commit(
        [&](const Snapshot& state) { return resolve_zone_delete(state, zone, true, decider()); });
  }
  Result<Committed> apply(const ZoneId& zone, Change::Action action, std::vector<RecordSet> sets) {
    ChangeBatch batch{zone, "", std::nullopt, {}};
    for (RecordSet& set : sets)
      batch.changes.push_back({action, std::move(set)});
    return commit([&](const Snapshot& state) { return resolve(state, batch, decider()); });
  }
  Result<Committed> put(const ZoneId& zone, std::vector<RecordSet> sets) {
    return apply(zone, Change::Action::upsert, std::move(sets));
  }
  Result<Committed> remove(const ZoneId& zone, std::vector<RecordSet> sets) {
    return apply(zone, Change::Action::remove, std::move(sets));
  }
  Result<Committed> object(ObjectKind kind, std::string id, std::optional<std::string> text) {
    return commit([&](const Snapshot& state) {
      return resolve_object(state, {kind, std::move(id)}, std::move(text), decider());
    });
  }
  Result<Committed> remove_in_use(ObjectKind kind, std::string id) {
    return commit([&](const Snapshot& state) {
      return resolve_object(state, {kind, std::move(id)}, std::nullopt, decider(), true);
    });
  }
  Result<Committed> replace(const ZoneId& zone, std::vector<RecordSet> sets) {
    std::optional<Result<Committed>> done;
    asio::io_context io;
    std::size_t next = 0;
    const RecordSource source = [&]() -> Result<std::optional<RecordSet>> {
      if (next == sets.size()) return std::optional<RecordSet>();
      return std::optional(sets[next++]);
    };
    spawn(io, [&]() -> Awaitable<void> {
      done = co_await store_->replace(zone, source, [&](const Snapshot& state) {
        return resolve_zone_replace(state, zone, sets.size(), 7, decider());
      });
    });
    io.run();
    return std::move(*done);
  }
  std::vector<RecordSet> sets_of(const ZoneId& zone) const {
    std::vector<RecordSet> sets;
    const auto state = store_->snapshot().value();
    const auto hosted = state->zone(zone).value();
    if (!hosted) return sets;
    EXPECT_TRUE(state->for_each(*hosted, std::nullopt, std::nullopt, [&](RecordSet&& set) {
      sets.push_back(std::move(set));
      return true;
    }));
    return sets;
  }

 private:
  Decider decider() { return {clock_, random_, "test"}; }

  Folder folder_;
  ManualClock clock_;
  Random random_{1};
  std::unique_ptr<Store> store_;
};

/// A node's block without the padding that depends on its place in the part.
inline Bytes without_padding(dns::NodeView node) {
  std::size_t used = sizeof(dns::layout::Node) +
                     node.entries().size() * sizeof(dns::layout::Entry) + node.name().size();
  for (const dns::layout::Entry& entry : node.entries())
    used = std::max<std::size_t>(used, entry.offset + entry.octets);
  used = (used + 7) / 8 * 8;
  const ByteView view = node.block().first(used);
  Bytes block(view.begin(), view.end());
  reinterpret_cast<dns::layout::Node*>(block.data())->octets = static_cast<std::uint32_t>(used);
  return block;
}

/// Name → block of all that an image answers from.
inline std::map<NameKey, Bytes> nodes_of(const dns::Image& image) {
  std::map<NameKey, Bytes> newest;
  for (std::size_t tier = 0; tier < image.names().tiers(); ++tier)
    image.names().for_each(
        tier, [&](dns::NodeView node) { newest.emplace(key_of(node), without_padding(node)); });
  std::erase_if(newest, [](const auto& one) {
    return (reinterpret_cast<const dns::layout::Node*>(one.second.data())->flags &
            dns::layout::node_tombstone) != 0;
  });
  return newest;
}

/// A compiler and the image that it has published: parts stay in this process.
class Compiling {
 public:
  explicit Compiling(const Store& store, dns::Image from = {}, std::uint64_t seed = 2,
                     std::uint32_t panic_percent = 0)
      : image(from), compiler(store, std::move(from), Random(seed), panic_percent) {}
  /// Goes on with what is known of the world outside.
  Compiling(const Store& store, dns::Image from, OutsideKnown known)
      : image(from), compiler(store, std::move(from), Random(2), 0, {}, std::move(known)) {}

  /// False when there was nothing new.
  bool step() {
    auto next = compiler.compile();
    if (!next) ADD_FAILURE() << next.error().detail();
    if (!next || next->manifest.generation == 0) return false;
    auto parts = image.parts();
    sent.clear();
    for (NewPart& part : next->parts) {
      sent.push_back(part.id);
      auto opened = dns::Part::open(std::move(part.content));
      if (!opened) ADD_FAILURE() << opened.error().detail();
      if (opened) parts.push_back(*opened);
    }
    auto opened = dns::Image::open(next->manifest, std::move(parts));
    if (!opened) ADD_FAILURE() << opened.error().detail();
    image = *opened;
    compiler.published(image);
    fold_wanted = next->fold_wanted;
    more_waits = next->more_waits;
    told = std::move(next->external);
    if (!next->slots_changed) return true;
    gates.clear();
    for (const health::Gate& gate : next->gates)
      gates[gate.slot] = gate;
    checks = std::map<std::string, health::HealthSlot>(next->checks.begin(), next->checks.end());
    return true;
  }
  std::map<NameKey, Bytes> nodes() const { return nodes_of(image); }
  /// As a worker finds it.
  dns::NodeView find(std::string_view text) const {
    const dns::Name wanted = name(text);
    const ByteView wire = wanted.wire();
    return image.names().find(wire.data(), wire.size(), dns::hash_name(wire, image.names().key()));
  }

  dns::Image image;
  ImageCompiler compiler;
  bool fold_wanted = false, more_waits = false;
  ExternalNews told;
  std::vector<dns::PartId> sent;
  std::map<health::HealthSlot, health::Gate> gates;
  std::map<std::string, health::HealthSlot> checks;
};

/// The same state compiled from nothing, with the hash key and the slots that `like` has, so that
/// blocks can be compared.
inline Compiling from_scratch(const Store& store, const Compiling& like) {
  dns::Manifest manifest = like.image.manifest();
  manifest.epoch ^= 1;  // of another store: nothing is taken over
  return Compiling(store, dns::Image::open(manifest, like.image.parts()).value());
}

inline RecordSet records(std::string_view owner, RrType type, std::vector<Bytes> rdata) {
  RecordSet set;
  set.owner = name(owner);
  set.type = type;
  set.ttl = 60;
  set.rdata = std::move(rdata);
  return set;
}
inline RecordSet a(std::string_view owner, std::string_view address = "192.0.2.1") {
  return records(owner, RrType::A, {dns::fakes::address(address)});
}
inline RecordSet ns(std::string_view owner, std::string_view host = "ns.example.net.") {
  return records(owner, RrType::NS, {dns::fakes::host(host)});
}
inline RecordSet routed(RecordSet set, std::string set_id, Routing routing,
                        std::string check = {}) {
  set.set_id = std::move(set_id);
  set.routing = std::move(routing);
  set.health_check_id = std::move(check);
  return set;
}
inline RecordSet alias(std::string_view owner, std::string_view target, bool evaluate = true) {
  RecordSet set;
  set.owner = name(owner);
  set.type = RrType::A;
  set.alias = Alias{name(target), evaluate};
  return set;
}

}  // namespace waymark::zones
