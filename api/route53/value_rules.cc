// SPDX-License-Identifier: Apache-2.0
#include "api/route53/value_rules.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "api/route53/names.h"
#include "zones/records/rdata.h"
#include "zones/records/tokens.h"

namespace waymark::api {
namespace {

using dns::RrType;
using zones::Token;
using Tokens = std::vector<Token>;

constexpr std::size_t most_string = 255;  // octets, RFC 1035 §3.3
constexpr std::string_view unquoted =
    "InvalidCharacterString (Value should be enclosed in quotation marks)";

bool is_text(RrType type) noexcept {
  return type == RrType::TXT || type == RrType::SPF;
}
bool is_service_binding(RrType type) noexcept {
  return type == RrType::SVCB || type == RrType::HTTPS;
}

std::string invalid(RrType type, std::string_view why) {
  return dns::to_string(type) + "RRDATAInvalid (" + std::string(why) + ")";
}

/// The words of a value, or none when it can not be cut into words.
Tokens tokens_of(const std::string& text) {
  Tokens tokens;
  zones::Tokenizer tokenizer(text, zones::Tokenizer::Mode::value);
  if (tokenizer.next(tokens) != zones::Tokenizer::Next::entry) tokens.clear();
  return tokens;
}

bool is_too_long(const Token& token) {
  Bytes octets;
  return token.quoted && zones::append_unescaped(token.text, octets) && octets.size() > most_string;
}

/// Those that Route 53 wants in quotation marks: RFC 1035 would take single words without.
std::span<const Token> strings_of(RrType type, const Tokens& tokens) {
  const std::span<const Token> all(tokens);
  if (is_text(type)) return all;
  if (type == RrType::NAPTR && all.size() == 6) return all.subspan(2, 3);
  if (type == RrType::CAA && all.size() == 3) return all.subspan(2);
  return {};
}

std::string fault_of_strings(RrType type, const Tokens& tokens) {
  const auto strings = strings_of(type, tokens);
  if (!std::all_of(strings.begin(), strings.end(), [](const Token& one) { return one.quoted; }))
    return std::string(unquoted);
  if (type != RrType::CAA && std::any_of(strings.begin(), strings.end(), is_too_long))
    return "CharacterStringTooLong (Value is too long)";
  return {};
}

/// Without the critical bit only tags that mean something (RFC 8659 §4.1).
std::string fault_of_caa(const Tokens& tokens, ByteView rdata) {
  constexpr std::array<std::string_view, 5> known = {"issue", "issuewild", "iodef", "issuemail",
                                                     "issuevmc"};
  constexpr Octet critical = 0x80;
  std::string tag(tokens[1].text);
  for (char& c : tag)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 32);
  if ((rdata[0] & critical) != 0 || std::find(known.begin(), known.end(), tag) != known.end())
    return {};
  return "CAARRDATAInvalidTag (CAA tag is not one of issue, issuewild, iodef, issuemail and "
         "issuevmc)";
}

/// RFC 3403 §4.1: one or the other.
std::string fault_of_naptr(const Tokens& tokens) {
  if (tokens[4].text.empty() || tokens[5].text == ".") return {};
  return invalid(RrType::NAPTR, "Regexp and Replacement are given; Replacement is . with a Regexp");
}

std::string fault_of_tlsa(ByteView rdata) {
  if (rdata[0] <= 3 && rdata[1] <= 1 && rdata[2] <= 2) return {};
  return invalid(RrType::TLSA,
                 "Certificate usage is 0 to 3, selector 0 or 1, matching type 0 to 2");
}

std::string fault_of_sshfp(ByteView rdata) {
  const bool algorithm = (rdata[0] >= 1 && rdata[0] <= 4) || rdata[0] == 6;
  if (algorithm && (rdata[1] == 1 || rdata[1] == 2)) return {};
  return invalid(RrType::SSHFP, "Algorithm is 1 to 4 or 6, fingerprint type 1 or 2");
}

std::string fault_of_service_binding(RrType type, const Tokens& tokens, ByteView rdata) {
  constexpr std::uint16_t most_priority = 0x7FFF;
  constexpr std::array<std::string_view, 8> known = {
      "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint", "dohpath", "ohttp"};
  if (load16(rdata.data()) > most_priority)
    return invalid(type, "SvcPriority is not a number from 0 to 32767");
  bool alpn = false, no_default = false;
  for (const Token& token : std::span(tokens).subspan(2)) {
    const std::string_view key = token.text.substr(0, token.text.find('='));
    if (std::find(known.begin(), known.end(), key) == known.end())
      return invalid(type, "SvcParamKey " + std::string(key) + " is not supported");
    alpn = alpn || key == "alpn";
    no_default = no_default || key == "no-default-alpn";
  }
  if (no_default && !alpn) return invalid(type, "no-default-alpn needs alpn");
  return {};
}

/// Of a value that RFCs allow.
std::string fault_of_value(RrType type, const Tokens& tokens, ByteView rdata) {
  if (auto fault = fault_of_strings(type, tokens); !fault.empty()) return fault;
  if (type == RrType::CAA) return fault_of_caa(tokens, rdata);
  if (type == RrType::NAPTR) return fault_of_naptr(tokens);
  if (type == RrType::TLSA) return fault_of_tlsa(rdata);
  if (type == RrType::SSHFP) return fault_of_sshfp(rdata);
  if (is_service_binding(type)) return fault_of_service_binding(type, tokens, rdata);
  return {};
}

/// Why it is none that RFCs allow.
std::string words_for(RrType type, const std::string& value, const Tokens& tokens,
                      const std::string& detail) {
  if (type == RrType::A) return "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)";
  if (type == RrType::AAAA)
    return "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)";
  if (is_text(type) && !value.starts_with('"')) return std::string(unquoted);
  if (auto fault = fault_of_strings(type, tokens); !fault.empty()) return fault;
  const bool ends_in_name = type == RrType::CNAME || type == RrType::NS || type == RrType::PTR ||
                            type == RrType::MX || type == RrType::SRV;
  if (ends_in_name && !value.empty())
    if (auto fault = fault_of_aws_name(value.substr(value.find_last_of(' ') + 1)); !fault.empty())
      return fault;
  return invalid(type, detail);
}

/// Whether it stands there between blanks.
bool has_word(std::string_view value, std::string_view word) {
  for (std::size_t at = value.find(word); at != std::string_view::npos;
       at = value.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    if ((at == 0 || value[at - 1] == ' ') && (end == value.size() || value[end] == ' '))
      return true;
  }
  return false;
}

Error refused(const std::string& value, const std::string& what) {
  return {ErrorCode::bad_rdata,
          "Invalid Resource Record: 'FATAL problem: " + what + " encountered with '" + value + "''",
          "/values"};
}

}  // namespace

Result<Bytes> parse_aws_value(RrType type, const std::string& value, ValueRules rules) {
  const bool of_a_zone_file = value.starts_with("\\#") || has_word(value, "@");
  if (!is_text(type) && of_a_zone_file)
    return refused(value, invalid(type, "Value is not in the format of its type"));
  const auto decimal = octal_to_decimal(value);
  if (!decimal) return refused(value, words_for(type, value, {}, "an escape is no octet"));
  const Tokens tokens = tokens_of(*decimal);
  if (is_text(type) && !value.starts_with('"')) return refused(value, std::string(unquoted));
  auto rdata = zones::parse_rdata(type, *decimal, dns::Name());
  if (!rdata) return refused(value, words_for(type, value, tokens, rdata.error().detail()));
  if (rules == ValueRules::ours) return rdata;
  if (auto fault = fault_of_value(type, tokens, *rdata); !fault.empty())
    return refused(value, fault);
  return rdata;
}

}  // namespace waymark::api
