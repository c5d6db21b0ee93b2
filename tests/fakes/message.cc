// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/message.h"

#include <gtest/gtest.h>

#include "base/ip.h"

namespace waymark::dns::fakes {
namespace {

class Decoder {
 public:
  explicit Decoder(ByteView message) : message_(message) {}

  std::string name() {
    Bytes wire;
    std::size_t at = at_;
    bool jumped = false;
    for (int hops = 0; hops < 256; ++hops) {
      if (at >= message_.size()) return broken("a name beyond the end");
      const Octet length = message_[at];
      if (length >= 0xC0) {
        if (at + 1 >= message_.size()) return broken("half a pointer");
        if (!jumped) at_ = at + 2;
        jumped = true;
        const std::size_t target = load16(&message_[at]) & 0x3FFFU;
        if (target >= at) return broken("a pointer forward");
        at = target;
        continue;
      }
      if (at + 1 + length > message_.size()) return broken("a label beyond the end");
      wire.insert(wire.end(), &message_[at], &message_[at] + length + 1);
      at += 1U + length;
      if (length != 0) continue;
      if (!jumped) at_ = at;
      const auto name = Name::from_wire(wire);
      return name ? name->to_string() : broken("no name");
    }
    return broken("a pointer loop");
  }

  ByteView take(std::size_t octets) {
    if (octets > message_.size() - at_) return broken("octets beyond the end"), ByteView{};
    at_ += octets;
    return message_.subspan(at_ - octets, octets);
  }
  std::uint16_t u16() {
    const ByteView octets = take(2);
    return octets.empty() ? std::uint16_t{0} : load16(octets.data());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }
  bool at_end() const { return at_ == message_.size(); }

  std::string rdata(RrType type, std::size_t octets) {
    const std::size_t end = at_ + octets;
    std::string text;
    switch (type) {
      case RrType::NS:
      case RrType::CNAME:
      case RrType::PTR:
      case RrType::DNAME:
        text = name();
        break;
      case RrType::MX:
        text = std::to_string(u16());
        text += " " + name();
        break;
      case RrType::SRV:
        take(4);
        text = std::to_string(u16());
        text += " " + name();
        break;
      case RrType::A:
      case RrType::AAAA:
        text = address(take(octets));
        break;
      case RrType::SOA:
        text = name();
        name();
        text += " " + std::to_string(u32());
        take(16);
        break;
      default:
        text = plain(take(octets));
        break;
    }
    if (at_ != end) broken("RDLENGTH is wrong");
    return text;
  }

 private:
  std::string broken(const char* why) {
    ADD_FAILURE() << why << " at octet " << at_;
    at_ = message_.size();
    return "?";
  }
  static std::string address(ByteView octets) {
    IpAddress address;
    address.family = octets.size() == 4 ? IpAddress::Family::v4 : IpAddress::Family::v6;
    std::copy(octets.begin(), octets.end(), address.octets.begin());
    return address.to_string();
  }
  static std::string plain(ByteView octets) {
    std::string text;
    for (const Octet octet : octets)
      text += octet >= ' ' && octet <= '~' ? static_cast<char>(octet) : '.';
    return text;
  }

  ByteView message_;
  std::size_t at_ = 0;
};

}  // namespace

Bytes QuerySpec::encode() const {
  Bytes message;
  ByteWriter writer(message);
  writer.u16(id), writer.u16(flags), writer.u16(1), writer.u16(0), writer.u16(0);
  writer.u16(opt ? 1 : 0);
  writer.put(Name::parse(name).value().wire());
  writer.u16(static_cast<std::uint16_t>(type)), writer.u16(rr_class);
  if (opt) {
    writer.u8(0), writer.u16(41), writer.u16(opt->udp_octets), writer.u32(opt->ttl);
    writer.u16(static_cast<std::uint16_t>(opt->options.size()));
    writer.put(opt->options);
  }
  return message;
}

Bytes option(std::uint16_t code, const Bytes& data) {
  Bytes octets;
  ByteWriter writer(octets);
  writer.u16(code), writer.u16(static_cast<std::uint16_t>(data.size())), writer.put(data);
  return octets;
}

Bytes client_subnet(std::uint16_t family, std::uint8_t source, std::uint8_t scope,
                    const Bytes& address) {
  Bytes data;
  ByteWriter writer(data);
  writer.u16(family), writer.u8(source), writer.u8(scope), writer.put(address);
  return option(8, data);
}

Message Message::decode(ByteView octets) {
  Message message;
  Decoder decoder(octets);
  message.id = decoder.u16();
  message.flags = decoder.u16();
  const std::uint16_t questions = decoder.u16();
  const std::uint16_t counts[] = {decoder.u16(), decoder.u16(), decoder.u16()};
  for (int i = 0; i < questions; ++i) {
    const std::string name = decoder.name();
    message.question.push_back(name + " " + to_string(RrType{decoder.u16()}));
    decoder.u16();
  }
  std::vector<std::string>* sections[] = {&message.answer, &message.authority, &message.additional};
  for (int section = 0; section < 3; ++section) {
    for (int i = 0; i < counts[section]; ++i) {
      const std::string owner = decoder.name();
      const RrType type{decoder.u16()};
      const std::uint16_t rr_class = decoder.u16();
      const std::uint32_t ttl = decoder.u32();
      const std::uint16_t rdata_octets = decoder.u16();
      if (type == RrType::OPT) {
        EXPECT_FALSE(message.opt) << "two OPTs";
        const ByteView rdata = decoder.take(rdata_octets);
        message.opt = Bytes(rdata.begin(), rdata.end());
        message.opt_ttl = ttl;
        message.opt_class = rr_class;
        continue;
      }
      sections[section]->push_back(owner + " " + std::to_string(ttl) + " " + to_string(type) + " " +
                                   decoder.rdata(type, rdata_octets));
    }
  }
  EXPECT_TRUE(decoder.at_end()) << "octets behind the message";
  return message;
}

}  // namespace waymark::dns::fakes
