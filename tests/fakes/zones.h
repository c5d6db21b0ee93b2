// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "dns/image/image.h"
#include "dns/image/image_writer.h"
#include "tests/fakes/rdata.h"

namespace waymark::dns::fakes {

constexpr HashKey hash_key{0x0123456789ABCDEF, 0xFEDCBA9876543211};

/// Hosted zones in memory, and the image that answers for them. Cuts, empty non-terminals and
/// wildcards follow from the records.
class Zones {
 public:
  /// A zone with its SOA (TTL 900, MINIMUM 300). Records added later go to the closest zone.
  Zones& zone(std::string_view apex);
  Zones& add(std::string_view owner, RrType type, std::vector<Bytes> rdata,
             std::uint32_t ttl = 300);
  /// An alias (one name, no policy), or the targets of a routing policy.
  Zones& route(std::string_view owner, RrType type, std::vector<TargetSpec> targets,
               Bytes policy = {});
  Zones& latency(Bytes table);

  Image image() const;

 private:
  NodeSpec& node(const Name& name);
  void derive(std::map<Name, NodeSpec>& nodes) const;

  std::map<Name, NodeSpec> nodes_;
  std::vector<ZoneSpec> zones_;
  Bytes latency_;
};

/// What one target of a policy answers.
RRset records(std::string_view owner, RrType type, std::vector<Bytes> rdata,
              std::uint32_t ttl = 300);

}  // namespace waymark::dns::fakes
