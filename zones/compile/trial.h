// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "dns/image/image.h"
#include "health/health_graph.h"
#include "zones/compile/image_compiler.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// What the workers would answer from, made by the compiler that makes the real thing and seen by
/// nobody.
struct Trial {
  dns::Image image;
  std::vector<health::Gate> gates;
  std::map<std::string, health::HealthSlot> checks;
};

/// Everything that `store` has beyond `image`, on top of it, with what is `known` of the world
/// outside. Fails with `unavailable` when nothing was published yet, else where the compiler does.
/// Any thread; may take as long as a compile.
Result<Trial> compile_trial(const Store& store, const dns::Image& image, Random random,
                            OutsideKnown known);

}  // namespace waymark::zones
