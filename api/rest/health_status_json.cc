// SPDX-License-Identifier: Apache-2.0
//
// What the checks say, as JSON.
#include "api/http/times.h"
#include "api/rest/health_check_json.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_shown = 100;  // checks held back, in a status

Json show_attempt(const health::ProbeResult& attempt) {
  return {{"at", format_time(attempt.at)},
          {"passed", attempt.passed},
          {"milliseconds", static_cast<double>(attempt.took.count()) / 1000.0},
          {"reason", attempt.reason}};
}

/// The checkers that have reported, each with what it says: this one, or none yet.
Json show_checkers(const health::CheckStatus& status) {
  if (status.last.empty()) return Json::array();
  const auto& failure = status.last_failure;
  return Json::array({{{"regions", status.regions},
                       {"up", status.up},
                       {"last", show_attempt(status.last.front())},
                       {"last_failure", failure ? show_attempt(*failure) : Json()}}});
}

}  // namespace

Json show_status(const health::CheckStatus& status) {
  Json out{{"id", status.id},
           {"healthy", status.healthy},
           {"up", status.up},
           {"forced", to_string(status.forced)},
           {"since", format_time(status.since)},
           {"reason", status.reason.empty() ? Json() : Json(status.reason)},
           {"held_back", status.held_back.empty() ? Json() : Json(status.held_back)},
           {"last", Json::array()},
           {"checkers", show_checkers(status)}};
  for (const auto& attempt : status.last)
    out["last"].push_back(show_attempt(attempt));
  return out;
}

Json show_trust(const health::TrustStatus& trust, const std::vector<health::CheckStatus>& checks) {
  Json out{{"frozen", Json::array()},
           {"held_back", Json::array()},
           {"removals_last_minute", trust.removals},
           {"removal_budget", trust.budget ? Json(*trust.budget) : Json()},
           {"references", trust.references},
           {"references_answering", trust.references_answering}};
  for (const auto& frozen : trust.frozen)
    out["frozen"].push_back(
        {{"what", frozen.what}, {"why", frozen.why}, {"since", format_time(frozen.since)}});
  for (const auto& check : checks) {
    if (check.held_back.empty()) continue;
    if (out["held_back"].size() == most_shown) break;
    out["held_back"].push_back({{"check", check.id}, {"why", check.held_back}});
  }
  return out;
}

}  // namespace waymark::api
