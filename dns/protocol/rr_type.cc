// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/rr_type.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace waymark::dns {
namespace {

struct Mnemonic {
  RrType type;
  std::string_view text;
};

constexpr std::array mnemonics{
    Mnemonic{RrType::A, "A"},           Mnemonic{RrType::NS, "NS"},
    Mnemonic{RrType::CNAME, "CNAME"},   Mnemonic{RrType::SOA, "SOA"},
    Mnemonic{RrType::PTR, "PTR"},       Mnemonic{RrType::HINFO, "HINFO"},
    Mnemonic{RrType::MX, "MX"},         Mnemonic{RrType::TXT, "TXT"},
    Mnemonic{RrType::AAAA, "AAAA"},     Mnemonic{RrType::LOC, "LOC"},
    Mnemonic{RrType::SRV, "SRV"},       Mnemonic{RrType::NAPTR, "NAPTR"},
    Mnemonic{RrType::CERT, "CERT"},     Mnemonic{RrType::DNAME, "DNAME"},
    Mnemonic{RrType::OPT, "OPT"},       Mnemonic{RrType::APL, "APL"},
    Mnemonic{RrType::DS, "DS"},         Mnemonic{RrType::SSHFP, "SSHFP"},
    Mnemonic{RrType::RRSIG, "RRSIG"},   Mnemonic{RrType::NSEC, "NSEC"},
    Mnemonic{RrType::DNSKEY, "DNSKEY"}, Mnemonic{RrType::NSEC3, "NSEC3"},
    Mnemonic{RrType::TLSA, "TLSA"},     Mnemonic{RrType::SMIMEA, "SMIMEA"},
    Mnemonic{RrType::SVCB, "SVCB"},     Mnemonic{RrType::OPENPGPKEY, "OPENPGPKEY"},
    Mnemonic{RrType::HTTPS, "HTTPS"},   Mnemonic{RrType::SPF, "SPF"},
    Mnemonic{RrType::TSIG, "TSIG"},     Mnemonic{RrType::IXFR, "IXFR"},
    Mnemonic{RrType::AXFR, "AXFR"},     Mnemonic{RrType::ANY, "ANY"},
    Mnemonic{RrType::URI, "URI"},       Mnemonic{RrType::CAA, "CAA"},
    Mnemonic{RrType::RP, "RP"},         Mnemonic{RrType::AFSDB, "AFSDB"},
};

char upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

bool equal_in_any_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return upper(x) == upper(y); });
}

}  // namespace

std::string to_string(RrType type) {
  for (const Mnemonic& known : mnemonics)
    if (known.type == type) return std::string(known.text);
  return "TYPE" + std::to_string(static_cast<std::uint16_t>(type));
}

std::string to_string(Rcode rcode) {
  switch (rcode) {
    case Rcode::NOERROR:
      return "NOERROR";
    case Rcode::FORMERR:
      return "FORMERR";
    case Rcode::SERVFAIL:
      return "SERVFAIL";
    case Rcode::NXDOMAIN:
      return "NXDOMAIN";
    case Rcode::NOTIMP:
      return "NOTIMP";
    case Rcode::REFUSED:
      return "REFUSED";
    case Rcode::YXDOMAIN:
      return "YXDOMAIN";
    case Rcode::BADVERS:
      return "BADVERS";
    case Rcode::BADCOOKIE:
      return "BADCOOKIE";
  }
  return "RCODE" + std::to_string(static_cast<std::uint16_t>(rcode));
}

std::optional<RrType> parse_rr_type(std::string_view text) noexcept {
  for (const Mnemonic& known : mnemonics)
    if (equal_in_any_case(known.text, text)) return known.type;
  if (text.size() < 5 || !equal_in_any_case(text.substr(0, 4), "TYPE")) return std::nullopt;
  std::uint16_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data() + 4, end, number);
  if (failure != std::errc() || stop != end) return std::nullopt;
  return RrType{number};
}

}  // namespace waymark::dns
