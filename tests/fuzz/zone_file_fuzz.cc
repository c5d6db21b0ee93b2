// SPDX-License-Identifier: Apache-2.0
//
// A master file → record sets.
#include "tests/fuzz/target.h"
#include "zones/zone_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;         // NOLINT(google-build-using-namespace)
  using namespace waymark::zones;  // NOLINT(google-build-using-namespace)
  const dns::Name origin = *dns::Name::parse("example.com.");
  const auto sets = parse_zone_file(as_text({data, size}), origin, "zone");
  if (!sets) return 0;
  std::string text;
  ZoneFileWriter writer(origin, [&text](std::string_view piece) { text += piece; });
  for (const RecordSet& set : *sets)
    writer.add(set);
  const auto again = parse_zone_file(text, origin, "again");
  fuzz::require(again.has_value() && again->size() == sets->size());
  return 0;
}
