// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/ip.h"
#include "dns/protocol/edns.h"
#include "dns/protocol/name_hash.h"
#include "dns/protocol/response_writer.h"
#include "dns/protocol/rr_type.h"
#include "policy/client.h"

namespace waymark::dns {

/// What a walk says besides the sections of its answer.
struct WalkResult {
  Rcode rcode = Rcode::NOERROR;
  bool authoritative = false;
  bool truncated = false;
  bool failed_open = false;
  std::uint8_t scope = 0;  // RFC 7871 §7.2.1
};

/// What an entry answers with: one RRset, or up to eight targets of a policy.
struct Chosen {
  std::array<WireRRs, 8> sets;
  std::size_t count = 0;
  Chosen() noexcept {}  // NOLINT(modernize-use-equals-default): the sets are not cleared
};

/// Whether the client subnet counts. RFC 7871 §7.1.2: with a source prefix of 0 the client asks
/// that its network be left out. In a private zone it never counts: it may be forged, and who asks
/// there is known.
inline bool goes_by_subnet(const Edns& edns, Space space) noexcept {
  return edns.has_subnet && edns.subnet.length > 0 && space.is_public();
}

/// Whom the policies see: the client subnet, or the resolver's address.
inline policy::Client client_of(const IpAddress& source, const Edns& edns, Space space) noexcept {
  if (goes_by_subnet(edns, space)) return {edns.subnet};
  return {{source, source.bits()}};
}

}  // namespace waymark::dns
