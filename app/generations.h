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
/// is given. Usually the newest is the current one; after a fall back it is an older one.
class Generations {
 public:
  static constexpr std::size_t kept = 3;

  /// Makes it the current one. Fails with `bad_image` when a part is neither here nor sent with it,
  /// or when it is not newer than the newest.
  Result<void> add(const dns::Manifest& manifest,
                   std::vector<std::pair<std::uint64_t, FileDescriptor>> parts);
  /// Goes back to the one before; false when there is none.
  bool fall_back() noexcept;

  bool empty() const noexcept { return manifests_.empty(); }
  /// 0: none.
  std::uint64_t newest() const noexcept { return empty() ? 0 : manifests_.back().generation; }
  std::uint64_t current() const noexcept { return empty() ? 0 : current_manifest().generation; }
  /// The parts of the current one.
  std::vector<std::uint64_t> part_ids() const;
  /// The current one for a process that holds the parts `held`; generation 0 when there is none.
  dns::Message message(const std::vector<std::uint64_t>& held) const;
  /// The newest one with all its parts, for the control process.
  dns::Message newest_message() const;

 private:
  const dns::Manifest& current_manifest() const {
    return manifests_[manifests_.size() - 1 - back_];
  }
  dns::Message message(const dns::Manifest& manifest, const std::vector<std::uint64_t>& held) const;
  void forget_unnamed();

  std::deque<dns::Manifest> manifests_;            // the newest last
  std::map<std::uint64_t, FileDescriptor> parts_;  // by id
  std::size_t back_ = 0;                           // how far the current one is behind the newest
};

}  // namespace waymark::app
