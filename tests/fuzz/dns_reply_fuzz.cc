// SPDX-License-Identifier: Apache-2.0
//
// A resolver's reply, to the prober and to external aliases. Octet 0 chooses the type asked for.
#include "health/dns_message.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;          // NOLINT(google-build-using-namespace)
  using namespace waymark::health;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const std::uint16_t type = (data[0] & 1) != 0 ? 28 : 1;
  const DnsQuestion question = *DnsQuestion::make("a.test", type);
  const ByteView message(data + 1, size - 1);

  const auto reply = read_reply(message, 0x1234, question);

  if (!reply) return 0;
  fuzz::require(message.size() >= 12 && load16(message.data()) == 0x1234);
  fuzz::require((message[2] & 0x80) != 0);
  fuzz::require(reply->addresses.size() <= message.size() / 15);  // no octet counts twice
  for (const DnsReply::Address& one : reply->addresses)
    fuzz::require(one.ttl.count() >= 0 && one.ttl.count() <= 0x7FFF'FFFF);
  fuzz::require(!read_reply(message, 0x1235, question));
  return 0;
}
