// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace waymark {

using Octet = std::uint8_t;
using Bytes = std::vector<Octet>;
using ByteView = std::span<const Octet>;

inline ByteView as_octets(std::string_view text) noexcept {
  return {reinterpret_cast<const Octet*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}
/// How many characters of UTF-8 a text has: limits for people count these, not octets.
constexpr std::size_t characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text)
    count += (c & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

/// Big-endian (network order) reads at a place known to be inside.
inline std::uint16_t load16(const Octet* at) noexcept {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
inline std::uint32_t load32(const Octet* at) noexcept {
  return std::uint32_t{load16(at)} << 16 | load16(at + 2);
}
inline std::uint64_t load64(const Octet* at) noexcept {
  return std::uint64_t{load32(at)} << 32 | load32(at + 4);
}
inline void store16(Octet* at, std::uint16_t value) noexcept {
  at[0] = static_cast<Octet>(value >> 8);
  at[1] = static_cast<Octet>(value);
}
inline void store32(Octet* at, std::uint32_t value) noexcept {
  store16(at, static_cast<std::uint16_t>(value >> 16));
  store16(at + 2, static_cast<std::uint16_t>(value));
}

/// Reads octets in network order, never past the end: after the first failure `ok()` is false
/// and every read gives zero or an empty view.
class ByteReader {
 public:
  explicit ByteReader(ByteView octets) noexcept : octets_(octets) {}

  std::uint8_t u8() noexcept { return need(1) ? octets_[at_ - 1] : Octet{0}; }
  std::uint16_t u16() noexcept { return need(2) ? load16(&octets_[at_ - 2]) : std::uint16_t{0}; }
  std::uint32_t u32() noexcept { return need(4) ? load32(&octets_[at_ - 4]) : 0; }
  std::uint64_t u64() noexcept { return need(8) ? load64(&octets_[at_ - 8]) : 0; }
  ByteView take(std::size_t octets) noexcept {
    return need(octets) ? octets_.subspan(at_ - octets, octets) : ByteView{};
  }
  /// A 32-bit length, then that many octets.
  ByteView block() noexcept { return take(u32()); }
  std::string_view text() noexcept { return as_text(block()); }

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return at_ == octets_.size(); }
  std::size_t position() const noexcept { return at_; }

 private:
  bool need(std::size_t octets) noexcept {
    if (!ok_ || octets > octets_.size() - at_) return ok_ = false;
    at_ += octets;
    return true;
  }

  ByteView octets_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// Appends octets in network order.
class ByteWriter {
 public:
  explicit ByteWriter(Bytes& out) noexcept : out_(out) {}

  void u8(std::uint8_t value) { out_.push_back(value); }
  void u16(std::uint16_t value) {
    u8(static_cast<Octet>(value >> 8)), u8(static_cast<Octet>(value));
  }
  void u32(std::uint32_t value) {
    u16(static_cast<std::uint16_t>(value >> 16)), u16(static_cast<std::uint16_t>(value));
  }
  void u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value >> 32)), u32(static_cast<std::uint32_t>(value));
  }
  void put(ByteView octets) { out_.insert(out_.end(), octets.begin(), octets.end()); }
  void block(ByteView octets) { u32(static_cast<std::uint32_t>(octets.size())), put(octets); }
  void text(std::string_view text) { block(as_octets(text)); }

 private:
  Bytes& out_;
};

}  // namespace waymark
