// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/explain.h"
#include "dns/image/image.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "health/health_table.h"

namespace waymark::dns {

/// One answer that a question may get, and how often it does.
struct PossibleAnswer {
  /// A record set that a policy chose on the way.
  struct Chosen {
    ZoneNumber zone{};
    Name owner;
    RrType type{};
    std::uint16_t target = 0;
  };

  double share = 0;  // of all answers to this client; those of one question sum to 1
  std::vector<Chosen> chosen;
  bool failed_open = false;
  Bytes response;  // without OPT
};

/// Every answer to a question, exactly: the walk that Responder takes is taken once for each way
/// through the policies on it. Several values at once are told one by one, each with its part.
/// The question's seed counts for nothing. Fails with `too_large` when there are more than `most`.
/// Control process only; may allocate.
Result<std::size_t> visit_possible_answers(
    const Image& image, health::HealthTable health, const Question& question, std::size_t most,
    const std::function<Result<void>(PossibleAnswer&&)>& visit);
/// All of them at once.
Result<std::vector<PossibleAnswer>> possible_answers(const Image& image, health::HealthTable health,
                                                     const Question& question, std::size_t most);

}  // namespace waymark::dns
