// SPDX-License-Identifier: Apache-2.0
#include "api/rest/health_check_json.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "api/http/times.h"
#include "api/rest/fields.h"
#include "dns/protocol/name.h"
#include "dns/protocol/rr_type.h"
#include "health/dns_message.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
using Type = HealthCheck::Type;
using Forced = HealthCheck::Forced;

constexpr std::array all_types{Type::http, Type::https, Type::tcp,
                               Type::dns,  Type::push,  Type::calculated};
constexpr std::size_t most_children = 256, most_regions = 64;
constexpr std::uint16_t dns_rcodes = 4095;  // RFC 6891 §6.1.3: 12 bits

std::string_view type_name(Type type) noexcept {
  switch (type) {
    case Type::http:
      return "http";
    case Type::https:
      return "https";
    case Type::tcp:
      return "tcp";
    case Type::dns:
      return "dns";
    case Type::push:
      return "push";
    case Type::calculated:
      return "calculated";
  }
  return "";
}

Type read_type(Fields& fields) {
  const std::string text = fields.needed_text("type");
  for (const Type type : all_types)
    if (text == type_name(type)) return type;
  if (!text.empty())
    fields.fault(ErrorCode::bad_value,
                 "type \"" + text + "\" is unknown; use http, https, tcp, dns, push or calculated",
                 "type");
  return Type::tcp;
}

/// Seconds, maybe with a fraction.
std::chrono::milliseconds seconds(Fields& fields, std::string_view name, double least, double most,
                                  std::chrono::milliseconds fallback) {
  const Json* value = fields.find(name);
  if (value == nullptr) return fallback;
  const double given = value->is_number() ? value->get<double>() : -1;
  if (given >= least && given <= most) return std::chrono::milliseconds(std::lround(given * 1000));
  fields.fault(ErrorCode::bad_value,
               std::string(name) + " " + to_text(*value) + " is out of range; use " +
                   to_text(Json(least)) + " to " + to_text(Json(most)) + " seconds",
               name);
  return fallback;
}

Json in_seconds(std::chrono::milliseconds time) {
  if (time.count() % 1000 == 0) return time.count() / 1000;
  return static_cast<double>(time.count()) / 1000.0;
}

/// Text that goes into a request line or a header.
void check_line(Fields& fields, const std::string& text, std::string_view name, std::size_t most) {
  const bool bad =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; });
  if (bad)
    fields.fault(ErrorCode::bad_value, std::string(name) + " has blanks or control octets", name);
  if (text.size() > most)
    fields.fault(ErrorCode::bad_value,
                 std::string(name) + " has more than " + std::to_string(most) + " octets", name);
}

/// RFC 1123 §2.1, and "_" as names in use have it; or an address.
void check_host(Fields& fields, const std::string& host) {
  if (host.empty() || IpAddress::parse(host)) return;
  const bool bad = std::any_of(host.begin(), host.end(), [](unsigned char c) {
    return std::isalnum(c) == 0 && c != '-' && c != '_' && c != '.';
  });
  if (bad || !dns::Name::parse(host))
    fields.fault(ErrorCode::bad_name,
                 "host \"" + host + "\" is no host name; use letters, digits, \"-\" and dots",
                 "host");
}

/// The name of a file in the server's directory for them; never a path.
std::string read_file_name(Fields& fields, std::string_view name) {
  std::string text = fields.text(name);
  if (text.starts_with('.') || text.find('/') != std::string::npos || text.size() > 255)
    fields.fault(ErrorCode::bad_value,
                 std::string(name) +
                     " is the name of a file in the server's --health-tls-dir, without a path",
                 name);
  check_line(fields, text, name, 255);
  return text;
}

void read_tls(Fields& fields, HealthCheck& check) {
  check.verify = fields.flag("verify", false);
  check.sni = fields.flag("sni", true);
  check.ca_file = read_file_name(fields, "ca_file");
  check.client_certificate = read_file_name(fields, "client_certificate");
  check.client_key = read_file_name(fields, "client_key");
  if (check.verify && !check.sni)
    fields.fault(ErrorCode::bad_value,
                 "verify needs sni: the certificate's name is the one that was asked for", "sni");
  if (check.client_certificate.empty() != check.client_key.empty())
    fields.fault(ErrorCode::bad_value, "client_certificate and client_key go together",
                 "client_key");
}

