// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"

namespace waymark::differential {

struct Record {
  dns::Name owner;
  dns::RrType type{};
  std::uint32_t ttl = 0;
  Bytes rdata;  // names uncompressed and in lower case

  friend bool operator==(const Record&, const Record&) = default;
  friend auto operator<=>(const Record&, const Record&) = default;
};

/// A response taken apart: what two servers must agree on. Records are in order, for their order
/// on the wire means nothing (RFC 2181 §5). OPT is left out.
struct Reply {
  dns::Rcode rcode{};
  bool authoritative = false, truncated = false;
  std::array<std::vector<Record>, 3> sections;  // answer, authority, additional

  const std::vector<Record>& answer() const { return sections[0]; }
  const std::vector<Record>& authority() const { return sections[1]; }
  const std::vector<Record>& additional() const { return sections[2]; }
  friend bool operator==(const Reply&, const Reply&) = default;
};

/// None: it is not one whole message.
std::optional<Reply> read_reply(ByteView message);
/// The name at the front of RDATA behind `skip` octets; the root when there is none.
dns::Name name_in(const Record& record, std::size_t skip = 0);
std::string to_text(const Reply& reply);

}  // namespace waymark::differential
