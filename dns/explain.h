// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/ip.h"
#include "dns/image/image.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "health/health_table.h"

namespace waymark::dns {

struct Question {
  Name name;
  RrType type = RrType::A;
  IpAddress client = IpAddress::loopback_v4();  // who asks
  std::optional<IpPrefix> subnet;               // and for whom (RFC 7871)
  Endpoint listener;                            // and where: for VPCs that have one
  std::uint64_t seed = 1;                       // equal seeds give equal draws
};

/// The query that asks this, with a client subnet option when there is one.
Bytes encode(const Question& question);

/// Names that the image does not hold; each may give an empty text.
struct Labels {
  /// The set identifier of target `index` at a name and type of a zone.
  std::function<std::string(ZoneNumber, const Name&, RrType, std::uint16_t index)> target;
  /// What a health slot stands for: "health check <id>, down since …: reason".
  std::function<std::string(health::HealthSlot)> slot;
  std::function<std::string(std::uint16_t)> region;
  /// Who says where a client is: "operator" or "database"; asked only where somebody does.
  std::function<std::string(const IpAddress&)> place_source;
  /// The name of a location of a CIDR collection, both by number.
  std::function<std::string(std::uint32_t collection, std::uint32_t location)> location;
  /// Where the records of the external alias at a name and type come from, of the target that a
  /// policy chose if there is one; empty: it is none.
  std::function<std::string(ZoneNumber, const Name&, RrType, std::optional<std::uint16_t> index)>
      external{};
};

/// One step of the walk. `candidates` only where a policy chose.
struct Step {
  struct Candidate {
    std::string label;
    std::uint16_t index = 0;
    bool healthy = true, chosen = false;
    bool selectable = true;   // for this client: its area, its block
    std::uint32_t value = 0;  // weight, tier, milliseconds, kilometres as biased
    std::string value_from;   // milliseconds: "table", "learned", "distance", "nothing"
    double share = 0;         // intended, of the answers to this client as health is now
    health::HealthSlot slot = health::HealthSlot::always_healthy;
    std::string why_out;  // unhealthy: what the slot stands for
  };
  /// "view", "zone", "delegation", "exact", "wildcard", "cname", "dname", "alias", "client",
  /// "policy", "answer", …
  std::string kind;
  std::string text;  // a sentence
  std::vector<Candidate> candidates{};
  std::string rule{};                  // policy: "weighted", "failover", …
  std::string group{};                 // policy: whose it is, "www.example.com. A"
  std::uint32_t drawn = 0, of = 0;     // policy: the draw that decided, in [0, of); 0: none
  bool failed_open = false;            // policy: nobody is healthy
  std::string source{};                // client: who placed it, "operator", "database", "nothing";
                                       // for latency "latency table", "nothing"
  std::optional<std::uint8_t> bits{};  // client: how many of its address's bits decided
};

struct Explanation {
  std::vector<Step> steps;
  Bytes response;  // the message the server would send over TCP for these draws
  std::uint8_t scope_prefix = 0;
};

/// The same walk that Responder takes over `image`, told. Control process only; may allocate.
Explanation explain(const Image& image, health::HealthTable health, const Question& question,
                    const Labels& labels);

}  // namespace waymark::dns
