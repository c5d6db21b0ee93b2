// SPDX-License-Identifier: Apache-2.0
//
// A traffic policy document → the record sets of an instance.
#include "api/rest/traffic_document_json.h"
#include "tests/fuzz/target.h"
#include "zones/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  static const dns::Name zone = *dns::Name::parse("example.com.");
  static const dns::Name owner = *dns::Name::parse("www.example.com.");
  const auto document = api::read_traffic_document(std::string(as_text({data, size})));
  if (!document) return 0;

  const auto sets = zones::record_sets_of(*document, owner, 60, "I1");

  fuzz::require(sets.has_value());  // the name is short
  for (const zones::RecordSet& set : *sets)
    fuzz::require(zones::check_record_set(set, zone).empty());
  return 0;
}
