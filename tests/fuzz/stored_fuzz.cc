// SPDX-License-Identifier: Apache-2.0
//
// What stands in a row of the store → the model → the same row's content. Octet 0 chooses.
#include "tests/fuzz/target.h"
#include "zones/change_batch.h"
#include "zones/client_objects.h"

namespace waymark::zones {
namespace {

/// What was read can be written, and is read as the same again.
template <class Decode>
void there_and_back(ByteView octets, const Decode& decode) {
  const auto read = decode(octets);
  if (!read) return;
  const Bytes written = encode(*read);
  const auto again = decode(ByteView(written));
  fuzz::require(again.has_value() && encode(*again) == written);
}

}  // namespace
}  // namespace waymark::zones

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;         // NOLINT(google-build-using-namespace)
  using namespace waymark::zones;  // NOLINT(google-build-using-namespace)
  if (size == 0) return 0;
  const ByteView octets(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      there_and_back(octets, [](ByteView row) { return decode_commit(row); });
      break;
    case 1:
      there_and_back(octets, [](ByteView row) { return decode_record_set(row); });
      break;
    case 2:
      there_and_back(octets, [](ByteView row) { return decode_routing(row); });
      break;
    default: {
      const auto collection = decode_cidr_collection("C1", as_text(octets));
      if (!collection) break;
      const auto again = decode_cidr_collection("C1", encode(*collection));
      fuzz::require(again.has_value() && encode(*again) == encode(*collection));
    }
  }
  return 0;
}
