// SPDX-License-Identifier: Apache-2.0
#include "dns/identity.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "dns/protocol/client_subnet.h"
#include "dns/protocol/cookie.h"

namespace waymark::dns {
namespace {

constexpr std::size_t option_head = 4;
constexpr std::size_t keepalive_octets = option_head + 2, expire_octets = option_head + 4;
constexpr std::size_t version_octets = option_head + 6, error_octets = option_head + 2;
constexpr std::size_t nsid_octets = option_head + ResponderSettings::max_nsid_octets;
constexpr std::size_t cookie_octets = option_head + full_cookie_octets;
constexpr std::size_t report_octets = option_head + ResponderSettings::max_report_octets;
constexpr std::size_t all_octets = keepalive_octets + expire_octets + version_octets +
                                   error_octets + nsid_octets + cookie_octets + report_octets;
static_assert(all_octets <= OptionWriter::max_octets);
static_assert(header_octets + 259 + 11 + 4 + 4 + 16 + all_octets <= min_udp_octets,
              "the longest question, OPT, client subnet and all options go into any answer");

constexpr std::size_t soa_serial_at = 20, soa_expire_at = 8;  // from the end of the RDATA

/// Folded wire names.
constexpr std::string_view id_server{"\2id\6server\0", 11};
constexpr std::string_view hostname_bind{"\10hostname\4bind\0", 15};
constexpr std::string_view version_server{"\7version\6server\0", 16};
constexpr std::string_view version_bind{"\7version\4bind\0", 14};

std::string_view told(std::string_view name, const ResponderSettings& settings) noexcept {
  if (name == id_server || name == hostname_bind) return settings.nsid;
  if (name == version_server || name == version_bind) return settings.version;
  return {};
}

std::optional<ExtendedError> extended_error(const Query& query, Rcode rcode) noexcept {
  switch (rcode) {
    case Rcode::REFUSED:
      return query.rcode == Rcode::REFUSED ? ExtendedError::not_supported  // class or QTYPE
                                           : ExtendedError::not_authoritative;
    case Rcode::NOTIMP:
      return ExtendedError::not_supported;
    case Rcode::SERVFAIL:
      return ExtendedError::invalid_data;
    default:
      return std::nullopt;
  }
}

void put_zone_options(std::uint8_t asked, const AnsweredBy& by, OptionWriter& options) noexcept {
  if (!by.in_zone || by.soa_rdata.size() < soa_serial_at) return;
  const Octet* end = by.soa_rdata.data() + by.soa_rdata.size();
  if ((asked & Edns::zone_version) != 0) {  // RFC 9660 §2: labels, type SOA-SERIAL, the serial
    std::array<Octet, 6> version{by.labels, 0};
    std::memcpy(&version[2], end - soa_serial_at, 4);
    options.put(EdnsOption::zone_version, version);
  }
  // RFC 7314 §3.2: a primary says the EXPIRE of its SOA.
  if ((asked & Edns::expire) != 0 && by.answers_soa)
    options.put(EdnsOption::expire, {end - soa_expire_at, 4});
}

}  // namespace

bool answer_identity(const Query& query, const ResponderSettings& settings,
                     ResponseWriter& writer) noexcept {
  if (query.rr_class != RrClass::CH || (query.type != RrType::TXT && query.type != RrType::ANY))
    return false;
  std::string_view text = told(as_text({query.name.data(), query.name_octets}), settings);
  if (text.empty()) return false;
  text = text.substr(0, ResponderSettings::max_nsid_octets);
  std::array<Octet, 1 + ResponderSettings::max_nsid_octets> rdata;
  rdata[0] = static_cast<Octet>(text.size());
  std::memcpy(&rdata[1], text.data(), text.size());
  return writer.add(Section::answer, {question_offset, {}}, RrType::TXT, 0,
                    ByteView(rdata).first(1 + text.size()), RrClass::CH);
}

std::size_t options_room(const Edns& asked, const ResponderSettings& settings) noexcept {
  std::size_t octets = 0;
  if ((asked.asked & Edns::nsid) != 0) octets += option_head + settings.nsid.size();
  if ((asked.asked & Edns::expire) != 0) octets += expire_octets;
  if ((asked.asked & Edns::tcp_keepalive) != 0) octets += keepalive_octets;
  if ((asked.asked & Edns::zone_version) != 0) octets += version_octets;
  if ((asked.asked & Edns::report_channel) != 0)
    octets += option_head + settings.report_agent.size();
  return octets;
}

void put_options(const Query& query, const ResponderSettings& settings, const AnsweredBy& by,
                 OptionWriter& options) noexcept {
  const std::uint8_t asked = query.edns.asked;
  if ((asked & Edns::nsid) != 0 && !settings.nsid.empty())
    options.put(
        EdnsOption::nsid,
        as_octets(std::string_view(settings.nsid).substr(0, ResponderSettings::max_nsid_octets)));
  if ((asked & Edns::tcp_keepalive) != 0 && by.tcp) {  // RFC 7828 §3.2.1: never over UDP
    std::array<Octet, 2> timeout;
    store16(timeout.data(), settings.keepalive);
    options.put(EdnsOption::tcp_keepalive, timeout);
  }
  if ((asked & (Edns::zone_version | Edns::expire)) != 0) put_zone_options(asked, by, options);
  if ((asked & Edns::report_channel) != 0)
    options.put(EdnsOption::report_channel, settings.report_agent);
  if (const auto error = extended_error(query, by.rcode)) {
    std::array<Octet, 2> code;
    store16(code.data(), static_cast<std::uint16_t>(*error));
    options.put(EdnsOption::extended_error, code);
  }
}

}  // namespace waymark::dns
