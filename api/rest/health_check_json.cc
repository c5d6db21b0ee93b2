// SPDX-License-Identifier: Apache-2.0
#include "api/rest/health_check_json.h"

#include <algorithm>
#include <cmath>

#include "api/http/times.h"
#include "api/rest/fields.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
using Type = HealthCheck::Type;
using Forced = HealthCheck::Forced;

std::string_view type_name(Type type) noexcept {
  switch (type) {
    case Type::http: return "http";
    case Type::https: return "https";
    case Type::tcp: return "tcp";
  }
  return "";
}

Type read_type(Fields& fields) {
  const std::string text = fields.needed_text("type");
  for (const Type type : {Type::http, Type::https, Type::tcp})
    if (text == type_name(type)) return type;
  if (!text.empty())
    fields.fault(ErrorCode::unsupported, "type \"" + text + "\" does not work yet; http, https and tcp do", "type");
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
               std::string(name) + " " + to_text(*value) + " is out of range; use " + to_text(Json(least)) +
                   " to " + to_text(Json(most)) + " seconds", name);
  return fallback;
}

Json in_seconds(std::chrono::milliseconds time) {
  if (time.count() % 1000 == 0) return time.count() / 1000;
  return static_cast<double>(time.count()) / 1000.0;
}

/// Text that goes into a request line or a header.
void check_line(Fields& fields, const std::string& text, std::string_view name, std::size_t most) {
  const bool bad = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 127; });
  if (bad) fields.fault(ErrorCode::bad_value, std::string(name) + " has blanks or control octets", name);
  if (text.size() > most)
    fields.fault(ErrorCode::bad_value, std::string(name) + " has more than " + std::to_string(most) + " octets", name);
}

void read_http(Fields& fields, HealthCheck& check) {
  check.path = fields.text("path", "/");
  if (!check.path.starts_with('/'))
    fields.fault(ErrorCode::bad_value, "a path begins with \"/\"", "path");
  check.host = fields.text("host");
  check.match = fields.text("match");
  check_line(fields, check.path, "path", 1024);
  check_line(fields, check.host, "host", 255);
  if (check.match.size() > 255)
    fields.fault(ErrorCode::bad_value, "match has more than 255 octets", "match");
  if (check.type == Type::https) check.verify = fields.flag("verify", false);
}

std::uint16_t usual_port(Type type) noexcept { return type == Type::https ? 443 : 80; }

HealthCheck read_settings(Fields& fields) {
  HealthCheck check;
  check.type = read_type(fields);
  check.name = fields.text("name");
  if (const std::string text = fields.needed_text("address"); !text.empty()) {
    const auto address = IpAddress::parse(text);
    if (address)
      check.address = *address;
    else
      fields.fault(address.error(), "address");
  }
  if (check.type == Type::tcp) fields.need("port");
  check.port = static_cast<std::uint16_t>(fields.number("port", 1, 65535, usual_port(check.type)));
  if (check.type != Type::tcp) read_http(fields, check);
  check.interval = seconds(fields, "interval", 1, 300, check.interval);
  const auto usual = std::min(check.timeout, check.interval / 2);
  check.timeout = seconds(fields, "timeout", 0.1, 60, usual);
  if (check.timeout >= check.interval)
    fields.fault(ErrorCode::bad_value, "the timeout must be below the interval", "timeout");
  check.fall = static_cast<std::uint8_t>(fields.number("fall", 1, 10, check.fall));
  check.rise = static_cast<std::uint8_t>(fields.number("rise", 1, 10, check.rise));
  check.inverted = fields.flag("inverted", false);
  check.disabled = fields.flag("disabled", false);
  return check;
}

void read_override(Fields& fields, HealthCheck& check) {
  const Json* forced = fields.find("override");
  if (forced == nullptr || !forced->is_object()) return;
  const std::string state = forced->value("state", "auto");
  check.forced = state == "up" ? Forced::up : state == "down" ? Forced::down : Forced::automatic;
  if (forced->contains("until")) check.forced_until = parse_time((*forced)["until"].get<std::string>());
}

}  // namespace

std::string_view to_string(Forced forced) noexcept {
  switch (forced) {
    case Forced::automatic: return "auto";
    case Forced::up: return "up";
    case Forced::down: return "down";
  }
  return "";
}

Result<HealthCheck> decode_health_check(const std::string& id, std::string_view json) {
  const auto document = parse_object(json);
  if (!document) return document.error();
  std::vector<Error> faults;
  Fields fields(*document, "", faults);
  HealthCheck check = read_settings(fields);
  check.id = id;
  check.version = fields.number("version", 1, UINT64_MAX, 1);
  read_override(fields, check);
  if (auto judged = verdict(std::move(faults)); !judged) return judged.error();
  return check;
}

std::string encode_health_check(const HealthCheck& check) {
  Json out = settings_of(check);
  out["version"] = check.version;
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
  Json out{{"name", check.name},
           {"type", type_name(check.type)},
           {"address", check.address.to_string()},
           {"port", check.port}};
  if (check.type != Type::tcp) {
    out["path"] = check.path;
    out["host"] = check.host;
    out["match"] = check.match;
  }
  if (check.type == Type::https) out["verify"] = check.verify;
  out["interval"] = in_seconds(check.interval);
  out["timeout"] = in_seconds(check.timeout);
  out["fall"] = check.fall;
  out["rise"] = check.rise;
  out["inverted"] = check.inverted;
  out["disabled"] = check.disabled;
  return out;
}

Json show_health_check(const HealthCheck& check) {
  Json out{{"id", check.id}};
  out.update(settings_of(check));
  out["version"] = check.version;
  out["override"]["state"] = to_string(check.forced);
  out["override"]["until"] = check.forced_until ? Json(format_time(*check.forced_until)) : Json();
  return out;
}

Json show_status(const health::CheckStatus& status) {
  Json out{{"id", status.id},
           {"healthy", status.healthy},
           {"up", status.up},
           {"forced", to_string(status.forced)},
           {"since", format_time(status.since)},
           {"last", Json::array()}};
  for (const auto& attempt : status.last)
    out["last"].push_back({{"at", format_time(attempt.at)},
                           {"passed", attempt.passed},
                           {"milliseconds", static_cast<double>(attempt.took.count()) / 1000.0},
                           {"reason", attempt.reason}});
  return out;
}

}  // namespace waymark::api
