// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "api/services.h"
#include "app/config.h"
#include "base/async.h"
#include "base/clock.h"
#include "base/random.h"
#include "health/address_lookup.h"
#include "policy/latency_learner.h"
#include "zones/compile/image_compiler.h"
#include "zones/external_resolver.h"
#include "zones/store/outside_file.h"

namespace waymark::app {

/// What this server finds out about the world outside: the addresses of external aliases, asked for
/// ahead, and latencies that clients measured. Both reach answers through the compiler alone, and
/// outlive a restart in outside.db. All on `io`'s one thread.
class Outside {
 public:
  struct Told {
    std::function<void(zones::ExternalChanges)> external;
    std::function<void(std::vector<policy::LearnedLatency>)> learned;
  };

  Outside(asio::io_context& io, const Clock& clock, const Config& config, Random random);
  /// Keeps what was learned last.
  ~Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;

  /// From before the start, for the compiler's beginning.
  zones::OutsideKnown known() const;
  void start(Told told);
  /// Which external aliases there are now.
  void hear(const zones::ExternalNews& news);

  /// What the API may ask and tell here.
  api::OutsideServices services();

 private:
  void look();
  void look_later();
  void gather();
  void tell_of_failures();
  void learn_later();
  api::ExternalCounts external_counts() const;

  const Clock& clock_;
  Duration interval_;
  zones::OutsideFile file_;
  zones::ExternalAnswers restored_;
  zones::ExternalResolver resolver_;
  policy::LatencyLearner learner_;
  health::AddressLookup lookup_;
  asio::steady_timer due_, gathering_, learning_;
  Told told_;
  bool gathers_ = false;
  std::size_t failing_told_ = 0;  // what the log heard last
  MonotonicTime failures_told_at_{};
};

}  // namespace waymark::app
