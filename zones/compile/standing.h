// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/hash.h"
#include "base/result.h"
#include "dns/image/image.h"

namespace waymark::zones {

/// What was found out about generations by answering from them. Kept beside them, so that a new
/// start knows it; the supervisor writes it.
class Standing {
 public:
  static constexpr std::size_t most_quarantined = 16;

  /// Fails with `bad_image`.
  static Result<Standing> decode(ByteView octets);
  Bytes encode() const;

  /// The last one that answered for a minute without a crash; 0: none yet.
  std::uint64_t known_good() const noexcept { return known_good_; }
  void set_known_good(std::uint64_t generation) noexcept { known_good_ = generation; }
  /// What a quarantined generation was, and held of the store.
  struct Left {
    std::uint64_t generation = 0;  // 0: none
    std::uint64_t epoch = 0, revision = 0;
  };

  /// It crashed workers, and is not served again.
  void quarantine(const dns::Manifest& manifest);
  /// Of the quarantined ones, that with the most of the store.
  const Left& last_left() const noexcept { return last_left_; }
  /// This very one: a number may have been used before a restore.
  bool is_quarantined(const dns::Manifest& manifest) const;

 private:
  std::uint64_t known_good_ = 0;
  Left last_left_;
  std::vector<ContentHash> quarantined_;  // of their manifests, oldest first
};

}  // namespace waymark::zones
