// SPDX-License-Identifier: Apache-2.0
#include "zones/records/rdata_ldns.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "zones/records/ldns.h"
#include "zones/records/rdata.h"
#include "zones/records/rdata_fields.h"

namespace waymark::zones {
namespace {

// Below the fixed buffers that ldns 1.8 reads a record's words into.
constexpr std::size_t max_ldns_text = 32'000;

struct DeepFree {
  void operator()(ldns_rdf* field) const noexcept { ldns_rdf_deep_free(field); }
};
using LdnsRdf = std::unique_ptr<ldns_rdf, DeepFree>;

Result<std::string> one_line(dns::RrType type, std::span<const Token> tokens) {
  std::string line = ". 0 IN " + dns::to_string(type);
  for (const Token& token : tokens) {
    line += ' ';
    if (token.quoted) line += '"';
    line += token.text;
    if (token.quoted) line += '"';
  }
  if (line.size() > max_ldns_text)
    return Error(ErrorCode::bad_rdata, "this value is longer than " +
                                           std::to_string(max_ldns_text) +
                                           " characters; use the \\# form of RFC 3597");
  return line;
}

bool is_port(std::string_view text) noexcept {
  if (text.size() > 1 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size();
}

/// RFC 9460 §8 forbids it; ldns drops the second.
bool names_a_key_twice(std::string_view keys) {
  std::set<std::string_view> seen;
  while (!keys.empty()) {
    const std::size_t comma = std::min(keys.find(','), keys.size());
    if (!seen.insert(keys.substr(0, comma)).second) return true;
    keys.remove_prefix(std::min(comma + 1, keys.size()));
  }
  return false;
}

bool is_letter(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/// RFC 4398 §2.1. For any other word ldns fails as it should, and loses two octets of memory.
bool is_certificate_type(std::string_view word) {
  static const std::set<std::string, std::less<>> names{
      "PKIX", "SPKI", "PGP", "IPKIX", "ISPKI", "IPGP", "ACPKIX", "IACPKIX", "URI", "OID"};
  if (!word.empty() && is_letter(word.front())) return names.contains(word);
  return word.find_first_not_of('0') != std::string_view::npos;
}

std::string_view without_leading_zeros(std::string_view number) noexcept {
  return number.substr(std::min(number.find_first_not_of('0'), number.size()));
}

// ldns wraps numbers that are negative or too large, and takes half an octet for a whole one.
Result<void> check_strictly(dns::RrType type, std::span<const Token> tokens) {
  const RdataFields* fields = fields_of(type);
  std::size_t at = 0;
  for (const Field field : fields->list()) {
    if ((field != Field::u8 && field != Field::u16) || at >= tokens.size()) break;
    const std::string_view word = tokens[at++].text;
    const std::string_view digits = without_leading_zeros(word);
    const std::string most = field == Field::u8 ? "255" : "65535";
    if (!word.empty() && is_letter(word.front())) continue;  // a mnemonic
    if (word.find_first_not_of("0123456789") != std::string_view::npos)
      return Error(ErrorCode::bad_rdata, std::string(word) + " is not a number from 0 to " + most);
    if (digits.size() > most.size() || (digits.size() == most.size() && digits > most))
      return Error(ErrorCode::bad_rdata, std::string(word) + " is out of range; use 0 to " + most);
  }
  if (type == dns::RrType::CERT && !tokens.empty() && !is_certificate_type(tokens[0].text))
    return Error(ErrorCode::bad_rdata, std::string(tokens[0].text) +
                                           " is no certificate type; use PKIX, SPKI, PGP, IPKIX, "
                                           "ISPKI, IPGP, ACPKIX, IACPKIX, URI, OID or a number "
                                           "from 1");
  for (const Token& token : tokens.subspan(at))
    if (token.text.starts_with("mandatory=") && names_a_key_twice(token.text.substr(10)))
      return Error(ErrorCode::bad_rdata, std::string(token.text) + " names a key twice");
  for (const Token& token : tokens.subspan(at))
    if (token.text.starts_with("port=") && !is_port(token.text.substr(5)))
      return Error(ErrorCode::bad_rdata,
                   std::string(token.text) + " is out of range; use 0 to 65535");
  using enum dns::RrType;
  if (type != DS && type != TLSA && type != SMIMEA && type != SSHFP) return {};
  std::size_t digits = 0;
  for (; at < tokens.size(); ++at)
    digits += tokens[at].text.size();
  if (digits % 2 == 0) return {};
  return Error(ErrorCode::bad_rdata, "the hexadecimal digits do not come in pairs");
}

void lower_name(Octet* at) noexcept {
  for (; *at != 0; at += 1U + *at)
    for (Octet* c = at + 1; c <= at + *at; ++c)
      if (*c >= 'A' && *c <= 'Z') *c = static_cast<Octet>(*c | 0x20);
}

}  // namespace

Result<Bytes> parse_with_ldns(dns::RrType type, std::span<const Token> tokens,
                              const dns::Name& origin) {
  if (auto strict = check_strictly(type, tokens); !strict) return strict.error();
  auto line = one_line(type, tokens);
  if (!line) return line.error();
  const LdnsRdf origin_field(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_DNAME, origin.octets(), origin.wire().data()));
  ldns_rr* raw = nullptr;
  const ldns_status status =
      ldns_rr_new_frm_str(&raw, line->c_str(), 0, origin_field.get(), nullptr);
  const LdnsRr record(status == LDNS_STATUS_OK ? raw : nullptr);
  if (!record)
    return Error(ErrorCode::bad_rdata, "not a value of type " + dns::to_string(type) + ": " +
                                           ldns_get_errorstr_by_id(status));
  Bytes wire;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(record.get(), i);
    const std::size_t start = wire.size();
    const Octet* data = ldns_rdf_data(field);
    wire.insert(wire.end(), data, data + ldns_rdf_size(field));
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME) lower_name(&wire[start]);
  }
  if (!is_valid_rdata(type, wire))
    return Error(ErrorCode::bad_rdata, "not a complete value of type " + dns::to_string(type));
  return wire;
}

std::optional<std::string> print_with_ldns(dns::RrType type, ByteView wire) {
  Bytes framed;  // ldns reads the length in front
  ByteWriter out(framed);
  out.u16(static_cast<std::uint16_t>(wire.size()));
  out.put(wire);
  const LdnsRr record(ldns_rr_new());
  ldns_rr_set_type(record.get(), static_cast<ldns_rr_type>(type));
  std::size_t position = 0;
  if (ldns_wire2rdf(record.get(), framed.data(), framed.size(), &position) != LDNS_STATUS_OK)
    return std::nullopt;

  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
    const LdnsText field(ldns_rdf2str(ldns_rr_rdf(record.get(), i)));
    if (!field) return std::nullopt;
    if (!text.empty() && text.back() != ' ') text += ' ';
    text += field.get();
  }
  while (!text.empty() && text.back() == ' ')
    text.pop_back();
  return text;
}

}  // namespace waymark::zones
