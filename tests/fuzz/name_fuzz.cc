// SPDX-License-Identifier: Apache-2.0
//
// Names: wire and text, there and back.
#include <string_view>

#include "dns/protocol/name.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;       // NOLINT(google-build-using-namespace)
  using namespace waymark::dns;  // NOLINT(google-build-using-namespace)
  const ByteView octets(data, size);
  if (const auto name = Name::from_wire(octets)) {
    const std::string text = name->to_string();
    for (const char c : text)
      fuzz::require(c >= 0x21 && c <= 0x7E);  // foreign octets never reach a log as they are
    const auto again = Name::parse(text);
    fuzz::require(again.has_value() && *again == *name);
  }
  if (const auto name = Name::parse(as_text(octets))) {
    fuzz::require(name->wire().size() <= 255);
    const auto again = Name::from_wire(name->wire());
    fuzz::require(again.has_value() && *again == *name);
    const auto text = Name::parse(name->to_string());
    fuzz::require(text.has_value() && *text == *name);
  }
  return 0;
}
