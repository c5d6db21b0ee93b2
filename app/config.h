// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/outside_settings.h"
#include "base/ip.h"
#include "base/log.h"
#include "base/result.h"
#include "health/trust.h"

namespace waymark::app {

/// What `waymark serve` was told: flag beats environment (WAYMARK_<FLAG>) beats TOML file beats
/// default. All of it is checked before anything starts.
struct Config {
  std::string data_dir;                 // /var/lib/waymark as root, else $XDG_STATE_HOME/waymark
  std::vector<Endpoint> dns;            // 127.0.0.1:5300 and [::1]:5300
  Endpoint api;                         // 127.0.0.1:5380
  std::optional<Endpoint> route53_api;  // 127.0.0.1:5381; none: off
  std::uint32_t workers = 0;            // 0: one per core
  std::string user;                     // empty: "waymark" if it exists
  log::Level log_level = log::Level::info;
  log::Format log_format = log::Format::text;
  bool auth = true;      // off only on a loopback address
  bool aws_auth = true;  // off only with route53_api on a loopback address
  bool insecure_api = false;
  std::string api_cert, api_key;  // PEM files; both or none
  std::vector<std::string> name_servers;
  std::string hostmaster;
  bool onion_zones = false;
  std::optional<std::uint64_t> seed;  // deterministic draws, for tests
  std::string geo_database;           // an MMDB file; empty: none
  std::vector<IpPrefix> health_allow, health_deny;
  std::uint64_t max_zonefile = std::uint64_t{1} << 30;  // octets
  std::uint16_t max_udp_octets = 1232;
  std::string nsid;          // RFC 5001 and CH id.server; empty: not told
  std::string report_agent;  // RFC 9567; empty: not told
  bool hide_version = false;
  std::string cookie_secret_file;  // empty: a random secret for each start
  bool require_cookie = false;
  std::uint32_t rate_limit = 200;  // answers a second; 0: off. See docs/decisions/0012
  std::uint8_t rate_limit_slip = 2;
  bool rate_limit_log_only = false;
  std::vector<IpPrefix> rate_limit_exempt;   // 127.0.0.0/8 and ::1
  std::uint32_t query_log = 0;               // each n-th query; 0: none
  std::vector<Endpoint> resolvers;           // for probe targets and webhooks that are names
  health::TrustSettings trust;               // when failures are held back (PRB-5, 7, 8)
  std::uint32_t health_panic_percent = 0;    // of a group, below which all of it is healthy; 0: off
  std::string health_tls_directory;          // empty: DATA_DIR/health-tls
  std::string webhook, webhook_secret_file;  // empty: off
  OutsideSettings outside;
};

inline constexpr const char* version_text = "waymark 0.1.0";

/// What a command line of `serve` asks for.
struct ServeCommand {
  Config config;
  bool check = false;         // validate and end
  bool print_config = false;  // show what is in force and end
  bool take_over = false;     // from the waymark that serves from this data directory
};

/// `words` are what follows "serve". Fails with `bad_value` or `unknown_field` and a sentence;
/// unknown keys name the nearest known one. An empty optional: help was shown.
Result<std::optional<ServeCommand>> parse_serve(const std::vector<std::string>& words);
/// The same configuration as words for parse_serve, every value written out.
std::vector<std::string> to_words(const Config& config);
/// The same as a TOML file, for `--print-config`.
std::string to_toml(const Config& config);

/// 127.0.0.1:5300 and [::1]:5300. A default address that the machine does not have is passed over;
/// one that was asked for is not.
std::vector<Endpoint> default_dns();
/// 127.0.0.1:5381, passed over as well when somebody else has it.
Endpoint default_route53();

/// /var/lib/waymark as root, else $XDG_STATE_HOME/waymark, else ~/.local/state/waymark.
std::string default_data_dir();

}  // namespace waymark::app
