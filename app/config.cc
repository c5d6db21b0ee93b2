// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "api/spelling.h"
#include "app/config_words.h"
#include "dns/protocol/name.h"
#include "zones/validate.h"

namespace waymark::app {
namespace {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? std::string{} : value;
}

void add_options(CLI::App& app, ConfigWords& words) {
  app.set_config("--config", "", "TOML file with these settings by name");
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.add_option("--data-dir", words.data_dir, "where the database and the images are")
      ->capture_default_str();
  app.add_option("--dns", words.dns,
                 "ADDRESS:PORT to answer on, UDP and TCP; repeatable; port 0 picks one "
                 "[127.0.0.1:5300 [::1]:5300]")
      ->delimiter(',');
  app.add_option("--api", words.api, "ADDRESS:PORT of the REST API")->capture_default_str();
  app.add_option("--workers", words.workers, "DNS worker processes; 0: one per core")
      ->check(CLI::Range(0, 64));
  app.add_option("--user", words.user,
                 "whose rights to keep when started as root [waymark, if it exists]");
  app.add_option("--log-level", words.log_level, "least level")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  app.add_option("--log-format", words.log_format, "")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  app.add_option("--auth", words.auth, "token, or off (only on a loopback address)")
      ->check(CLI::IsMember({"token", "off"}))
      ->capture_default_str();
  app.add_option("--api-cert", words.api_cert, "PEM file: the API speaks HTTPS with this chain");
  app.add_option("--api-key", words.api_key, "PEM file: the certificate's key");
  app.add_flag("--insecure-api", words.insecure_api,
               "let --api be a non-loopback address without TLS");
  app.add_option("--name-server", words.name_servers,
                 "name server that new zones say; repeatable [ns1.<zone>]")
      ->delimiter(',');
  app.add_option("--hostmaster", words.hostmaster,
                 "hostmaster that new zones say [hostmaster.<zone>]");
  app.add_flag("--onion-zones", words.onion_zones,
               "take zones under .onion, which RFC 7686 keeps out of the DNS");
  app.add_option("--seed", words.seed, "makes draws repeat; for tests");
  app.add_option("--geo-database", words.geo_database,
                 "MMDB file that places clients; read again when it changes, and on SIGHUP");
  app.add_option("--health-allow", words.health_allow,
                 "CIDR that may be probed though the defaults refuse it; repeatable")
      ->delimiter(',');
  app.add_option("--health-deny", words.health_deny, "CIDR that may not be probed; repeatable")
      ->delimiter(',');
  app.add_option("--max-zonefile", words.max_zonefile, "octets of the largest zone file")
      ->capture_default_str();
  add_route53_options(app, words);
  add_answer_options(app, words);
  add_health_options(app, words);
  add_outside_options(app, words.outside);
  app.add_flag("--check", words.check, "validate the settings and end");
  app.add_flag("--take-over", words.take_over,
               "take the sockets over from the waymark that serves from this data directory; it "
               "ends when this one answers");
  app.add_flag("--print-config", words.print_config, "show what is in force and end");
}

/// Flag beats environment beats file: what stands in the environment becomes flags, unless given.
std::vector<std::string> with_environment(const CLI::App& app, std::vector<std::string> words) {
  for (const CLI::Option* option : app.get_options()) {
    const std::string flag = option->get_name();  // "--data-dir"
    if (!flag.starts_with("--") || flag == "--help") continue;
    const auto is_it = [&](const std::string& word) {
      return word == flag || word.starts_with(flag + "=");
    };
    if (std::any_of(words.begin(), words.end(), is_it)) continue;
    std::string name = "WAYMARK_" + flag.substr(2);
    std::transform(name.begin(), name.end(), name.begin(), [](char c) {
      return c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    });
    if (const std::string value = environment(name); !value.empty())
      words.push_back(flag + "=" + value);
  }
  return words;
}

Result<Config> to_config(const ConfigWords& words) {
  Config config;
  std::vector<Error> faults;
  const auto wrong = [&](std::string sentence) {
    faults.emplace_back(ErrorCode::bad_value, std::move(sentence));
  };
  const auto sound = [&](const auto& read) {
    if (!read) faults.push_back(read.error());
    return read.has_value();
  };
  if (words.data_dir.empty()) wrong("--data-dir: \"\" is no directory; name one");
  config.data_dir = words.data_dir;
  auto dns = parse_all<Endpoint>(words.dns, "--dns");
  auto api = parse_all<Endpoint>({words.api}, "--api");
  auto allow = parse_all<IpPrefix>(words.health_allow, "--health-allow");
  auto deny = parse_all<IpPrefix>(words.health_deny, "--health-deny");
  if (sound(dns)) config.dns = std::move(*dns);
  if (config.dns.empty()) config.dns = default_dns();
  if (sound(api)) config.api = api->front();
  config.workers = words.workers;
  config.user = words.user;
  static const std::map<std::string, log::Level> levels = {{"debug", log::Level::debug},
                                                           {"info", log::Level::info},
                                                           {"warning", log::Level::warning},
                                                           {"error", log::Level::error}};
  config.log_level = levels.at(words.log_level);
  config.log_format = words.log_format == "json" ? log::Format::json : log::Format::text;
  config.auth = words.auth != "off";
  config.insecure_api = words.insecure_api;
  config.api_cert = words.api_cert;
  config.api_key = words.api_key;
  config.name_servers = words.name_servers;
  config.onion_zones = words.onion_zones;
  config.hostmaster = words.hostmaster;
  if (sound(allow)) config.health_allow = std::move(*allow);
  if (sound(deny)) config.health_deny = std::move(*deny);
  config.max_zonefile = words.max_zonefile;
  sound(read_route53(words, config));
  sound(read_answers(words, config));
  sound(read_health(words, config));
  sound(check(words.outside));
  config.outside = words.outside;
  config.geo_database = words.geo_database;
  if (!words.seed.empty()) {
    char* end = nullptr;
    config.seed = std::strtoull(words.seed.c_str(), &end, 10);
    if (*end != '\0') wrong("--seed: \"" + words.seed + "\" is not a number");
  }
  if (config.api_cert.empty() != config.api_key.empty())
    wrong("--api-cert and --api-key are given together");
  for (const std::string& server : config.name_servers)
    if (const auto name = dns::Name::parse(server); !name)
      wrong("--name-server: " + name.error().detail());
  if (!config.hostmaster.empty())
    if (const auto mailbox = zones::parse_mailbox(config.hostmaster); !mailbox)
      wrong("--hostmaster: " + mailbox.error().detail());
  const bool loopback = !api || config.api.address.is_loopback();
  if (!config.auth && !loopback)
    wrong("--auth off is allowed only with --api on a loopback address, not " +
          config.api.to_string());
  if (!loopback && config.api_cert.empty() && !config.insecure_api)
    wrong("--api " + config.api.to_string() +
          " is not a loopback address: tokens would cross the network in the clear; give "
          "--api-cert and --api-key, or --insecure-api");
  if (!faults.empty()) return Error::batch(std::move(faults));
  return config;
}

/// What was meant by a key that nobody knows.
Error unknown_key(const CLI::App& app, std::string key) {
  if (key.starts_with("--")) key.erase(0, 2);
  key = key.substr(0, key.find('='));
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options())
    known.push_back(option->get_name().substr(2));
  return {ErrorCode::unknown_field,
          "unknown setting \"" + key + "\"; did you mean \"" + api::nearest(key, known) + "\"?"};
}

}  // namespace

