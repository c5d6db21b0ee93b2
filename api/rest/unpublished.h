// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <utility>

#include "dns/image/image.h"
#include "zones/store/store.h"

namespace waymark::api {

/// What the store has otherwise than the image that answers: set identifiers are the store's alone,
/// so names with a change on its way to the workers can not be told by them.
class Unpublished {
 public:
  static Result<Unpublished> of(const zones::Snapshot& state, const dns::Image& image);
  bool touches(dns::ZoneNumber zone, const dns::Name& name) const {
    return everything_ || zones_.contains(zone) || names_.contains({zone, name});
  }

 private:
  Result<void> note(const zones::Snapshot& state, const zones::Commit& commit);

  bool everything_ = false;  // too much to list
  std::set<dns::ZoneNumber> zones_;
  std::set<std::pair<dns::ZoneNumber, dns::Name>> names_;
};

}  // namespace waymark::api
