// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "base/ip.h"
#include "zones/records/location.h"
#include "zones/records/prefix_list.h"
#include "zones/records/rdata.h"
#include "zones/records/rdata_fields.h"
#include "zones/records/rdata_ldns.h"

namespace waymark::zones {
namespace {

using dns::RrType;

Error bad(std::string sentence) {
  return {ErrorCode::bad_rdata, std::move(sentence)};
}

std::string shown(const Token& token) {
  constexpr std::size_t enough = 60;
  if (token.text.size() <= enough) return '"' + std::string(token.text) + '"';
  return '"' + std::string(token.text.substr(0, enough)) + "…\"";
}

template <class Number>
bool read_number(std::string_view text, Number& value) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

// Four decimal octets without leading zeros; a tenth of inet_pton's time on an import.
bool read_ipv4(std::string_view text, Octet* out) noexcept {
  std::size_t at = 0;
  for (int part = 0; part < 4; ++part) {
    unsigned value = 0;
    const std::size_t start = at;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9' && at - start < 3; ++at)
      value = value * 10 + static_cast<unsigned>(text[at] - '0');
    if (at == start || value > 255 || (at - start > 1 && text[start] == '0')) return false;
    if (part < 3 && (at >= text.size() || text[at++] != '.')) return false;
    out[part] = static_cast<Octet>(value);
  }
  return at == text.size();
}

/// Reads one record's tokens field by field into `wire`.
class RdataReader {
 public:
  RdataReader(std::span<const Token> tokens, const dns::Name& origin)
      : tokens_(tokens), origin_(origin) {}

  Result<Bytes> read(const RdataFields& fields) {
    for (const Field field : fields.list()) {
      if (at_ >= tokens_.size()) {
        if (field == Field::prefixes) break;  // RFC 3123 §5: zero or more
        return bad("this " + dns::to_string(fields.type) + " value ends too early");
      }
      if (auto done = read(field); !done) return done.error();
    }
    if (at_ < tokens_.size()) return bad(shown(tokens_[at_]) + " is one field too many");
    if (wire_.size() > 0xFFFF) return bad("this value has more than 65,535 octets");
    return std::move(wire_);
  }
  std::size_t at() const noexcept { return at_; }

 private:
  Result<void> read(Field field) {
    const Token& token = tokens_[at_];
    switch (field) {
      case Field::u8:
        return number<std::uint8_t>(token);
      case Field::u16:
        return number<std::uint16_t>(token);
      case Field::u32:
        return number<std::uint32_t>(token);
      case Field::seconds:
        return seconds(token);
      case Field::ipv4:
        wire_.resize(wire_.size() + 4);
        if (token.quoted || !read_ipv4(token.text, &wire_[wire_.size() - 4]))
          return bad(shown(token) +
                     " is not an IPv4 address; write four numbers such as 192.0.2.1");
        return ++at_, Result<void>();
      case Field::ipv6:
        return ipv6(token);
      case Field::name:
        return name(token);
      case Field::string:
        return string(token);
      case Field::strings:
        while (at_ < tokens_.size())
          if (auto done = string(tokens_[at_]); !done) return done;
        return {};
      case Field::tag:
        return tag(token);
      case Field::target:
        if (token.text.empty()) return bad("a URI is never empty; write one in quotes");
        [[fallthrough]];
      case Field::text:
        if (!append_unescaped(token.text, wire_)) return bad_escape(token);
        return ++at_, Result<void>();
      case Field::location:
        return whole(parse_location(tokens_, at_));
      case Field::prefixes:
        return whole(parse_prefix_list(tokens_, at_));
      case Field::none:
      case Field::octets:
      case Field::parameters:
        break;
    }
    WAYMARK_ASSERT(false && "a field of ldns's grammar");
    return {};
  }

  Result<void> whole(Result<Bytes> rdata) {
    if (!rdata) return rdata.error();
    wire_ = std::move(*rdata);
    return {};
  }

