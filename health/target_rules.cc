// SPDX-License-Identifier: Apache-2.0
#include "health/target_rules.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

namespace waymark::health {
namespace {

struct Range {
  IpPrefix prefix;
  const char* what;
};

Range range(const char* prefix, const char* what) {
  return {*IpPrefix::parse(prefix), what};
}

/// IANA special-purpose registries (RFC 6890), without the private ranges. First match names it.
const std::vector<Range>& refused() {
  static const std::vector<Range> ranges = {
      range("0.0.0.0/8", "unspecified"),
      range("100.64.0.0/10", "shared by carriers, RFC 6598"),
      range("127.0.0.0/8", "loopback"),
      range("169.254.0.0/16", "link-local"),
      range("192.0.0.0/24", "reserved"),
      range("192.0.2.0/24", "documentation"),
      range("192.88.99.0/24", "reserved"),
      range("198.18.0.0/15", "reserved for benchmarks"),
      range("198.51.100.0/24", "documentation"),
      range("203.0.113.0/24", "documentation"),
      range("224.0.0.0/4", "multicast"),
      range("255.255.255.255/32", "broadcast"),
      range("240.0.0.0/4", "reserved"),
      range("::/128", "unspecified"),
      range("::1/128", "loopback"),
      range("2001::/23", "reserved"),
      range("2001:db8::/32", "documentation"),
      range("3fff::/20", "documentation"),
      range("fe80::/10", "link-local"),
      range("fec0::/10", "site-local"),
      range("ff00::/8", "multicast"),
  };
  return ranges;
}

/// Global unicast and ULA. The rest of IPv6 is not given out, or is a form of an IPv4 address.
const std::vector<IpPrefix>& given_out_v6() {
  static const std::vector<IpPrefix> ranges = {*IpPrefix::parse("2000::/3"),
                                               *IpPrefix::parse("fc00::/7")};
  return ranges;
}

const std::vector<IpAddress>& metadata() {
  static const std::vector<IpAddress> addresses = {*IpAddress::parse("169.254.169.254"),
                                                   *IpAddress::parse("fd00:ec2::254")};
  return addresses;
}

/// The IPv4 address inside an IPv6 one, which is where the packets end.
std::optional<IpAddress> embedded_v4(const IpAddress& address) {
  struct Form {
    IpPrefix prefix;
    std::size_t at;  // octet
  };
  static const std::vector<Form> forms = {
      {*IpPrefix::parse("::ffff:0:0/96"), 12},    // v4-mapped, RFC 4291 §2.5.5.2
      {*IpPrefix::parse("::/96"), 12},            // v4-compatible, RFC 4291 §2.5.5.1
      {*IpPrefix::parse("::ffff:0:0:0/96"), 12},  // v4-translated, RFC 2765
      {*IpPrefix::parse("64:ff9b::/96"), 12},     // NAT64, RFC 6052
      {*IpPrefix::parse("2002::/16"), 2},         // 6to4, RFC 3056
  };
  if (address.is_unspecified() || address.is_loopback()) return std::nullopt;
  for (const Form& form : forms) {
    if (!form.prefix.contains(address)) continue;
    IpAddress inner;
    std::memcpy(inner.octets.data(), address.octets.data() + form.at, 4);
    return inner;
  }
  return std::nullopt;
}

bool any_contains(const std::vector<IpPrefix>& prefixes, const IpAddress& address) {
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&](const IpPrefix& prefix) { return prefix.contains(address); });
}

/// The range that refuses it by default: text for people, or none.
std::optional<Range> refusing_range(const IpAddress& address, bool wraps_v4) {
  for (const Range& range : refused())
    if (range.prefix.contains(address)) return range;
  if (!address.is_v4() && !wraps_v4 && !any_contains(given_out_v6(), address))
    return Range{IpPrefix::of(address, 16), "reserved"};
  return std::nullopt;
}

Error not_allowed(const IpAddress& address, const std::string& why) {
  return {ErrorCode::denied, "address " + address.to_string() + " is not allowed: " + why};
}

}  // namespace

TargetRules::TargetRules(std::vector<IpPrefix> allow, std::vector<IpPrefix> deny,
                         std::vector<Endpoint> own)
    : allow_(std::move(allow)), deny_(std::move(deny)), own_(std::move(own)) {}

Result<void> TargetRules::permit(const IpAddress& address, std::uint16_t port) const {
  std::vector<IpAddress> forms{address};
  const auto inner = address.is_v4() ? std::nullopt : embedded_v4(address);
  if (inner) forms.push_back(*inner);

  for (const IpAddress& form : forms) {
    const auto& never = metadata();
    if (std::find(never.begin(), never.end(), form) != never.end())
      return not_allowed(address, "a metadata service, which no flag allows");
    if (any_contains(deny_, form)) return not_allowed(address, "--health-deny covers it");
  }
  for (const IpAddress& form : forms)
    if (any_contains(allow_, form)) return {};

  for (const IpAddress& form : forms) {
    if (const auto range = refusing_range(form, inner.has_value()))
      return not_allowed(address, std::string(range->what) + "; --health-allow " +
                                      range->prefix.to_string() + " would allow it");
    if (std::find(own_.begin(), own_.end(), Endpoint{form, port}) != own_.end())
      return not_allowed(address, "port " + std::to_string(port) +
                                      " is this server's own; --health-allow " + form.to_string() +
                                      " would allow it");
  }
  return {};
}

}  // namespace waymark::health
