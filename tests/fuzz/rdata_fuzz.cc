// SPDX-License-Identifier: Apache-2.0
//
// Record text → RDATA → text. The first two octets are the type.
#include "tests/fuzz/target.h"
#include "zones/records/rdata.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;         // NOLINT(google-build-using-namespace)
  using namespace waymark::zones;  // NOLINT(google-build-using-namespace)
  if (size < 2) return 0;
  const dns::RrType type{load16(data)};
  const ByteView rest(data + 2, size - 2);
  const dns::Name origin = *dns::Name::parse("example.com.");

  if (const auto wire = parse_rdata(type, as_text(rest), origin)) {
    fuzz::require(wire->size() <= 65535);
    fuzz::require(is_valid_rdata(type, *wire));
    const auto again = parse_rdata(type, rdata_to_string(type, *wire), origin);
    fuzz::require(again.has_value() && *again == *wire);
  }
  if (is_valid_rdata(type, rest)) {
    const std::string text = rdata_to_string(type, rest);
    for (const char c : text)
      fuzz::require(c >= 0x20 && c <= 0x7E);
  }
  return 0;
}
