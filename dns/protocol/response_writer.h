// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/bytes.h"
#include "dns/protocol/query.h"
#include "dns/protocol/rr_type.h"

namespace waymark::dns {

enum class Section : std::uint8_t { answer, authority, additional };

/// RRs of one RRset in wire form, each with the owner C00C. A view. Without default values: the
/// hot path has arrays of them, and fills what it reads.
struct WireRRs {
  const Octet* first;
  const Octet* starts;  // without a stride: native u32 for each record, from `first`
  std::uint32_t octets;
  std::uint16_t records;
  std::uint16_t stride;  // octets of each RR, when all are equal; else 0

  std::uint32_t start(std::uint32_t record) const noexcept;
};

/// An owner: where it stands in the message, or 0 and the name itself to write whole.
struct Owner {
  std::uint16_t offset = 0;
  ByteView name;

  std::size_t octets() const noexcept { return offset != 0 ? 2 : name.size(); }
};

constexpr std::uint16_t question_offset = 12;
constexpr std::size_t pointer_limit = 0x4000;  // RFC 1035 §4.1.4: offsets have 14 bits

/// Writes one response. Never beyond the room; the OPT record's is set aside at the start.
class ResponseWriter {
 public:
  /// Header and question of the reply to `query`. `out` holds at least `min_udp_octets`, and
  /// `limit` is not above its size.
  /// `option_octets` are kept for what finish() is given.
  ResponseWriter(std::span<Octet> out, std::size_t limit, const Query& query,
                 std::size_t option_octets = 0) noexcept;

  /// Adds a whole RRset, beginning with record `first`. False when it does not fit: nothing is
  /// then written.
  bool add(Section section, const WireRRs& rrs, const Owner& owner, std::uint32_t first) noexcept;
  /// The same for RRs of the question's name, beginning with the first: only a copy.
  [[gnu::always_inline]] bool add_as_stored(Section section, const WireRRs& rrs) noexcept {
    if (rrs.octets > limit_ - at_) return false;
    std::memcpy(out_ + at_, rrs.first, rrs.octets);
    at_ += rrs.octets;
    counts_[static_cast<std::size_t>(section)] += rrs.records;
    return true;
  }
  bool add(Section section, const Owner& owner, RrType type, std::uint32_t ttl, ByteView rdata,
           RrClass rr_class = RrClass::IN) noexcept;
  /// Forgets every RR added.
  void clear() noexcept;

  std::size_t position() const noexcept { return at_; }
  const Octet* data() const noexcept { return out_; }
  std::uint16_t count(Section section) const noexcept {
    return counts_[static_cast<std::size_t>(section)];
  }

  struct Flags {
    bool authoritative = false;
    bool truncated = false;
  };
  /// Puts OPT, counts and flags; returns the octets of the message. `options` are no longer than
  /// was kept for them, or the message has no RR.
  std::uint16_t finish(Rcode rcode, Flags flags, std::uint8_t scope,
                       ByteView options = {}) noexcept;

 private:
  bool add_whole(Section section, const WireRRs& rrs, ByteView owner, std::uint32_t first) noexcept;

  Octet* out_;
  std::size_t at_;
  std::size_t limit_;  // without the OPT
  const Query& query_;
  std::array<std::uint16_t, 3> counts_{};
};

}  // namespace waymark::dns
