// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <map>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "api/spelling.h"
#include "app/webhook.h"
#include "dns/protocol/name.h"
#include "dns/responder_settings.h"
#include "zones/validate.h"

namespace waymark::app {
namespace {

std::string environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  return value == nullptr ? std::string{} : value;
}

std::vector<IpPrefix> default_exempt() {  // their source can not be forged from outside
  return {*IpPrefix::parse("127.0.0.0/8"), *IpPrefix::parse("::1/128")};
}

/// The settings as text, as CLI11 gathers them.
struct Words {
  std::string data_dir = default_data_dir();
  std::vector<std::string> dns;
  std::string api = "127.0.0.1:5380";
  std::uint32_t workers = 0;
  std::string user, log_level = "info", log_format = "text", auth = "token";
  std::string api_cert, api_key;
  bool insecure_api = false, check = false, print_config = false;
  std::vector<std::string> name_servers;
  std::string hostmaster;
  std::string seed, geo_database;
  std::vector<std::string> health_allow, health_deny;
  std::uint64_t max_zonefile = std::uint64_t{1} << 30;
  std::uint32_t max_udp_octets = 1232;
  std::string nsid, cookie_secret_file, query_log = "off";
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

/// Who answers, and how much.
void add_answer_options(CLI::App& app, Words& words) {
  app.add_option("--max-udp-octets", words.max_udp_octets, "largest UDP answer")
      ->check(CLI::Range(512, 4096))
      ->capture_default_str();
  app.add_option("--nsid", words.nsid, "name of this server, told by NSID and CH TXT id.server")
      ->check([](const std::string& text) {
        return text.size() <= dns::ResponderSettings::max_nsid_octets ? "" : "64 octets at most";
      });
  app.add_flag("--hide-version", words.hide_version, "do not answer CH TXT version.bind");
  app.add_option("--cookie-secret-file", words.cookie_secret_file,
                 "DNS cookie secrets, 32 hex digits a line: the first in use, then previous ones; "
                 "read again on SIGHUP [random at each start]");
  app.add_flag("--require-cookie", words.require_cookie,
               "over UDP, answer only clients with a DNS cookie");
  app.add_option("--rate-limit", words.rate_limit,
                 "UDP answers of one kind to one network (/24, /56) in a second, per worker; 0: "
                 "no limit")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  app.add_option("--rate-limit-slip", words.rate_limit_slip,
                 "every n-th answer over the limit says TC; 0: none")
      ->check(CLI::Range(0, 10))
      ->capture_default_str();
  app.add_flag("--rate-limit-log-only", words.rate_limit_log_only, "count, but answer");
  app.add_option("--rate-limit-exempt", words.rate_limit_exempt,
                 "CIDR that is never limited; repeatable [127.0.0.0/8 ::1/128]")
      ->delimiter(',');
  app.add_option("--query-log", words.query_log, "off, or 1/N: log each N-th query")
      ->capture_default_str();
}

/// Everything about health beyond the address rules: one block.
void add_health_options(CLI::App& app, Words& words) {
  const auto percent = CLI::Range(0, 100);
  app.add_option(
         "--resolver", words.resolvers,
         "ADDRESS[:PORT] that finds probe targets, webhooks and external aliases; repeatable")
      ->delimiter(',');
  app.add_option("--health-reference", words.references,
                 "ADDRESS:PORT (TCP) that answers while the prober can see; repeatable")
      ->delimiter(',');
  app.add_option("--health-rules-from", words.trust.from_checks,
                 "enabled checks from which the freeze and the removal budget apply")
      ->capture_default_str();
  app.add_option("--health-freeze-percent", words.trust.freeze_percent,
                 "more checks turning to failing within an interval freeze all; 0: off")
      ->check(percent)
      ->capture_default_str();
  app.add_option("--health-removal-percent", words.trust.budget_percent,
                 "of the checks that may leave the answers in a minute; 0: no limit")
      ->check(percent)
      ->capture_default_str();
  app.add_option("--health-removal-least", words.trust.budget_least,
                 "checks that may leave in a minute in any case")
      ->capture_default_str();
  app.add_option("--health-flap-changes", words.trust.flap_changes,
                 "changes of one check's verdict in the flap window, and no more; 0: off")
      ->capture_default_str();
  app.add_option("--health-flap-window", words.flap_window, "seconds")->capture_default_str();
  app.add_option("--health-panic-percent", words.panic_percent,
                 "a group of which fewer are healthy counts as healthy whole; 0: off")
      ->check(percent)
      ->capture_default_str();
  app.add_option(
      "--health-tls-dir", words.health_tls_directory,
      "CA lists, certificates and keys that https checks may name [DATA_DIR/health-tls]");
  app.add_option("--webhook", words.webhook, "URL that is told of every change of a verdict");
  app.add_option("--webhook-secret-file", words.webhook_secret_file,
                 "what the notifications are signed with; needed with --webhook");
}

void add_options(CLI::App& app, Words& words) {
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
  add_answer_options(app, words);
  add_health_options(app, words);
  add_outside_options(app, words.outside);
  app.add_flag("--check", words.check, "validate the settings and end");
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

/// "off", or "1/N". Nothing when it is neither.
std::optional<std::uint32_t> parse_share(const std::string& text) {
  if (text == "off") return 0;
  std::uint32_t share = 0;
  const char* end = text.data() + text.size();
  if (!text.starts_with("1/")) return std::nullopt;
  const auto [stop, failure] = std::from_chars(text.data() + 2, end, share);
  if (failure != std::errc{} || stop != end || share == 0) return std::nullopt;
  return share;
}

Result<void> set_answers(const Words& words, Config& config) {
  auto exempt = parse_all<IpPrefix>(words.rate_limit_exempt, "--rate-limit-exempt");
  if (!exempt) return exempt.error();
  const auto share = parse_share(words.query_log);
  if (!share)
    return Error(ErrorCode::bad_value,
                 "--query-log: \"" + words.query_log + "\" is neither off nor 1/N");
  config.max_udp_octets = static_cast<std::uint16_t>(words.max_udp_octets);
  config.nsid = words.nsid;
  config.hide_version = words.hide_version;
  config.cookie_secret_file = words.cookie_secret_file;
  config.require_cookie = words.require_cookie;
  config.rate_limit = words.rate_limit;
  config.rate_limit_slip = static_cast<std::uint8_t>(words.rate_limit_slip);
  config.rate_limit_log_only = words.rate_limit_log_only;
  config.rate_limit_exempt = exempt->empty() ? default_exempt() : std::move(*exempt);
  config.query_log = *share;
  return {};
}

/// "192.0.2.53" means its port 53.
Result<std::vector<Endpoint>> parse_resolvers(const std::vector<std::string>& texts) {
  std::vector<Endpoint> resolvers;
  for (const std::string& text : texts) {
    if (const auto address = IpAddress::parse(text)) {
      resolvers.push_back({*address, 53});
      continue;
    }
    const auto endpoint = Endpoint::parse(text);
    if (!endpoint) return Error(ErrorCode::bad_value, "--resolver: " + endpoint.error().detail());
    resolvers.push_back(*endpoint);
  }
  return resolvers;
}

Result<void> read_health(const Words& words, Config& config) {
  auto resolvers = parse_resolvers(words.resolvers);
  if (!resolvers) return resolvers.error();
  auto references = parse_all<Endpoint>(words.references, "--health-reference");
  if (!references) return references.error();
  config.resolvers = std::move(*resolvers);
  config.trust = words.trust;
  config.trust.flap_window = std::chrono::seconds(words.flap_window);
  config.trust.references = std::move(*references);
  config.health_panic_percent = words.panic_percent;
  config.health_tls_directory = words.health_tls_directory;
  config.webhook = words.webhook;
  config.webhook_secret_file = words.webhook_secret_file;
  if (config.webhook.empty() != config.webhook_secret_file.empty())
    return Error(ErrorCode::bad_value, "--webhook and --webhook-secret-file go together");
  if (config.webhook.empty()) return {};
  const auto url = WebhookUrl::parse(config.webhook);
  if (!url) return Error(ErrorCode::bad_value, "--webhook: " + url.error().detail());
  if (!IpAddress::parse(url->host) && config.resolvers.empty())
    return Error(ErrorCode::bad_value,
                 "--webhook: \"" + url->host + "\" is a name, and no --resolver is set to find it");
  return {};
}

Result<Config> to_config(const Words& words) {
  Config config;
  config.data_dir = words.data_dir;
  auto dns = parse_all<Endpoint>(words.dns, "--dns");
  auto api = parse_all<Endpoint>({words.api}, "--api");
  auto allow = parse_all<IpPrefix>(words.health_allow, "--health-allow");
  auto deny = parse_all<IpPrefix>(words.health_deny, "--health-deny");
  if (!dns) return dns.error();
  if (!api) return api.error();
  if (!allow) return allow.error();
  if (!deny) return deny.error();
  config.dns = std::move(*dns);
  if (config.dns.empty()) config.dns = default_dns();
  config.api = api->front();
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
  config.hostmaster = words.hostmaster;
  config.health_allow = std::move(*allow);
  config.health_deny = std::move(*deny);
  config.max_zonefile = words.max_zonefile;
  if (const auto set = set_answers(words, config); !set) return set.error();
  if (const auto read = read_health(words, config); !read) return read.error();
  if (const auto sound = check(words.outside); !sound) return sound.error();
  config.outside = words.outside;
  config.geo_database = words.geo_database;
  if (!words.seed.empty()) {
    char* end = nullptr;
    config.seed = std::strtoull(words.seed.c_str(), &end, 10);
    if (*end != '\0')
      return Error(ErrorCode::bad_value, "--seed: \"" + words.seed + "\" is not a number");
  }
  if (config.api_cert.empty() != config.api_key.empty())
    return Error(ErrorCode::missing_field, "--api-cert and --api-key are given together");
  for (const std::string& server : config.name_servers)
    if (const auto name = dns::Name::parse(server); !name)
      return Error(ErrorCode::bad_value, "--name-server: " + name.error().detail());
  if (!config.hostmaster.empty())
    if (const auto mailbox = zones::parse_mailbox(config.hostmaster); !mailbox)
      return Error(ErrorCode::bad_value, "--hostmaster: " + mailbox.error().detail());
  const bool loopback = config.api.address.is_loopback();
  if (!config.auth && !loopback)
    return Error(ErrorCode::bad_value,
                 "--auth off is allowed only with --api on a loopback address, not " +
                     config.api.to_string());
  if (!loopback && config.api_cert.empty() && !config.insecure_api)
    return Error(ErrorCode::bad_value,
                 "--api " + config.api.to_string() +
                     " is not a loopback address: tokens would cross the network in the clear; "
                     "give --api-cert and --api-key, or --insecure-api");
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
  Words words;
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
  return std::optional(ServeCommand{std::move(*config), words.check, words.print_config});
}

std::vector<Endpoint> default_dns() {
  return {*Endpoint::parse("127.0.0.1:5300"), *Endpoint::parse("[::1]:5300")};
}

std::string default_data_dir() {
  if (geteuid() == 0) return "/var/lib/waymark";
  if (const std::string state = environment("XDG_STATE_HOME"); !state.empty())
    return state + "/waymark";
  return environment("HOME") + "/.local/state/waymark";
}

}  // namespace waymark::app
