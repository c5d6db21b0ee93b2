// SPDX-License-Identifier: Apache-2.0
#include "app/preflight.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>

#include "base/log.h"
#include "base/tls.h"
#include "zones/store/sqlite_store.h"

namespace waymark::app {
namespace {

constexpr std::uint64_t needed_descriptors = 256, needed_memory = std::uint64_t{128} << 20;

void expect_at_least(const char* what, std::uint64_t needed, std::uint64_t granted) {
  if (granted < needed)
    log::warning("limit_low", {{"what", what}, {"granted", granted}, {"needed", needed}});
}

std::uint64_t limit_of(int resource) noexcept {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) != 0) return UINT64_MAX;
  return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

/// Of our control group (version 2), where there is one with a limit.
std::uint64_t memory_of_group() {
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (!line.starts_with("0::")) continue;
    std::uint64_t octets = 0;
    if (std::ifstream("/sys/fs/cgroup" + line.substr(3) + "/memory.max") >> octets) return octets;
  }
  return UINT64_MAX;  // "max" is no number
}

}  // namespace

void check_database(const std::string& data_dir) {
  const auto fit = zones::SqliteStore::check(data_dir);
  if (!fit && fit.error().code() == ErrorCode::unsupported)
    throw std::runtime_error(fit.error().detail());
}

void warn_of_low_limits() {
  expect_at_least("descriptors", needed_descriptors, limit_of(RLIMIT_NOFILE));
  expect_at_least("memory", needed_memory, std::min(limit_of(RLIMIT_AS), memory_of_group()));
}

void check_certificate(const Config& config) {
  if (config.api_cert.empty()) return;
  if (const auto tls = server_tls(config.api_cert, config.api_key); !tls)
    throw std::runtime_error(tls.error().detail());
}

}  // namespace waymark::app
