// SPDX-License-Identifier: Apache-2.0
#include "api/http/problem.h"

#include <nlohmann/json.hpp>

#include "api/http/json.h"

namespace waymark::api {

unsigned status_of(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::bad_request:
    case ErrorCode::bad_json:
      return 400;
    case ErrorCode::unauthorized:
      return 401;
    case ErrorCode::denied:
      return 403;
    case ErrorCode::zone_not_found:
    case ErrorCode::record_not_found:
    case ErrorCode::not_found:
      return 404;
    case ErrorCode::zone_exists:
    case ErrorCode::record_exists:
    case ErrorCode::zone_not_empty:
    case ErrorCode::in_use:
    case ErrorCode::conflict:
      return 409;
    case ErrorCode::version_mismatch:
      return 412;
    case ErrorCode::too_large:
      return 413;
    case ErrorCode::bad_value:
    case ErrorCode::missing_field:
    case ErrorCode::unknown_field:
    case ErrorCode::bad_name:
    case ErrorCode::bad_type:
    case ErrorCode::bad_rdata:
    case ErrorCode::bad_ttl:
    case ErrorCode::bad_zone_file:
    case ErrorCode::bad_batch:
    case ErrorCode::outside_zone:
    case ErrorCode::values_mismatch:
    case ErrorCode::cname_conflict:
    case ErrorCode::policy_conflict:
    case ErrorCode::alias_target_missing:
    case ErrorCode::alias_loop:
    case ErrorCode::health_check_missing:
    case ErrorCode::apex_required:
    case ErrorCode::unsupported:
      return 422;
    case ErrorCode::unavailable:
      return 503;
    case ErrorCode::timed_out:
      return 504;
    case ErrorCode::storage_full:
      return 507;
    case ErrorCode::bad_image:
    case ErrorCode::io:
    case ErrorCode::internal:
      return 500;
  }
  return 500;
}

namespace {

nlohmann::json members(const Error& error) {
  nlohmann::json out{{"code", to_string(error.code())}, {"detail", error.detail()}};
  if (!error.pointer().empty()) out["pointer"] = error.pointer();
  return out;
}

std::string title(ErrorCode code) {
  std::string words(to_string(code));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// A batch has the status of its causes when they agree.
unsigned whole_status(const Error& error) {
  if (error.causes().empty()) return status_of(error.code());
  const unsigned first = whole_status(error.causes().front());
  for (const Error& cause : error.causes())
    if (whole_status(cause) != first) return 422;
  return first;
}

}  // namespace

Response problem(const Error& error) {
  const unsigned status = whole_status(error);
  nlohmann::json body = members(error);
  body["type"] = "about:blank";  // RFC 9457 §4.2.1: `code` says the rest
  body["title"] = title(error.code());
  body["status"] = status;
  for (const Error& cause : error.causes())
    body["errors"].push_back(members(cause));
  // One fault of a batch alone: a reader of `errors` finds it where it finds several.
  if (error.causes().empty() && !error.pointer().empty()) body["errors"].push_back(members(error));
  Response response{status, "application/problem+json", to_text(body), {}};
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"waymark\"");
  if (status == 503) response.headers.emplace_back("Retry-After", "5");
  return response;
}

}  // namespace waymark::api