  template <class Number>
  Result<void> number(const Token& token) {
    Number value = 0;
    if (token.quoted || !read_number(token.text, value))
      return bad(shown(token) + " is not a number from 0 to " +
                 std::to_string(std::numeric_limits<Number>::max()));
    for (std::size_t shift = sizeof(Number) * 8; shift > 0; shift -= 8)
      wire_.push_back(static_cast<Octet>(value >> (shift - 8)));
    return ++at_, Result<void>();
  }

  Result<void> seconds(const Token& token) {
    const auto value = token.quoted ? std::nullopt : parse_seconds(token.text);
    if (!value) return bad(shown(token) + " is not a number of seconds; write 3600 or 1h");
    ByteWriter(wire_).u32(*value);
    return ++at_, Result<void>();
  }

  Result<void> ipv6(const Token& token) {
    const auto address = IpAddress::parse(token.text);
    if (token.quoted || !address || address->is_v4())
      return bad(shown(token) + " is not an IPv6 address; write one such as 2001:db8::1");
    ByteWriter(wire_).put(address->wire());
    return ++at_, Result<void>();
  }

  Result<void> name(const Token& token) {
    if (token.quoted) return bad(shown(token) + " is quoted; write a domain name without quotes");
    const auto parsed = dns::Name::parse(token.text, origin_);
    if (!parsed) return bad(parsed.error().detail());
    ByteWriter(wire_).put(parsed->wire());
    return ++at_, Result<void>();
  }

  Result<void> string(const Token& token) {
    const std::size_t length_at = wire_.size();
    wire_.push_back(0);
    if (!append_unescaped(token.text, wire_)) return bad_escape(token);
    const std::size_t octets = wire_.size() - length_at - 1;
    if (octets > 255)
      return bad("this string has " + std::to_string(octets) +
                 " octets; split it into strings of at most 255");
    wire_[length_at] = static_cast<Octet>(octets);
    return ++at_, Result<void>();
  }

  Result<void> tag(const Token& token) {
    const std::size_t start = wire_.size();
    if (auto done = string(token); !done) return done;
    if (measure(Field::tag, ByteView(wire_).subspan(start))) return {};
    --at_;
    return bad(shown(token) + " is not a CAA tag; use letters and digits, such as issue");
  }

  static Error bad_escape(const Token& token) {
    return bad(shown(token) +
               " has a bad escape; write \\DDD (000 to 255, decimal) or \\ and a character");
  }

