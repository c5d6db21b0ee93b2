// SPDX-License-Identifier: Apache-2.0
//
// JSON → change batch → JSON.
#include "api/http/json.h"
#include "api/rest/record_json.h"
#include "tests/fuzz/target.h"
#include "zones/validate.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  const auto json = api::parse_json(as_text({data, size}));
  if (!json) return 0;
  static const dns::Name zone = *dns::Name::parse("example.com.");
  const zones::ChangeBatch batch = api::decode_batch({"Z1"}, *json);
  for (const Error& fault : batch.faults)
    fuzz::require(fault.pointer().empty() || fault.pointer().front() == '/');
  for (const zones::Change& change : batch.changes) {
    if (!change.readable || !zones::check_record_set(change.record_set, zone).empty()) continue;
    std::vector<Error> faults;  // what is sound can be shown, and says the same when it comes back
    const api::Json shown = api::encode_record(change.record_set);
    const zones::RecordSet again = api::decode_record(shown, "", faults);
    fuzz::require(faults.empty() && again == change.record_set);
  }
  return 0;
}
