// SPDX-License-Identifier: Apache-2.0
#include "tests/dns/responder/server.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace waymark::dns {

Server::Server(const fakes::Zones& zones, ResponderSettings settings)
    : image_(zones.image()),
      responder_(health_, *counters_, Random(42), std::move(settings), log_.get()) {
  health_.set_all();
  responder_.use(image_);
}

Bytes Server::send(ByteView packet, Transport transport, std::uint16_t port) {
  constexpr Octet canary = 0xEE;
  Bytes out(transport == Transport::udp ? 4096 : 65535, canary);
  Exchange exchange;
  exchange.query = packet;
  exchange.from = {from_, port};
  exchange.transport = transport;
  exchange.out = out;
  responder_.respond({&exchange, 1});
  const std::size_t limit = transport == Transport::udp ? 1232 : out.size();
  EXPECT_TRUE(std::all_of(out.begin() + static_cast<std::ptrdiff_t>(limit), out.end(),
                          [](Octet octet) { return octet == canary; }))
      << "written beyond the limit";
  if (exchange.verdict == Verdict::drop) return {};
  out.resize(exchange.octets);
  return out;
}

Message Server::ask(const QuerySpec& query, Transport transport) {
  const Bytes packet = query.encode();
  const Message message = Message::decode(send(packet, transport));
  EXPECT_EQ(message.id, query.id);
  EXPECT_EQ(message.opt.has_value(), query.opt.has_value());
  return message;
}

}  // namespace waymark::dns
