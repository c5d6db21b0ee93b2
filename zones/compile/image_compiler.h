// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "dns/image/image.h"
#include "health/health_graph.h"
#include "policy/latency_learner.h"
#include "zones/compile/client_parts.h"
#include "zones/compile/counter_book.h"
#include "zones/external_answers.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// A new part's content; the publisher seals it.
struct NewPart {
  dns::PartId id;
  Bytes content;
};

/// What a compile gives: the next generation, by name, with the content of what is new in it; and
/// the health bits that it names, to be set before it is raised.
struct Generation {
  dns::Manifest manifest;
  std::vector<NewPart> parts;
  std::vector<health::Gate> gates;  // all gates there are now, when `slots_changed`
  std::vector<std::pair<std::string, health::HealthSlot>>
      checks;  // check id → slot, when `slots_changed`
  bool slots_changed = false;
  CounterBook::Changes counted;  // groups whose answers are counted from now on, and no more
  bool fold_wanted = false;      // the folder should run
  std::string fault;             // names that could not be compiled and stay as they were; or empty
  ExternalNews external;         // what changed of who wants to know what outside
  bool more_waits = false;       // the next compile has something to do already
};

struct FoldWork;  // folder.h
struct Folded;

/// Commits → the next small tier and zones part. Touches only the names that the commits touched.
/// An entry is compiled from its own name alone. Compiler thread only.
class ImageCompiler {
 public:
  /// Goes on from `image` (what the workers hold; generation 0 to begin anew).
  /// `panic_percent`: see HealthGates. `geo`: the rows of the geo database, when there is one.
  /// `known`: what was kept from before the start.
  ImageCompiler(const Store& store, dns::Image image, Random random,
                std::uint32_t panic_percent = 0, GeoRows geo = {}, OutsideKnown known = {});
  ~ImageCompiler();

  /// Everything committed since the last call. Empty manifest (generation 0) when there is nothing
  /// new. The first call always gives a generation, so that gates and checks are known after a
  /// restart. A fault of the store keeps the old generation; one
  /// name's keeps that name as it was, so that it holds up nobody else's change.
  Result<Generation> compile();
  /// The geo database is another: the next compile reads it again.
  void geo_database_changed();
  /// External targets answer otherwise: the names that lead there are compiled anew, in as many
  /// generations as it takes.
  void external_changed(const ExternalChanges& changes);
  /// All that is learned of latencies now.
  void latency_learned(std::vector<policy::LearnedLatency> learned);
  /// What a fold needs; none when there is nothing to fold. Run it on any thread (folder.h).
  std::unique_ptr<FoldWork> begin_fold();
  /// A fold's result, published by the next compile().
  void adopt(std::unique_ptr<Folded> folded);
  /// What compile() gave could not be published: goes on from what the workers hold.
  void abandoned();
  /// The publisher has mapped the new parts: this is what the workers hold from now on.
  void published(dns::Image image);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::zones
