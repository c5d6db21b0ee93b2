// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/result.h"
#include "base/shared_memory.h"
#include "dns/channel.h"
#include "dns/image/image.h"

namespace waymark::app {

/// The last three generations, as descriptors of their parts: what a process that is started again
/// is given. Usually the newest is the current one; after a fall back it is an older one. Those
/// that were left are not gone back to.
class Generations {
 public:
  static constexpr std::size_t kept = 3;

  /// Makes it the current one. Fails with `bad_image` when a part is neither here nor sent with it,
  /// or when it is not newer than the newest.
  Result<void> add(const dns::Manifest& manifest,
                   std::vector<std::pair<std::uint64_t, FileDescriptor>> parts);
  /// Puts one behind all others, to be fallen back to. Fails with `bad_image` as above, or when it
  /// is not older than they are.
  Result<void> add_older(const dns::Manifest& manifest,
                         std::vector<std::pair<std::uint64_t, FileDescriptor>> parts);
  /// Leaves the current one for the one before; false when there is none.
  bool fall_back() noexcept;

  bool empty() const noexcept { return held_.empty(); }
  /// 0: none.
  std::uint64_t newest() const noexcept { return empty() ? 0 : newest_manifest().generation; }
  std::uint64_t current() const noexcept { return empty() ? 0 : current_manifest().generation; }
  const dns::Manifest& current_manifest() const { return held_[current_].manifest; }
  const dns::Manifest& newest_manifest() const { return held_.back().manifest; }
  /// The current one is not the newest.
  bool fallen_back() const noexcept { return !empty() && current_ + 1 != held_.size(); }
  /// The parts of the current one.
  std::vector<std::uint64_t> part_ids() const;
  /// The current one for a process that holds the parts `held`; generation 0 when there is none.
  dns::Message message(const std::vector<std::uint64_t>& held) const;
  /// The newest one with all its parts, for the control process.
  dns::Message newest_message() const;

 private:
  struct Held {
    dns::Manifest manifest;
    bool left = false;
  };

  Result<void> take(const dns::Manifest& manifest,
                    std::vector<std::pair<std::uint64_t, FileDescriptor>> parts);
  void keep_few();
  dns::Message message(const dns::Manifest& manifest, const std::vector<std::uint64_t>& held) const;
  void forget_unnamed();

  std::deque<Held> held_;                          // the newest last
  std::map<std::uint64_t, FileDescriptor> parts_;  // by id
  std::size_t current_ = 0;                        // in held_
};

}  // namespace waymark::app
