// SPDX-License-Identifier: Apache-2.0
#include "zones/records/location.h"

#include <array>
#include <cstdint>
#include <optional>

namespace waymark::zones {
namespace {

constexpr std::uint32_t equator = 1U << 31;  // RFC 1876 §2: 0 degrees, in 1/1000 of a second
constexpr std::uint32_t below_reference = 10000000;    // centimetres of altitude that stand for 0
constexpr std::uint64_t largest_size = 9'000'000'000;  // centimetres

/// "71.617" with three decimals → 71617. None: not such a number, or over `most`.
std::optional<std::uint64_t> parse_fixed(std::string_view text, std::size_t decimals,
                                         std::uint64_t most) noexcept {
  constexpr std::size_t most_digits = 9;
  std::uint64_t value = 0;
  std::size_t at = 0, digits = 0, behind = 0;
  for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, ++digits)
    value = value * 10 + static_cast<unsigned>(text[at] - '0');
  if (digits == 0 || digits > most_digits) return std::nullopt;
  if (decimals > 0 && at < text.size() && text[at] == '.')
    for (++at; at < text.size() && text[at] >= '0' && text[at] <= '9' && behind < decimals;
         ++at, ++behind)
      value = value * 10 + static_cast<unsigned>(text[at] - '0');
  for (; behind < decimals; ++behind)
    value *= 10;
  if (at != text.size() || value > most) return std::nullopt;
  return value;
}

std::string print_fixed(std::uint64_t value, std::size_t decimals) {
  std::string digits = std::to_string(value);
  if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
  return digits.substr(0, digits.size() - decimals) + '.' + digits.substr(digits.size() - decimals);
}

class LocationReader {
 public:
  LocationReader(std::span<const Token> tokens, std::size_t& at) : tokens_(tokens), at_(at) {}

  Result<Bytes> read() {
    // RFC 1876 §3: size 1 m, horizontal precision 10,000 m, vertical precision 10 m
    std::array<std::uint64_t, 3> sizes{100, 1'000'000, 1'000};
    const auto latitude = angle("NS", 90);
    if (!latitude) return bad("a latitude such as 42 21 54.000 N, of at most 90 degrees");
    const auto longitude = angle("EW", 180);
    if (!longitude) return bad("a longitude such as 71 6 18.000 W, of at most 180 degrees");
    const auto altitude = height();
    if (!altitude) return bad("an altitude such as -24.00m, from -100000.00 to 42849672.95");
    for (std::uint64_t& size : sizes) {
      if (at_ == tokens_.size()) break;
      const auto given = parse_fixed(metres(tokens_[at_]), 2, largest_size);
      if (!given) return bad("a size such as 30.00m, of at most 90000000.00");
      size = *given;
      ++at_;
    }
    if (at_ != tokens_.size()) return bad("the end; LOC has no more fields");
    Bytes wire(1, 0);
    ByteWriter out(wire);
    for (const std::uint64_t size : sizes)
      out.u8(size_octet(size));
    out.u32(*latitude), out.u32(*longitude), out.u32(*altitude);
    return wire;
  }

 private:
  Error bad(const char* wanted) const {
    const std::string found =
        at_ < tokens_.size() ? '"' + std::string(tokens_[at_].text) + '"' : "the end";
    return {ErrorCode::bad_rdata, found + " stands where there should be " + wanted};
  }

  std::optional<std::uint32_t> angle(std::string_view sides, std::uint64_t most_degrees) {
    constexpr std::array<std::uint64_t, 3> units{3'600'000, 60'000, 1};
    const std::array<std::uint64_t, 3> most{most_degrees, 59, 59'999};
    std::uint64_t value = 0;
    for (std::size_t i = 0; i <= units.size() && at_ < tokens_.size(); ++i) {
      const std::string_view word = tokens_[at_].text;
      if (i > 0 && word.size() == 1 && sides.find(upper(word[0])) != std::string_view::npos) {
        if (value > most_degrees * units[0]) return std::nullopt;
        ++at_;
        const auto offset = static_cast<std::uint32_t>(value);
        return upper(word[0]) == sides[0] ? equator + offset : equator - offset;
      }
      if (i == units.size()) break;
      const auto part = parse_fixed(word, i == 2 ? 3 : 0, most[i]);
      if (!part) break;
      value += *part * units[i];
      ++at_;
    }
    return std::nullopt;
  }

  std::optional<std::uint32_t> height() {
    if (at_ == tokens_.size()) return std::nullopt;
    std::string_view text = metres(tokens_[at_]);
    const bool below = text.starts_with('-');
    if (below || text.starts_with('+')) text.remove_prefix(1);
    const auto value = parse_fixed(text, 2, below ? below_reference : 0xFFFFFFFF - below_reference);
    if (!value) return std::nullopt;
    ++at_;
    const auto offset = static_cast<std::uint32_t>(*value);
    return below ? below_reference - offset : below_reference + offset;
  }

  static std::string_view metres(const Token& token) noexcept {
    std::string_view text = token.text;
    if (text.ends_with('m') || text.ends_with('M')) text.remove_suffix(1);
    return text;
  }
  static char upper(char c) noexcept { return static_cast<char>(c & ~0x20); }

  /// A digit and a power of ten.
  static Octet size_octet(std::uint64_t size) noexcept {
    unsigned power = 0;
    for (; size > 9; ++power)
      size /= 10;
    return static_cast<Octet>(size << 4 | power);
  }

  std::span<const Token> tokens_;
  std::size_t& at_;
};

void print_angle(std::uint32_t wire, const char* sides, std::string& text) {
  const bool ahead = wire >= equator;
  const std::uint32_t value = ahead ? wire - equator : equator - wire;
  text += std::to_string(value / 3'600'000) + ' ' + std::to_string(value / 60'000 % 60) + ' ' +
          print_fixed(value % 60'000, 3) + ' ' + sides[ahead ? 0 : 1] + ' ';
}

}  // namespace

Result<Bytes> parse_location(std::span<const Token> tokens, std::size_t& at) {
  at = 0;
  return LocationReader(tokens, at).read();
}

std::string print_location(ByteView wire) {
  std::string text;
  print_angle(load32(&wire[4]), "NS", text);
  print_angle(load32(&wire[8]), "EW", text);
  const std::uint32_t height = load32(&wire[12]);
  text += height < below_reference ? "-" + print_fixed(below_reference - height, 2)
                                   : print_fixed(height - below_reference, 2);
  text += 'm';
  for (std::size_t i = 1; i <= 3; ++i) {
    std::uint64_t size = wire[i] >> 4;
    for (unsigned power = wire[i] & 15; power > 0; --power)
      size *= 10;
    text += ' ' + print_fixed(size, 2) + 'm';
  }
  return text;
}

}  // namespace waymark::zones