void read_http(Fields& fields, HealthCheck& check) {
  check.path = fields.text("path", "/");
  if (!check.path.empty() && !check.path.starts_with('/'))
    fields.fault(ErrorCode::bad_value, "a path begins with \"/\"", "path");
  check.host = fields.text("host");
  check.match = fields.text("match");
  check_line(fields, check.path, "path", 1024);
  check_host(fields, check.host);
  if (check.match.size() > 255)
    fields.fault(ErrorCode::bad_value, "match has more than 255 octets", "match");
  if (check.type == Type::https) read_tls(fields, check);
}

void read_dns(Fields& fields, HealthCheck& check) {
  check.query_name = fields.text("query_name", ".");
  if (const auto name = dns::Name::parse(check.query_name); !name)
    fields.fault(name.error(), "query_name");
  const std::string type = fields.text("query_type", "SOA");
  if (const auto known = dns::parse_rr_type(type))
    check.query_type = static_cast<std::uint16_t>(*known);
  else
    fields.fault(ErrorCode::bad_type, "type \"" + type + "\" is unknown", "query_type");
  const std::string rcode = fields.text("rcode", "NOERROR");
  for (std::uint16_t i = 0; i <= dns_rcodes; ++i) {
    if (health::rcode_text(i) != rcode) continue;
    check.rcode = i;
    return;
  }
  fields.fault(
      ErrorCode::bad_value,
      "rcode \"" + rcode + "\" is unknown; use its name (NXDOMAIN) or RCODE and its number",
      "rcode");
}

std::uint16_t usual_port(Type type) noexcept {
  return type == Type::https ? 443 : type == Type::dns ? 53 : 80;
}

/// What is connected to: an address, or a name that our own resolver finds the address of.
void read_place(Fields& fields, HealthCheck& check) {
  check.target = fields.text("target");
  if (const auto name = dns::Name::parse(check.target); !check.target.empty() && !name)
    fields.fault(name.error(), "target");
  const std::string text =
      check.target.empty() ? fields.needed_text("address") : fields.text("address");
  if (!check.target.empty() && !text.empty())
    fields.fault(ErrorCode::bad_value, "give address or target, not both", "target");
  if (!text.empty()) {
    const auto address = IpAddress::parse(text);
    if (address)
      check.address = *address;
    else
      fields.fault(address.error(), "address");
  }
  if (check.type == Type::tcp) fields.need("port");
  check.port = static_cast<std::uint16_t>(fields.number("port", 1, 65535, usual_port(check.type)));
}

void read_probe(Fields& fields, HealthCheck& check) {
  read_place(fields, check);
  if (check.type == Type::http || check.type == Type::https) read_http(fields, check);
  if (check.type == Type::dns) read_dns(fields, check);
  if (check.type == Type::tcp) {
    check.host = fields.text("host");
    check_host(fields, check.host);
  }
  check.regions = fields.texts("regions");
  for (const std::string& region : check.regions)
    check_line(fields, region, "regions", 64);
  if (check.regions.size() > most_regions)
    fields.fault(ErrorCode::bad_value, "at most 64 regions", "regions");
  check.measure_latency = fields.flag("measure_latency", false);
  check.interval = seconds(fields, "interval", 1, 300, check.interval);
  const auto usual = std::min(check.timeout, check.interval / 2);
  check.timeout = seconds(fields, "timeout", 0.1, 60, usual);
  if (check.timeout >= check.interval)
    fields.fault(ErrorCode::bad_value, "the timeout must be below the interval", "timeout");
}

void read_calculated(Fields& fields, HealthCheck& check) {
  check.children = fields.texts("children");
  if (check.children.size() > most_children)
    fields.fault(ErrorCode::bad_value, "at most 256 children", "children");
  std::vector<std::string> sorted = check.children;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
    fields.fault(ErrorCode::bad_value, "a child is named twice", "children");
  check.needed =
      static_cast<std::uint32_t>(fields.number("needed", 0, most_children, check.needed));
}

HealthCheck read_settings(Fields& fields) {
  HealthCheck check;
  check.type = read_type(fields);
  check.name = fields.text("name");
  if (check.type == Type::push) {
    check.ttl = seconds(fields, "ttl", 1, 86'400, check.ttl);
    check.fall = check.rise = 1;  // a heartbeat is a verdict already
  }
  if (check.is_probed()) read_probe(fields, check);
  if (check.type == Type::calculated) {
    read_calculated(fields, check);
  } else {
    check.fall = static_cast<std::uint8_t>(fields.number("fall", 1, 10, check.fall));
    check.rise = static_cast<std::uint8_t>(fields.number("rise", 1, 10, check.rise));
  }
  check.inverted = fields.flag("inverted", false);
  check.disabled = fields.flag("disabled", false);
  return check;
}

void read_override(Fields& fields, HealthCheck& check) {
  const Json* forced = fields.find("override");
  if (forced == nullptr || !forced->is_object()) return;
  const std::string state = forced->value("state", "auto");
  check.forced = parse_forced(state).value_or(Forced::automatic);
  if (forced->contains("until"))
    check.forced_until = parse_time((*forced)["until"].get<std::string>());
}

}  // namespace

