// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

#include "dns/protocol/name.h"
#include "tests/integration/differential/reply.h"

namespace waymark::differential {

struct Question {
  dns::Name name;
  dns::RrType type{};
};

/// One way in which two right answers may differ.
struct Rule {
  const char* name;
  const char* section;  // of the RFC that leaves the choice, or asks for ours
  bool witness;         // another server must answer exactly as Waymark does
  bool (*allows)(const Question& question, const Reply& mine, const Reply& theirs,
                 std::span<const dns::Name> zones);
};

/// All there are: at most ten.
std::span<const Rule> rules();

}  // namespace waymark::differential
