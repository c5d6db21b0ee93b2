// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "api/http/json.h"
#include "zones/change_batch.h"
#include "zones/record_set.h"
#include "zones/store/store.h"

namespace waymark::api {

/// Reads a record set; faults are added with pointers below `pointer`.
zones::RecordSet decode_record(const Json& json, const std::string& pointer,
                               std::vector<Error>& faults);
Json encode_record(const zones::RecordSet& set);

/// `{"comment","if_version","changes":[{"action","record"}]}`. What can not be read is told in its
/// `faults`, so that resolve() can add what is wrong with the rest.
zones::ChangeBatch decode_batch(const zones::ZoneId& zone, const Json& json);
/// A commit as the API shows it; `status` is "pending" or "in_sync".
Json encode_change(const zones::Commit& commit, std::string_view status);
/// What a commit does, for `?dry_run=true` and `GET /v1/changes/{id}`.
void add_effects(Json& change, const zones::Effects& effects);

/// Adds the last dot when it is missing; fails with `bad_name`.
Result<dns::Name> parse_absolute(std::string_view text);

}  // namespace waymark::api
