// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "app/config.h"

namespace waymark::app {
namespace {

using Setting = std::pair<std::string, std::vector<std::string>>;

/// Every setting that has a value, in the order of the help text. The flag says if TOML wants
/// quotes.
std::vector<Setting> settings_of(const Config& config) {
  static constexpr const char* levels[] = {"debug", "info", "warning", "error"};
  const auto texts = [](const auto& values) {
    std::vector<std::string> out;
    for (const auto& value : values)
      out.push_back(value.to_string());
    return out;
  };
  std::vector<Setting> settings = {
      {"data-dir", {config.data_dir}},
      {"api", {config.api.to_string()}},
      {"route53-api", {config.route53_api ? config.route53_api->to_string() : "off"}},
      {"aws-auth", {config.aws_auth ? "sigv4" : "off"}},
      {"workers", {std::to_string(config.workers)}},
      {"user", {config.user}},
      {"log-level", {levels[static_cast<std::size_t>(config.log_level)]}},
      {"log-format", {config.log_format == log::Format::json ? "json" : "text"}},
      {"api-cert", {config.api_cert}},
      {"api-key", {config.api_key}},
      {"auth", {config.auth ? "token" : "off"}},
      {"name-server", config.name_servers},
      {"hostmaster", {config.hostmaster}},
      {"seed", {config.seed ? std::to_string(*config.seed) : ""}},
      {"geo-database", {config.geo_database}},
      {"health-allow", texts(config.health_allow)},
      {"health-deny", texts(config.health_deny)},
      {"max-zonefile", {std::to_string(config.max_zonefile)}},
      {"max-udp-octets", {std::to_string(config.max_udp_octets)}},
      {"nsid", {config.nsid}},
      {"report-agent", {config.report_agent}},
      {"cookie-secret-file", {config.cookie_secret_file}},
      {"rate-limit", {std::to_string(config.rate_limit)}},
      {"rate-limit-slip", {std::to_string(config.rate_limit_slip)}},
      {"rate-limit-exempt", texts(config.rate_limit_exempt)},
      {"query-log", {config.query_log == 0 ? "off" : "1/" + std::to_string(config.query_log)}}};
  for (const auto& [name, on] : {std::pair{"onion-zones", config.onion_zones},
                                 std::pair{"hide-version", config.hide_version},
                                 std::pair{"require-cookie", config.require_cookie},
                                 std::pair{"rate-limit-log-only", config.rate_limit_log_only}})
    if (on) settings.emplace_back(name, std::vector<std::string>{"true"});
  if (config.dns != default_dns())
    settings.insert(settings.begin() + 1, Setting{"dns", texts(config.dns)});
  const auto number = [&](const char* name, auto value) {
    settings.emplace_back(name, std::vector<std::string>{std::to_string(value)});
  };
  settings.emplace_back("resolver", texts(config.resolvers));
  settings.emplace_back("health-reference", texts(config.trust.references));
  number("health-rules-from", config.trust.from_checks);
  number("health-freeze-percent", config.trust.freeze_percent);
  number("health-removal-percent", config.trust.budget_percent);
  number("health-removal-least", config.trust.budget_least);
  number("health-flap-changes", config.trust.flap_changes);
  number("health-flap-window", config.trust.flap_window.count());
  number("health-panic-percent", config.health_panic_percent);
  for (const auto& [name, value] : to_numbers(config.outside))
    number(name.c_str(), value);
  settings.emplace_back("health-tls-dir", std::vector<std::string>{config.health_tls_directory});
  settings.emplace_back("webhook", std::vector<std::string>{config.webhook});
  settings.emplace_back("webhook-secret-file",
                        std::vector<std::string>{config.webhook_secret_file});
  if (config.insecure_api) settings.emplace_back("insecure-api", std::vector<std::string>{"true"});
  std::erase_if(settings, [](const Setting& setting) {
    return setting.second.empty() || (setting.second.size() == 1 && setting.second[0].empty());
  });
  return settings;
}

}  // namespace

std::vector<std::string> to_words(const Config& config) {
  std::vector<std::string> words;
  for (const auto& [name, values] : settings_of(config))
    for (const std::string& value : values)
      words.push_back("--" + name + "=" + value);
  return words;
}

std::string to_toml(const Config& config) {
  const auto written = [](const std::string& value) {
    if (value == "true" || value.find_first_not_of("0123456789") == std::string::npos) return value;
    // CLI11 knows no escapes, but TOML's literal strings.
    const char quote = value.find_first_of("\"\\") == std::string::npos ? '"' : '\'';
    return quote + value + quote;
  };
  std::vector<Setting> settings = settings_of(config);
  if (config.dns == default_dns()) {  // left out on a command line: see default_dns()
    Setting dns{"dns", {}};
    for (const Endpoint& endpoint : config.dns)
      dns.second.push_back(endpoint.to_string());
    settings.insert(settings.begin() + 1, std::move(dns));
  }
  std::string text;
  for (const auto& [name, values] : settings) {
    std::string list;
    for (const std::string& value : values)
      list += (list.empty() ? "" : ", ") + written(value);
    text += name + " = " + (values.size() > 1 ? "[" + list + "]" : list) + "\n";
  }
  return text;
}

}  // namespace waymark::app
