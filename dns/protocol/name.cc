// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/name.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace waymark::dns {
namespace {

char fold(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

Error bad_name(std::string_view text, std::string_view why) {
  return {ErrorCode::bad_name,
          "name \"" + std::string(text.substr(0, max_name_octets)) + "\" " + std::string(why)};
}

/// Reads one character, escaped or not, at `at` and moves behind it; -1 for a bad one.
int next_octet(std::string_view text, std::size_t& at) noexcept {
  const char c = text[at++];
  if (c != '\\') return c > ' ' && c <= '~' ? static_cast<unsigned char>(c) : -1;
  if (at == text.size()) return -1;
  if (!is_digit(text[at])) return text[at] >= ' ' && text[at] <= '~' ? text[at++] : -1;
  if (text.size() - at < 3 || !is_digit(text[at + 1]) || !is_digit(text[at + 2])) return -1;
  const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
  at += 3;
  return value <= 255 ? value : -1;
}

/// Labels of `text` in wire form; the root's zero octet only when the text ends in a dot.
Result<std::string> to_labels(std::string_view text) {
  if (text == ".") return std::string(1, '\0');
  if (text.empty()) return bad_name(text, "is empty");
  std::string wire(1, '\0');
  std::size_t label = 0;  // where its length octet stands
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '.') {
      if (wire.size() == label + 1) return bad_name(text, "has an empty label");
      label = wire.size();
      wire.push_back('\0');
      ++at;
      continue;
    }
    const int octet = next_octet(text, at);
    if (octet < 0) return bad_name(text, "has a bad escape or an octet that needs \\DDD");
    if (wire.size() - label > max_label_octets)
      return bad_name(text, "has a label of more than 63 octets");
    wire.push_back(fold(static_cast<char>(octet)));
    wire[label] = static_cast<char>(wire.size() - label - 1);
    if (wire.size() > max_name_octets) return bad_name(text, "has more than 255 octets");
  }
  if (wire.size() > max_name_octets) return bad_name(text, "has more than 255 octets");
  return wire;
}

/// Where each label begins, the root left out.
struct LabelStarts {
  explicit LabelStarts(std::string_view wire) noexcept {
    for (std::size_t at = 0; wire[at] != '\0'; at += 1U + static_cast<Octet>(wire[at]))
      at_[count++] = static_cast<std::uint8_t>(at);
  }
  std::string_view label(std::string_view wire, std::size_t index) const noexcept {
    return wire.substr(at_[index] + 1U, static_cast<Octet>(wire[at_[index]]));
  }

  std::array<std::uint8_t, 128> at_;  // `count` of them; to clear all would be most of the work
  std::size_t count = 0;
};

}  // namespace

Result<Name> Name::parse(std::string_view presentation) {
  return parse(presentation, Name());
}

Result<Name> Name::parse(std::string_view presentation, const Name& origin) {
  if (presentation == "@") return origin;
  auto wire = to_labels(presentation);
  if (!wire) return wire.error();
  // Relative text leaves no empty label at its end.
  std::size_t last = 0;
  while ((*wire)[last] != '\0') {
    const std::size_t next = last + 1U + static_cast<Octet>((*wire)[last]);
    if (next == wire->size()) {
      *wire += origin.wire_;
      break;
    }
    last = next;
  }
  if (wire->size() > max_name_octets) return bad_name(presentation, "has more than 255 octets");
  return Name(std::move(*wire));
}

Result<Name> Name::from_wire(ByteView wire) {
  if (wire.empty() || wire.size() > max_name_octets)
    return Error(ErrorCode::bad_name, "a wire name has 1 to 255 octets");
  std::string folded(as_text(wire));
  std::size_t at = 0;
  while (at < wire.size() && wire[at] != 0) {
    if (wire[at] > max_label_octets || wire.size() - at <= wire[at])
      return Error(ErrorCode::bad_name, "a label is cut short or longer than 63 octets");
    at += 1U + wire[at];
  }
  if (at + 1 != wire.size()) return Error(ErrorCode::bad_name, "a wire name ends with its root");
  // Length octets are at most 63, so folding cannot change them.
  std::transform(folded.begin(), folded.end(), folded.begin(), fold);
  return Name(std::move(folded));
}

std::uint8_t Name::labels() const noexcept {
  return static_cast<std::uint8_t>(LabelStarts(wire_).count);
}

bool Name::is_under(const Name& ancestor) const noexcept {
  if (wire_.size() < ancestor.wire_.size()) return false;
  const std::size_t suffix = wire_.size() - ancestor.wire_.size();
  if (wire_.compare(suffix, std::string::npos, ancestor.wire_) != 0) return false;
  std::size_t at = 0;
  while (at < suffix)
    at += 1U + static_cast<Octet>(wire_[at]);
  return at == suffix;
}

Name Name::child(std::string_view label) const {
  WAYMARK_ASSERT(!label.empty() && label.size() <= max_label_octets);
  std::string wire(1, static_cast<char>(label.size()));
  std::transform(label.begin(), label.end(), std::back_inserter(wire), fold);
  wire += wire_;
  WAYMARK_ASSERT(wire.size() <= max_name_octets);
  return Name(std::move(wire));
}

std::string Name::to_string() const {
  if (is_root()) return ".";
  constexpr std::string_view special = ".\\\"();@$";
  std::string text;
  const LabelStarts starts(wire_);
  for (std::size_t i = 0; i < starts.count; ++i) {
    for (const char c : starts.label(wire_, i)) {
      const unsigned octet = static_cast<Octet>(c);
      if (special.find(c) != std::string_view::npos) {
        text += {'\\', c};
      } else if (octet > ' ' && octet <= '~') {
        text += c;
      } else {
        text += {'\\', static_cast<char>('0' + octet / 100),
                 static_cast<char>('0' + octet / 10 % 10), static_cast<char>('0' + octet % 10)};
      }
    }
    text += '.';
  }
  return text;
}

Bytes Name::sort_key() const {
  Bytes key;
  key.reserve(wire_.size());
  const LabelStarts starts(wire_);
  for (std::size_t i = starts.count; i-- > 0;) {
    for (const char c : starts.label(wire_, i)) {
      const auto octet = static_cast<Octet>(c);
      if (octet > 1) {
        key.push_back(octet);
      } else {
        key.push_back(1);
        key.push_back(static_cast<Octet>(octet + 1));
      }
    }
    key.push_back(0);
  }
  return key;
}

Name Name::from_sort_key(ByteView key) {
  Name name;
  std::string label;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == 0) {
      name = name.child(label);
      label.clear();
    } else if (key[i] == 1 && i + 1 < key.size()) {
      label.push_back(static_cast<char>(key[++i] - 1));
    } else {
      label.push_back(static_cast<char>(key[i]));
    }
  }
  return name;
}

std::strong_ordering operator<=>(const Name& a, const Name& b) {
  const LabelStarts left(a.wire_), right(b.wire_);
  for (std::size_t i = 1; i <= std::min(left.count, right.count); ++i) {
    const auto order =
        left.label(a.wire_, left.count - i)
            .compare(right.label(b.wire_, right.count - i));  // octets compare as unsigned
    if (order != 0) return order <=> 0;
  }
  return left.count <=> right.count;
}

}  // namespace waymark::dns
