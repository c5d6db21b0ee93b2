// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <optional>
#include <utility>

#include "app/config_words.h"
#include "app/webhook.h"
#include "dns/protocol/name.h"
#include "dns/responder_settings.h"

namespace waymark::app {
namespace {

std::vector<IpPrefix> default_exempt() {  // their source can not be forged from outside
  return {*IpPrefix::parse("127.0.0.0/8"), *IpPrefix::parse("::1/128")};
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

}  // namespace

void add_route53_options(CLI::App& app, ConfigWords& words) {
  app.add_option("--route53-api", words.route53_api,
                 "ADDRESS:PORT for clients of Amazon Route 53, or off")
      ->capture_default_str();
  app.add_option("--aws-auth", words.aws_auth,
                 "what that door asks for: sigv4, or off (only on a loopback address)")
      ->check(CLI::IsMember({"sigv4", "off"}))
      ->capture_default_str();
}

Result<void> read_route53(const ConfigWords& words, Config& config) {
  config.aws_auth = words.aws_auth != "off";
  if (words.route53_api == "off") return {};
  const auto endpoint = Endpoint::parse(words.route53_api);
  if (!endpoint) return Error(ErrorCode::bad_value, "--route53-api: " + endpoint.error().detail());
  config.route53_api = *endpoint;
  if (endpoint->address.is_loopback()) return {};
  if (!config.aws_auth)
    return Error(ErrorCode::bad_value,
                 "--aws-auth off is allowed only with --route53-api on a loopback address, not " +
                     endpoint->to_string());
  if (config.api_cert.empty() && !config.insecure_api)
    return Error(ErrorCode::bad_value,
                 "--route53-api " + endpoint->to_string() +
                     " is not a loopback address: changes would cross the network in the clear; "
                     "give --api-cert and --api-key, or --insecure-api");
  return {};
}

void add_answer_options(CLI::App& app, ConfigWords& words) {
  app.add_option("--max-udp-octets", words.max_udp_octets, "largest UDP answer")
      ->check(CLI::Range(512, 4096))
      ->capture_default_str();
  app.add_option("--nsid", words.nsid, "name of this server, told by NSID and CH TXT id.server")
      ->check([](const std::string& text) {
        return text.size() <= dns::ResponderSettings::max_nsid_octets ? "" : "64 octets at most";
      });
  app.add_option("--report-agent", words.report_agent,
                 "domain that resolvers report errors to (RFC 9567)")
      ->check([](const std::string& text) {
        const auto name = dns::Name::parse(text);
        return name && !name->is_root() &&
                       name->octets() <= dns::ResponderSettings::max_report_octets
                   ? ""
                   : "a domain name of at most 62 characters";
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

Result<void> read_answers(const ConfigWords& words, Config& config) {
  auto exempt = parse_all<IpPrefix>(words.rate_limit_exempt, "--rate-limit-exempt");
  if (!exempt) return exempt.error();
  const auto share = parse_share(words.query_log);
  if (!share)
    return Error(ErrorCode::bad_value,
                 "--query-log: \"" + words.query_log + "\" is neither off nor 1/N");
  config.max_udp_octets = static_cast<std::uint16_t>(words.max_udp_octets);
  config.nsid = words.nsid;
  config.report_agent = words.report_agent;
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

void add_health_options(CLI::App& app, ConfigWords& words) {
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

Result<void> read_health(const ConfigWords& words, Config& config) {
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

}  // namespace waymark::app
