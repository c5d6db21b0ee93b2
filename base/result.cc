// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

namespace waymark {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::bad_request:
      return "bad_request";
    case ErrorCode::bad_json:
      return "bad_json";
    case ErrorCode::bad_value:
      return "bad_value";
    case ErrorCode::missing_field:
      return "missing_field";
    case ErrorCode::unknown_field:
      return "unknown_field";
    case ErrorCode::bad_name:
      return "bad_name";
    case ErrorCode::bad_type:
      return "bad_type";
    case ErrorCode::bad_rdata:
      return "bad_rdata";
    case ErrorCode::bad_ttl:
      return "bad_ttl";
    case ErrorCode::bad_zone_file:
      return "bad_zone_file";
    case ErrorCode::bad_batch:
      return "bad_batch";
    case ErrorCode::outside_zone:
      return "outside_zone";
    case ErrorCode::record_exists:
      return "record_exists";
    case ErrorCode::record_not_found:
      return "record_not_found";
    case ErrorCode::values_mismatch:
      return "values_mismatch";
    case ErrorCode::cname_conflict:
      return "cname_conflict";
    case ErrorCode::policy_conflict:
      return "policy_conflict";
    case ErrorCode::alias_target_missing:
      return "alias_target_missing";
    case ErrorCode::alias_loop:
      return "alias_loop";
    case ErrorCode::health_check_missing:
      return "health_check_missing";
    case ErrorCode::apex_required:
      return "apex_required";
    case ErrorCode::zone_exists:
      return "zone_exists";
    case ErrorCode::zone_not_found:
      return "zone_not_found";
    case ErrorCode::zone_not_empty:
      return "zone_not_empty";
    case ErrorCode::not_found:
      return "not_found";
    case ErrorCode::in_use:
      return "in_use";
    case ErrorCode::conflict:
      return "conflict";
    case ErrorCode::version_mismatch:
      return "version_mismatch";
    case ErrorCode::unauthorized:
      return "unauthorized";
    case ErrorCode::denied:
      return "denied";
    case ErrorCode::too_large:
      return "too_large";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::unavailable:
      return "unavailable";
    case ErrorCode::storage_full:
      return "storage_full";
    case ErrorCode::bad_image:
      return "bad_image";
    case ErrorCode::timed_out:
      return "timed_out";
    case ErrorCode::io:
      return "io";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

Error Error::batch(std::vector<Error> causes) {
  if (causes.size() == 1) return causes.front();
  Error all(ErrorCode::bad_batch, std::to_string(causes.size()) + " faults; nothing was changed");
  all.causes_ = std::move(causes);
  return all;
}

Error Error::at(std::string_view prefix) const {
  Error moved = *this;
  moved.pointer_ = std::string(prefix) + pointer_;
  for (Error& cause : moved.causes_)
    cause = cause.at(prefix);
  return moved;
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(std::string(to_string(error.code())) + ": " + error.detail());
}

void assertion_failed(const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
  std::abort();
}

}  // namespace waymark
