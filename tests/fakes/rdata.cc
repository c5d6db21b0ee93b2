// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/rdata.h"

#include "base/ip.h"
#include "dns/protocol/name.h"

namespace waymark::dns::fakes {

Bytes address(std::string_view text) {
  const IpAddress address = IpAddress::parse(text).value();
  return {address.wire().begin(), address.wire().end()};
}

Bytes host(std::string_view name) {
  const Name parsed = Name::parse(name).value();
  return {parsed.wire().begin(), parsed.wire().end()};
}

Bytes mx(std::uint16_t preference, std::string_view exchange) {
  Bytes rdata;
  ByteWriter(rdata).u16(preference);
  ByteWriter(rdata).put(host(exchange));
  return rdata;
}

Bytes srv(std::uint16_t port, std::string_view target) {
  Bytes rdata;
  ByteWriter writer(rdata);
  writer.u16(0), writer.u16(0), writer.u16(port);
  writer.put(host(target));
  return rdata;
}

Bytes svcb(std::uint16_t priority, std::string_view target) {
  static constexpr Octet alpn[] = {0, 1, 0, 3, 2, 'h', '2'};
  Bytes rdata;
  ByteWriter writer(rdata);
  writer.u16(priority);
  writer.put(host(target));
  if (priority != 0) writer.put(alpn);
  return rdata;
}

Bytes txt(std::string_view text) {
  Bytes rdata(1, static_cast<Octet>(text.size()));
  ByteWriter(rdata).put(as_octets(text));
  return rdata;
}

Bytes soa(std::uint32_t serial, std::uint32_t minimum) {
  Bytes rdata = host("ns1.test.");
  ByteWriter writer(rdata);
  writer.put(host("hostmaster.test."));
  for (const std::uint32_t value : {serial, 7200U, 900U, 1209600U, minimum})
    writer.u32(value);
  return rdata;
}

}  // namespace waymark::dns::fakes