  std::span<const Token> tokens_;
  const dns::Name& origin_;
  std::size_t at_ = 0;
  Bytes wire_;
};

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// Names of types that may be compared folded (RFC 4034 §6.2), so that equal records are equal
// octets.
void fold_names(const RdataFields& fields, Bytes& wire) {
  const Bytes copy = wire;
  wire.clear();
  walk(fields, copy, [&](Field field, ByteView octets) {
    const auto name = field == Field::name ? dns::Name::from_wire(octets) : Error();
    ByteWriter(wire).put(name ? name->wire() : octets);
  });
}

/// RFC 3597 §5: "\# 4 C0000201", the hexadecimal digits in any number of words.
Result<Bytes> parse_generic(RrType type, std::span<const Token> tokens, std::size_t& faulty) {
  std::size_t length = 0;
  faulty = 1;
  if (tokens.size() < 2 || !read_number(tokens[1].text, length) || length > 0xFFFF)
    return bad("a length from 0 to 65535 must follow \\#");
  Bytes wire;
  int high = -1;
  for (faulty = 2; faulty < tokens.size(); ++faulty)
    for (const char c : tokens[faulty].text) {
      const int digit = hex_digit(c);
      if (digit < 0) return bad(shown(tokens[faulty]) + " is not hexadecimal");
      if (high >= 0) wire.push_back(static_cast<Octet>(high << 4 | digit));
      high = high >= 0 ? -1 : digit;
    }
  faulty = 1;
  if (high >= 0 || wire.size() != length)
    return bad("\\# promises " + std::to_string(length) + " octets, but " +
               std::to_string(wire.size()) + (high >= 0 ? " and a half follow" : " follow"));
  if (!is_valid_rdata(type, wire))
    return bad("these octets are not a value of type " + dns::to_string(type));
  if (const RdataFields* fields = fields_of(type)) fold_names(*fields, wire);
  return wire;
}

std::string generic_text(ByteView wire) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\\# " + std::to_string(wire.size());
  if (!wire.empty()) text += ' ';
  for (const Octet octet : wire) {
    text += digits[octet >> 4];
    text += digits[octet & 15];
  }
  return text;
}

void print_field(Field field, ByteView octets, std::string& text) {
  if (!text.empty()) text += ' ';
  switch (field) {
    case Field::u8:
      text += std::to_string(octets[0]);
      return;
    case Field::u16:
      text += std::to_string(load16(octets.data()));
      return;
    case Field::u32:
    case Field::seconds:
      text += std::to_string(load32(octets.data()));
      return;
    case Field::ipv4:
    case Field::ipv6: {
      IpAddress address;
      address.family = field == Field::ipv4 ? IpAddress::Family::v4 : IpAddress::Family::v6;
      std::copy(octets.begin(), octets.end(), address.octets.begin());
      text += address.to_string();
      return;
    }
    case Field::name:
      text += dns::Name::trusted(octets).to_string();
      return;
    case Field::strings:
      for (; !octets.empty(); octets = octets.subspan(1U + octets[0])) {
        if (text.ends_with('"')) text += ' ';
        append_quoted(octets.subspan(1, octets[0]), text);
      }
      return;
    case Field::tag:
      text += as_text(octets.subspan(1));
      return;
    case Field::string:
      append_quoted(octets.subspan(1), text);
      return;
    case Field::text:
    case Field::target:
      append_quoted(octets, text);
      return;
    case Field::location:
      text += print_location(octets);
      return;
    case Field::prefixes:
      text += print_prefix_list(octets);
      return;
    case Field::none:
    case Field::octets:
    case Field::parameters:
      break;
  }
  WAYMARK_ASSERT(false && "a field of ldns's grammar");
}

// What ldns prints is used only when it reads back as the same octets.
std::string print_checked(RrType type, ByteView wire) {
  const auto text = print_with_ldns(type, wire);
  if (!text) return generic_text(wire);
  const auto again = parse_rdata(type, *text, dns::Name());
  return again && std::equal(again->begin(), again->end(), wire.begin(), wire.end())
             ? *text
             : generic_text(wire);
}

}  // namespace

Result<Bytes> parse_rdata(RrType type, std::span<const Token> tokens, const dns::Name& origin,
                          std::size_t& faulty) {
  faulty = 0;
  if (dns::is_meta(type)) return bad(dns::to_string(type) + " is not a type that a zone can hold");
  if (!tokens.empty() && !tokens[0].quoted && tokens[0].text == "\\#")
    return parse_generic(type, tokens, faulty);
  const RdataFields* fields = fields_of(type);
  if (fields == nullptr)
    return bad("values of type " + dns::to_string(type) +
               " are written in the \\# form of RFC 3597");
  if (fields->grammar == Grammar::ldns) return parse_with_ldns(type, tokens, origin);
  RdataReader reader(tokens, origin);
  auto wire = reader.read(*fields);
  faulty = reader.at();
  return wire;
}

Result<Bytes> parse_rdata(RrType type, std::string_view text, const dns::Name& origin) {
  Tokenizer tokenizer(text, Tokenizer::Mode::value);
  std::vector<Token> tokens;
  switch (tokenizer.next(tokens)) {
    case Tokenizer::Next::fault:
      return bad(tokenizer.fault().sentence);
    case Tokenizer::Next::end:
      return bad("the value is empty");
    case Tokenizer::Next::entry:
      break;
  }
  std::size_t faulty = 0;
  return parse_rdata(type, tokens, origin, faulty);
}

std::string rdata_to_string(RrType type, ByteView wire) {
  const RdataFields* fields = fields_of(type);
  if (fields == nullptr || wire.empty() || !is_valid_rdata(type, wire)) return generic_text(wire);
  if (fields->grammar == Grammar::ldns) return print_checked(type, wire);
  std::string text;
  walk(*fields, wire, [&](Field field, ByteView octets) { print_field(field, octets, text); });
  return text;
}

}  // namespace waymark::zones