Result<std::optional<ServeCommand>> parse_serve(const std::vector<std::string>& given) {
  CLI::App app(
      "Answers DNS and serves the API until SIGTERM. Every flag is also a key of the config file "
      "and an "
      "environment variable WAYMARK_<FLAG>.",
      "waymark serve");
  ConfigWords words;
  add_options(app, words);
  app.allow_extras();
  std::vector<std::string> all = with_environment(app, given);
  std::reverse(all.begin(), all.end());
  try {
    app.parse(all);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return std::optional<ServeCommand>{};
  } catch (const CLI::ConfigError& failed) {  // "INI was not able to parse KEY"
    const std::string what = failed.what();
    return unknown_key(app, what.substr(what.rfind(' ') + 1));
  } catch (const CLI::ParseError& failed) {
    return Error(ErrorCode::bad_value, failed.what());
  }
  if (const auto extra = app.remaining(); !extra.empty()) return unknown_key(app, extra.front());
  auto config = to_config(words);
  if (!config) return config.error();
  return std::optional(
      ServeCommand{std::move(*config), words.check, words.print_config, words.take_over});
}

std::vector<Endpoint> default_dns() {
  return {*Endpoint::parse("127.0.0.1:5300"), *Endpoint::parse("[::1]:5300")};
}

Endpoint default_route53() {
  return *Endpoint::parse("127.0.0.1:5381");
}

std::string default_data_dir() {
  if (geteuid() == 0) return "/var/lib/waymark";
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty())
    return state + "/waymark";
  return environment("HOME") + "/.local/state/waymark";
}

}  // namespace waymark::app
