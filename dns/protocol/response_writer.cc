// SPDX-License-Identifier: Apache-2.0
#include "dns/protocol/response_writer.h"

#include <algorithm>
#include <cstring>

namespace waymark::dns {
namespace {

constexpr std::size_t rr_fixed_octets = 10;  // TYPE, CLASS, TTL, RDLENGTH

}  // namespace

std::uint32_t WireRRs::start(std::uint32_t record) const noexcept {
  if (stride != 0) return record * stride;
  std::uint32_t offset = 0;
  std::memcpy(&offset, starts + std::size_t{record} * 4, 4);
  return offset;
}

ResponseWriter::ResponseWriter(std::span<Octet> out, std::size_t limit, const Query& query,
                               std::size_t option_octets) noexcept
    : out_(out.data()),
      at_(header_octets + query.question_octets),
      limit_(limit - opt_octets(query.edns) - option_octets),
      query_(query) {
  std::memcpy(out_, query.packet.data(), at_);
}

bool ResponseWriter::add(Section section, const WireRRs& rrs, const Owner& owner,
                         std::uint32_t first) noexcept {
  if (owner.offset == 0) return add_whole(section, rrs, owner.name, first);
  if (rrs.octets > limit_ - at_) return false;
  Octet* to = out_ + at_;
  const std::uint32_t split = first == 0 ? 0 : rrs.start(first);
  std::memcpy(to, rrs.first + split, rrs.octets - split);
  if (split != 0) std::memcpy(to + (rrs.octets - split), rrs.first, split);
  if (owner.offset != question_offset) {
    const auto pointer = static_cast<std::uint16_t>(0xC000U | owner.offset);
    for (std::uint32_t i = 0; i < rrs.records; ++i) {
      const std::uint32_t start = rrs.start(i);
      store16(to + (start >= split ? start - split : start + (rrs.octets - split)), pointer);
    }
  }
  at_ += rrs.octets;
  counts_[static_cast<std::size_t>(section)] =
      static_cast<std::uint16_t>(counts_[static_cast<std::size_t>(section)] + rrs.records);
  return true;
}

bool ResponseWriter::add_whole(Section section, const WireRRs& rrs, ByteView owner,
                               std::uint32_t first) noexcept {
  const std::size_t octets = rrs.octets + rrs.records * owner.size() - rrs.records * std::size_t{2};
  if (octets > limit_ - at_) return false;
  for (std::uint32_t i = 0; i < rrs.records; ++i) {
    const std::uint32_t record = first + i < rrs.records ? first + i : first + i - rrs.records;
    const std::uint32_t start = rrs.start(record);
    const std::uint32_t end =
        record + 1U < rrs.records ? rrs.start(record + 1) : std::uint32_t{rrs.octets};
    std::memcpy(out_ + at_, owner.data(), owner.size());
    std::memcpy(out_ + at_ + owner.size(), rrs.first + start + 2, end - start - 2);
    at_ += owner.size() + (end - start - 2);
  }
  counts_[static_cast<std::size_t>(section)] =
      static_cast<std::uint16_t>(counts_[static_cast<std::size_t>(section)] + rrs.records);
  return true;
}

bool ResponseWriter::add(Section section, const Owner& owner, RrType type, std::uint32_t ttl,
                         ByteView rdata, RrClass rr_class) noexcept {
  const std::size_t octets = owner.octets() + rr_fixed_octets + rdata.size();
  if (octets > limit_ - at_) return false;
  Octet* to = out_ + at_;
  if (owner.offset != 0) {
    store16(to, static_cast<std::uint16_t>(0xC000U | owner.offset));
  } else {
    std::memcpy(to, owner.name.data(), owner.name.size());
  }
  to += owner.octets();
  store16(to, static_cast<std::uint16_t>(type));
  store16(to + 2, static_cast<std::uint16_t>(rr_class));
  store32(to + 4, ttl);
  store16(to + 8, static_cast<std::uint16_t>(rdata.size()));
  std::memcpy(to + rr_fixed_octets, rdata.data(), rdata.size());
  at_ += octets;
  ++counts_[static_cast<std::size_t>(section)];
  return true;
}

void ResponseWriter::clear() noexcept {
  at_ = header_octets + query_.question_octets;
  counts_ = {};
}

std::uint16_t ResponseWriter::finish(Rcode rcode, Flags flags, std::uint8_t scope,
                                     ByteView options) noexcept {
  Octet* end = out_ + at_;
  if (query_.edns.present) end = write_opt(end, query_.edns, rcode, scope, options);

  // Opcode and RD are copied; RA and AD are never ours to set, and RFC 4035 §3.1.6 clears CD.
  out_[2] = static_cast<Octet>(0x80 | (query_.packet[2] & 0x79) | (flags.authoritative ? 0x04 : 0) |
                               (flags.truncated ? 0x02 : 0));
  out_[3] = static_cast<Octet>(static_cast<unsigned>(rcode) & 0x0F);
  store16(out_ + 4, query_.question_octets != 0 ? 1 : 0);
  store16(out_ + 6, counts_[0]);
  store16(out_ + 8, counts_[1]);
  store16(out_ + 10, static_cast<std::uint16_t>(counts_[2] + (query_.edns.present ? 1 : 0)));
  return static_cast<std::uint16_t>(end - out_);
}

}  // namespace waymark::dns
