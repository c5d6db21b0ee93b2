// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <random>

namespace waymark {

Random::Random(std::uint64_t seed) noexcept {
  for (std::uint64_t& word : state_) {  // splitmix64: any seed, also 0, fills the state well
    seed += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    word = mixed ^ (mixed >> 31);
  }
}

Random Random::from_system() {
  std::random_device entropy;
  return Random(std::uint64_t{entropy()} << 32 | entropy());
}

}  // namespace waymark
