// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "app/config.h"
#include "base/result.h"
#include "health/trust.h"

namespace waymark::app {

/// The settings as text, as CLI11 gathers them.
struct ConfigWords {
  std::string data_dir = default_data_dir();
  std::vector<std::string> dns;
  std::string api = "127.0.0.1:5380", route53_api = "127.0.0.1:5381", aws_auth = "sigv4";
  std::uint32_t workers = 0;
  std::string user, log_level = "info", log_format = "text", auth = "token";
  std::string api_cert, api_key;
  bool insecure_api = false, check = false, print_config = false, take_over = false;
  std::vector<std::string> name_servers;
  std::string hostmaster;
  bool onion_zones = false;
  std::string seed, geo_database;
  std::vector<std::string> health_allow, health_deny;
  std::uint64_t max_zonefile = std::uint64_t{1} << 30;
  std::uint32_t max_udp_octets = 1232;
  std::string nsid, report_agent, cookie_secret_file, query_log = "off";
  bool hide_version = false, require_cookie = false, rate_limit_log_only = false;
  std::uint32_t rate_limit = 200, rate_limit_slip = 2;
  std::vector<std::string> rate_limit_exempt;
  std::vector<std::string> resolvers, references;
  health::TrustSettings trust;
  std::uint32_t flap_window = static_cast<std::uint32_t>(trust.flap_window.count());
  std::uint32_t panic_percent = 0;
  std::string health_tls_directory, webhook, webhook_secret_file;
  OutsideSettings outside;
};

/// Every text read, or the first that can not be, with its flag.
template <class T>
Result<std::vector<T>> parse_all(const std::vector<std::string>& texts, const char* flag) {
  std::vector<T> parsed;
  for (const std::string& text : texts) {
    auto one = T::parse(text);
    if (!one) return Error(one.error().code(), std::string(flag) + ": " + one.error().detail());
    parsed.push_back(std::move(*one));
  }
  return parsed;
}

/// Who answers, and how much: the flags, and what they mean. Errors name the flag.
void add_answer_options(CLI::App& app, ConfigWords& words);
Result<void> read_answers(const ConfigWords& words, Config& config);

/// The door for clients of Amazon Route 53.
void add_route53_options(CLI::App& app, ConfigWords& words);
Result<void> read_route53(const ConfigWords& words, Config& config);

/// Who is probed, and when a result is believed.
void add_health_options(CLI::App& app, ConfigWords& words);
Result<void> read_health(const ConfigWords& words, Config& config);

}  // namespace waymark::app
