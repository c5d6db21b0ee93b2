// SPDX-License-Identifier: Apache-2.0
#include "zones/records/prefix_list.h"

#include <algorithm>
#include <charconv>

#include "base/ip.h"

namespace waymark::zones {
namespace {

constexpr Octet negation = 0x80;

/// Appends one "[!]family:address/length". False: it is not one.
bool append_prefix(std::string_view text, Bytes& wire) {
  const bool negated = text.starts_with('!');
  if (negated) text.remove_prefix(1);
  if (!text.starts_with("1:") && !text.starts_with("2:")) return false;
  const bool is_v4 = text[0] == '1';
  text.remove_prefix(2);
  const std::size_t slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (slash == std::string_view::npos || !address || address->is_v4() != is_v4) return false;
  std::uint8_t length = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + slash + 1, last, length);
  if (error != std::errc{} || end != last || length > address->bits()) return false;

  ByteView octets = address->wire();
  while (!octets.empty() && octets.back() == 0)
    octets = octets.first(octets.size() - 1);  // RFC 3123 §4: no trailing zeros
  ByteWriter out(wire);
  out.u16(is_v4 ? 1 : 2);
  out.u8(length);
  out.u8(static_cast<Octet>(octets.size() | (negated ? negation : 0)));
  out.put(octets);
  return true;
}

}  // namespace

Result<Bytes> parse_prefix_list(std::span<const Token> tokens, std::size_t& at) {
  Bytes wire;
  for (at = 0; at < tokens.size(); ++at)
    if (tokens[at].quoted || !append_prefix(tokens[at].text, wire))
      return Error(ErrorCode::bad_rdata, '"' + std::string(tokens[at].text) +
                                             "\" is not a prefix; write one such as "
                                             "1:192.0.2.0/24 or !2:2001:db8::/32");
  return wire;
}

std::string print_prefix_list(ByteView wire) {
  std::string text;
  while (wire.size() >= 4) {
    const std::size_t octets = wire[3] & ~unsigned{negation};
    IpAddress address;
    address.family = load16(wire.data()) == 1 ? IpAddress::Family::v4 : IpAddress::Family::v6;
    std::copy_n(wire.begin() + 4, octets, address.octets.begin());
    if (!text.empty()) text += ' ';
    if ((wire[3] & negation) != 0) text += '!';
    text += address.is_v4() ? "1:" : "2:";
    text += address.to_string() + '/' + std::to_string(wire[2]);
    wire = wire.subspan(4 + octets);
  }
  return text;
}

}  // namespace waymark::zones
