// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace waymark::dns {

constexpr std::size_t max_name_octets = 255;  // RFC 1035 §2.3.4, with the root's zero octet
constexpr std::size_t max_label_octets = 63;

/// An absolute name in lower-case wire form. A value; the root by default.
class Name {
 public:
  Name() : wire_(1, '\0') {}

  /// Text with RFC 1035 §5.1 escapes (\DDD decimal, \x); the last dot may be missing.
  /// Fails with `bad_name`: an empty or over-long label, more than 255 octets, a bad escape,
  /// a raw blank, control octet or octet over 126.
  static Result<Name> parse(std::string_view presentation);
  /// The same, relative to `origin` when there is no last dot; "@" is the origin itself.
  static Result<Name> parse(std::string_view presentation, const Name& origin);
  /// A whole uncompressed wire name and nothing after it; letters are folded.
  static Result<Name> from_wire(ByteView wire);
  /// Wire octets that are known to be a folded, valid name.
  static Name trusted(ByteView wire) { return Name(std::string(as_text(wire))); }

  ByteView wire() const noexcept { return as_octets(wire_); }
  std::size_t octets() const noexcept { return wire_.size(); }
  /// Labels without the root: 0 for the root, 2 for "example.com.".
  std::uint8_t labels() const noexcept;
  bool is_root() const noexcept { return wire_.size() == 1; }
  /// True for the name itself, too.
  bool is_under(const Name& ancestor) const noexcept;
  bool is_wildcard() const noexcept { return wire_.size() > 2 && wire_[0] == 1 && wire_[1] == '*'; }
  /// Without its first label. Not for the root.
  Name parent() const { return Name(wire_.substr(1 + static_cast<Octet>(wire_[0]))); }
  /// `label` put in front (raw octets, at most 63; the whole must stay a name).
  Name child(std::string_view label) const;
  /// "www.example.com."; octets that need it as \DDD, special ones as \x.
  std::string to_string() const;

  /// Octets that sort as RFC 4034 §6.1 orders names, and of which an ancestor's are always a
  /// prefix: labels from the root down, each ended by 00, with 00 and 01 inside written 01 01, 01
  /// 02.
  Bytes sort_key() const;
  static Name from_sort_key(ByteView key);

  friend bool operator==(const Name&, const Name&) = default;
  /// Canonical order, RFC 4034 §6.1.
  friend std::strong_ordering operator<=>(const Name& a, const Name& b);

 private:
  explicit Name(std::string wire) : wire_(std::move(wire)) {}

  std::string wire_;
};

}  // namespace waymark::dns
