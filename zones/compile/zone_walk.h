// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"
#include "zones/compile/name_compiler.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Every site of one zone at or below one name, empty non-terminals too, in one pass over the store
/// and with memory for one path: a site is told once all below it has been seen.
class ZoneWalk {
 public:
  using Emit = std::function<Result<void>(const Site&)>;

  /// `children` are the hosted zones below this one, in canonical order: what stands at or below
  /// them is theirs. `cut_labels` is that of the name above `top`.
  ZoneWalk(const HostedZone& zone, const std::vector<HostedZone>& zones, dns::Name top,
           std::uint8_t cut_labels, Emit emit);

  Result<void> run(const Snapshot& state);

 private:
  Result<void> enter(const dns::Name& name);
  Result<void> leave_to(const dns::Name& name);
  Result<void> take(RecordSet&& set);
  /// The name, or the last name above it that is not hidden by a child zone.
  dns::Name visible(const dns::Name& name);

  HostedZone zone_;
  dns::Name top_;
  std::uint8_t cut_labels_;
  Emit emit_;
  std::vector<dns::Name> children_;  // the topmost only
  std::size_t next_child_ = 0;
  std::vector<Site> path_;  // from the top down
};

}  // namespace waymark::zones
