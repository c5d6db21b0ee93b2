// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace waymark {

ContentHash ContentHash::of(ByteView content) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(content.data(), content.size());
  return {hash.high64, hash.low64};
}

std::string ContentHash::to_string() const {
  char text[33];
  std::snprintf(text, sizeof text, "%016lx%016lx", high, low);
  return text;
}

}  // namespace waymark
