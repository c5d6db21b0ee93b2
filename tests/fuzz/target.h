// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// What one input does. Ends the process when a promise is broken. Each target defines it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace waymark::fuzz {

/// A promise in all builds.
inline void require(bool kept) noexcept {
  if (!kept) __builtin_trap();
}

}  // namespace waymark::fuzz
