// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "policy/latency_learner.h"

namespace waymark::zones {

/// What is asked of the world outside: the addresses, A or AAAA, of a name that is none of ours.
struct ExternalTarget {
  dns::Name name;
  dns::RrType type{};
  friend auto operator<=>(const ExternalTarget&, const ExternalTarget&) = default;
};

/// One record set that wants to know.
struct ExternalAlias {
  ExternalTarget target;
  dns::Name owner;
  bool evaluate_target_health = false;
  std::uint32_t private_zone = 0;  // whose name the owner is; 0: a public zone's
  std::string zone = {};           // its id
  friend bool operator==(const ExternalAlias&, const ExternalAlias&) = default;
};

/// An alias that came, or went. Two sets of one name may be equal here; each counts.
struct ExternalStep {
  bool came = false;
  ExternalAlias alias;
};

/// The last good answer.
struct ExternalAnswer {
  std::vector<IpAddress> addresses;  // sorted; none: the authority says that there are none
  std::uint32_t ttl = 0;             // seconds, within the floor and the ceiling
  TimePoint resolved_at{};
  friend bool operator==(const ExternalAnswer&, const ExternalAnswer&) = default;
};

/// A target that is not in it: nobody has said anything yet.
using ExternalAnswers = std::map<ExternalTarget, ExternalAnswer>;
/// Targets whose answer is another now; none: nobody wants it any more.
using ExternalChanges = std::vector<std::pair<ExternalTarget, std::optional<ExternalAnswer>>>;

/// Who wants to know what, as far as it is news.
struct ExternalNews {
  std::optional<std::vector<ExternalAlias>> all;  // by target; when steps would not tell
  std::vector<ExternalStep> steps;                // in their order
  ExternalAnswers from_image;  // what it has of targets that nobody kept an answer of

  bool empty() const noexcept { return !all && steps.empty() && from_image.empty(); }
};

/// What was found out about the world outside: no part of the store.
struct OutsideKnown {
  ExternalAnswers external;
  std::vector<policy::LearnedLatency> learned;
};

}  // namespace waymark::zones
