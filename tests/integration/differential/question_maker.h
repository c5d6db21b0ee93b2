// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.h"
#include "tests/integration/differential/rules.h"

namespace waymark::differential {

/// Draws questions around the boundaries of zones: names that are in them, just above, just below,
/// beside, and as long as a name can be.
class QuestionMaker {
 public:
  /// `names` are owners and targets of records.
  QuestionMaker(std::vector<dns::Name> names, std::uint64_t seed);

  Question next();

 private:
  dns::Name name();
  dns::Name longer(dns::Name name);

  std::vector<dns::Name> names_;
  Random random_;
};

}  // namespace waymark::differential