std::string_view to_string(Forced forced) noexcept {
  switch (forced) {
    case Forced::automatic:
      return "auto";
    case Forced::up:
      return "up";
    case Forced::down:
      return "down";
    case Forced::drain:
      return "drain";
  }
  return "";
}

std::optional<Forced> parse_forced(std::string_view text) noexcept {
  for (const Forced forced : {Forced::automatic, Forced::up, Forced::down, Forced::drain})
    if (text == to_string(forced)) return forced;
  return std::nullopt;
}

Result<HealthCheck> decode_health_check(const std::string& id, std::string_view json) {
  const auto document = parse_object(json);
  if (!document) return document.error();
  std::vector<Error> faults;
  Fields fields(*document, "", faults);
  HealthCheck check = read_settings(fields);
  check.id = id;
  check.version = fields.number("version", 1, UINT64_MAX, 1);
  check.caller_reference = fields.text("caller_reference");
  read_override(fields, check);
  if (auto judged = verdict(std::move(faults)); !judged) return judged.error();
  return check;
}

std::string encode_health_check(const HealthCheck& check) {
  Json out = settings_of(check);
  out["version"] = check.version;
  if (!check.caller_reference.empty()) out["caller_reference"] = check.caller_reference;
  if (check.forced != Forced::automatic) {
    out["override"]["state"] = to_string(check.forced);
    if (check.forced_until) out["override"]["until"] = format_time(*check.forced_until);
  }
  return to_text(out);
}

Result<HealthCheck> read_health_check(const Json& json) {
  std::vector<Error> faults;
  Fields fields(json, "", faults);
  HealthCheck check = read_settings(fields);
  fields.refuse_others();
  if (auto judged = verdict(std::move(faults)); !judged) return judged.error();
  return check;
}

Json settings_of(const HealthCheck& check) {
  Json out{{"name", check.name}, {"type", type_name(check.type)}};
  if (check.is_probed()) {
    if (check.target.empty())
      out["address"] = check.address.to_string();
    else
      out["target"] = check.target;
    out["port"] = check.port;
  }
  if (check.type == Type::http || check.type == Type::https) {
    out["path"] = check.path;
    out["host"] = check.host;
    out["match"] = check.match;
  }
  if (check.type == Type::https) {
    out["verify"] = check.verify;
    out["sni"] = check.sni;
    out["ca_file"] = check.ca_file;
    out["client_certificate"] = check.client_certificate;
    out["client_key"] = check.client_key;
  }
  if (check.type == Type::dns) {
    out["query_name"] = check.query_name;
    out["query_type"] = dns::to_string(static_cast<dns::RrType>(check.query_type));
    out["rcode"] = health::rcode_text(check.rcode);
  }
  if (check.is_probed()) {
    if (check.type == Type::tcp && !check.host.empty()) out["host"] = check.host;
    out["interval"] = in_seconds(check.interval);
    out["timeout"] = in_seconds(check.timeout);
    if (!check.regions.empty()) out["regions"] = check.regions;
    if (check.measure_latency) out["measure_latency"] = true;
  }
  if (check.type == Type::push) out["ttl"] = in_seconds(check.ttl);
  if (check.type == Type::calculated) {
    out["children"] = check.children;
    out["needed"] = check.needed;
  } else {
    out["fall"] = check.fall;
    out["rise"] = check.rise;
  }
  out["inverted"] = check.inverted;
  out["disabled"] = check.disabled;
  return out;
}

Json show_health_check(const HealthCheck& check) {
  Json out{{"id", check.id}};
  out.update(settings_of(check));
  out["version"] = check.version;
  if (!check.caller_reference.empty()) out["caller_reference"] = check.caller_reference;
  out["override"]["state"] = to_string(check.forced);
  out["override"]["until"] = check.forced_until ? Json(format_time(*check.forced_until)) : Json();
  return out;
}

}  // namespace waymark::api
