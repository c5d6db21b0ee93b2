// SPDX-License-Identifier: Apache-2.0
#include "zones/records/rdata.h"

#include "zones/records/rdata_fields.h"

namespace waymark::zones {
namespace {

using enum Field;
using dns::RrType;

constexpr std::array<RdataFields, 28> known{{
    {RrType::A, Grammar::own, {ipv4}},
    {RrType::AAAA, Grammar::own, {ipv6}},
    {RrType::NS, Grammar::own, {name}},
    {RrType::CNAME, Grammar::own, {name}},
    {RrType::PTR, Grammar::own, {name}},
    {RrType::MX, Grammar::own, {u16, name}},
    {RrType::TXT, Grammar::own, {strings}},
    {RrType::SRV, Grammar::own, {u16, u16, u16, name}},
    {RrType::SOA, Grammar::own, {name, name, u32, seconds, seconds, seconds, seconds}},
    {RrType::CAA, Grammar::own, {u8, tag, text}},
    {RrType::SPF, Grammar::own, {strings}},
    {RrType::DNAME, Grammar::own, {name}},
    {RrType::RP, Grammar::own, {name, name}},
    {RrType::AFSDB, Grammar::own, {u16, name}},
    {RrType::HINFO, Grammar::own, {string, string}},
    {RrType::NAPTR, Grammar::own, {u16, u16, string, string, string, name}},
    {RrType::URI, Grammar::own, {u16, u16, target}},
    {RrType::LOC, Grammar::own, {location}},
    {RrType::CERT, Grammar::ldns, {u16, u16, u8, octets}},
    {RrType::APL, Grammar::own, {prefixes}},
    {RrType::DS, Grammar::ldns, {u16, u8, u8, octets}},
    {RrType::SSHFP, Grammar::ldns, {u8, u8, octets}},
    {RrType::DNSKEY, Grammar::ldns, {u16, u8, u8, octets}},
    {RrType::TLSA, Grammar::ldns, {u8, u8, u8, octets}},
    {RrType::SMIMEA, Grammar::ldns, {u8, u8, u8, octets}},
    {RrType::OPENPGPKEY, Grammar::ldns, {octets}},
    {RrType::SVCB, Grammar::ldns, {u16, name, parameters}},
    {RrType::HTTPS, Grammar::ldns, {u16, name, parameters}},
}};

std::optional<std::size_t> measure_name(ByteView rest) noexcept {
  std::size_t at = 0;
  while (at < rest.size() && at < dns::max_name_octets) {
    if (rest[at] > dns::max_label_octets) return std::nullopt;  // compressed or unknown label type
    if (rest[at] == 0) return at + 1;
    at += 1U + rest[at];
  }
  return std::nullopt;
}

std::optional<std::size_t> measure_string(ByteView rest) noexcept {
  if (rest.empty() || rest.size() < 1U + rest[0]) return std::nullopt;
  return 1U + rest[0];
}

bool are_strings(ByteView rest) noexcept {
  if (rest.empty()) return false;
  while (!rest.empty()) {
    const auto octets = measure_string(rest);
    if (!octets) return false;
    rest = rest.subspan(*octets);
  }
  return true;
}

bool is_tag(ByteView tag) noexcept {
  const auto alphanumeric = [](Octet c) {
    return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  };
  return tag.size() > 1 && std::all_of(tag.begin() + 1, tag.end(), alphanumeric);
}

// RFC 1876 §2: version 0; sizes and precisions are a digit and a power of ten, zero has none.
bool is_location(ByteView rest) noexcept {
  const auto is_size = [](Octet size) {
    return size == 0 || (size >> 4 >= 1 && size >> 4 <= 9 && (size & 15) <= 9);
  };
  constexpr std::uint32_t equator = 1U << 31, degree = 3'600'000;
  const auto within = [](std::uint32_t value, std::uint32_t degrees) {
    return value >= equator - degrees * degree && value <= equator + degrees * degree;
  };
  return rest.size() == 16 && rest[0] == 0 && is_size(rest[1]) && is_size(rest[2]) &&
         is_size(rest[3]) && within(load32(&rest[4]), 90) && within(load32(&rest[8]), 180);
}

bool are_prefixes(ByteView rest) noexcept {
  while (!rest.empty()) {
    if (rest.size() < 4) return false;
    const std::uint16_t family = load16(rest.data());
    const std::size_t octets = rest[3] & 0x7FU;
    if (family != 1 && family != 2) return false;  // no other is defined
    const std::size_t most = family == 1 ? 4 : 16;
    if (octets > most || rest[2] > most * 8 || rest.size() < 4 + octets) return false;
    if (octets > 0 && rest[3 + octets] == 0) return false;  // RFC 3123 §4: no trailing zeros
    rest = rest.subspan(4 + octets);
  }
  return true;
}

bool is_alpn(ByteView value) noexcept {
  if (!are_strings(value)) return false;
  for (std::size_t at = 0; at < value.size(); at += 1U + value[at])
    if (value[at] == 0) return false;
  return true;
}

// RFC 9460 §7 and §8; keys that are not known take anything.
bool is_parameter(std::uint16_t key, ByteView value) noexcept {
  switch (key) {
    case 0:
      return !value.empty() && value.size() % 2 == 0;  // mandatory
    case 1:
      return is_alpn(value);
    case 2:
      return value.empty();  // no-default-alpn
    case 3:
      return value.size() == 2;  // port
    case 4:
      return !value.empty() && value.size() % 4 == 0;  // ipv4hint
    case 5:
      return !value.empty();  // ech
    case 6:
      return !value.empty() && value.size() % 16 == 0;  // ipv6hint
    default:
      return key != 0xFFFF;
  }
}

bool has_parameter(ByteView parameters, std::uint16_t wanted) noexcept {
  ByteReader in(parameters);
  while (!in.at_end()) {
    if (in.u16() == wanted) return true;
    in.take(in.u16());
  }
  return false;
}

/// RFC 9460 §8: keys in rising order, never itself, all of them given.
bool is_mandatory(ByteView keys, ByteView parameters) noexcept {
  std::uint16_t before = 0;  // the key of "mandatory" itself
  for (; keys.size() >= 2; keys = keys.subspan(2)) {
    const std::uint16_t key = load16(keys.data());
    if (key <= before || !has_parameter(parameters, key)) return false;
    before = key;
  }
  return keys.empty();
}

bool are_parameters(ByteView rest) noexcept {
  std::int32_t before = -1;
  ByteView mandatory;
  ByteReader in(rest);
  while (!in.at_end()) {
    const std::uint16_t key = in.u16();
    const ByteView value = in.take(in.u16());
    if (!in.ok() || key <= before || !is_parameter(key, value)) return false;  // strictly rising
    if (key == 0) mandatory = value;
    before = key;
  }
  return is_mandatory(mandatory, rest);
}

std::optional<std::size_t> fixed(std::size_t octets, ByteView rest) noexcept {
  if (rest.size() < octets) return std::nullopt;
  return octets;
}
std::optional<std::size_t> all_if(bool valid, ByteView rest) noexcept {
  if (!valid) return std::nullopt;
  return rest.size();
}

}  // namespace

const RdataFields* fields_of(RrType type) noexcept {
  for (const RdataFields& fields : known)
    if (fields.type == type) return &fields;
  return nullptr;
}

std::optional<std::size_t> measure(Field field, ByteView rest) noexcept {
  switch (field) {
    case none:
      return 0;
    case u8:
      return fixed(1, rest);
    case u16:
      return fixed(2, rest);
    case u32:
    case seconds:
    case ipv4:
      return fixed(4, rest);
    case ipv6:
      return fixed(16, rest);
    case name:
      return measure_name(rest);
    case string:
      return measure_string(rest);
    case strings:
      return all_if(are_strings(rest), rest);
    case tag: {
      const auto octets = measure_string(rest);
      return octets && is_tag(rest.first(*octets)) ? octets : std::nullopt;
    }
    case text:
      return rest.size();
    case Field::octets:
    case target:
      return all_if(!rest.empty(), rest);
    case location:
      return all_if(is_location(rest), rest);
    case prefixes:
      return all_if(are_prefixes(rest), rest);
    case parameters:
      return all_if(are_parameters(rest), rest);
  }
  return std::nullopt;
}

bool is_valid_rdata(RrType type, ByteView wire) noexcept {
  if (wire.size() > 0xFFFF) return false;
  const RdataFields* fields = fields_of(type);
  return fields == nullptr || walk(*fields, wire, [](Field, ByteView) {});
}

}  // namespace waymark::zones
