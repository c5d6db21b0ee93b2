// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "dns/protocol/query.h"
#include "dns/protocol/response_writer.h"
#include "dns/responder_settings.h"

namespace waymark::dns {

/// CH TXT id.server, hostname.bind, version.server and version.bind (RFC 4892): writes the answer.
/// False when it is another question, or the operator does not tell.
bool answer_identity(const Query& query, const ResponderSettings& settings,
                     ResponseWriter& writer) noexcept;

/// Who is answering, as far as the OPT record of the answer tells.
struct AnsweredBy {
  Rcode rcode = Rcode::NOERROR;
  bool tcp = false;
  bool in_zone = false;      // then:
  std::uint8_t labels = 0;   // of the zone's name
  ByteView soa_rdata;        // of that zone
  bool answers_soa = false;  // the answer is that SOA
};

/// Whether put_options() may add an extended error to an answer with this RCODE.
constexpr bool is_explained(Rcode rcode) noexcept {
  return rcode != Rcode::NOERROR && rcode != Rcode::NXDOMAIN;
}

/// Octets to keep for what put_options() may write.
std::size_t options_room(const Edns& asked, const ResponderSettings& settings) noexcept;

/// NSID, EXPIRE, keepalive and ZONEVERSION as far as they were asked for, where to report errors
/// to, and an extended error.
[[gnu::noinline]] void put_options(const Query& query, const ResponderSettings& settings,
                                   const AnsweredBy& by, OptionWriter& options) noexcept;

}  // namespace waymark::dns
