// SPDX-License-Identifier: Apache-2.0
#include "api/http/times.h"

#include <cstdio>
#include <ctime>

namespace waymark::api {

std::string format_time(TimePoint time) {
  using namespace std::chrono;
  const auto total = duration_cast<milliseconds>(time.time_since_epoch()).count();
  const std::time_t seconds = static_cast<std::time_t>(total / 1000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char day[32], all[40];
  std::strftime(day, sizeof day, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(all, sizeof all, "%s.%03dZ", day, static_cast<int>(total % 1000));
  return all;
}

std::optional<TimePoint> parse_time(const std::string& text) {
  std::tm parts{};
  const char* rest = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  if (rest == nullptr) return std::nullopt;
  int milliseconds = 0;
  if (*rest == '.' && std::sscanf(rest, ".%3d", &milliseconds) != 1) return std::nullopt;
  return TimePoint{std::chrono::seconds(timegm(&parts)) + std::chrono::milliseconds(milliseconds)};
}

}  // namespace waymark::api
