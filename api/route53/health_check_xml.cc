// SPDX-License-Identifier: Apache-2.0
#include "api/route53/health_check_xml.h"

#include <algorithm>
#include <optional>

#include "api/rest/health_check_json.h"
#include "api/route53/xml_fields.h"

namespace waymark::api {
namespace {

using health::HealthCheck;
using Type = HealthCheck::Type;

constexpr std::int64_t most_children = 256, most_version = 0x7FFF'FFFF'FFFF'FFFF;
constexpr std::size_t most_path = 255, most_search = 255, most_reference = 64;
constexpr std::size_t least_regions = 3;

/// The elements that may be changed later. An empty text counts as absent.
struct Settings {
  std::optional<std::string> address, path, name, search;
  std::optional<std::int64_t> port, failures, threshold;
  std::optional<bool> inverted, disabled, sni;
  std::vector<std::string> children, regions;
};

std::optional<std::string> some_text(XmlFields& fields, std::string_view name) {
  auto text = fields.text(name);
  return text && text->empty() ? std::nullopt : std::move(text);
}

std::vector<std::string> texts(XmlFields& fields, std::string_view name, std::string_view item) {
  std::vector<std::string> out;
  for (const XmlElement* element : fields.list(name, item)) {
    if (!element->children.empty())
      fields.fault("Invalid XML ; element " + element->name + " holds text, not elements");
    out.push_back(element->text);
  }
  return out;
}

Settings read_settings(XmlFields& fields) {
  Settings given;
  given.address = some_text(fields, "IPAddress");
  given.port = fields.number("Port", 1, 65535);
  given.path = some_text(fields, "ResourcePath");
  given.name = some_text(fields, "FullyQualifiedDomainName");
  given.search = some_text(fields, "SearchString");
  given.failures = fields.number("FailureThreshold", 1, 10);
  given.inverted = fields.flag("Inverted");
  given.disabled = fields.flag("Disabled");
  given.threshold = fields.number("HealthThreshold", 0, most_children);
  given.children = texts(fields, "ChildHealthChecks", "ChildHealthCheck");
  given.sni = fields.flag("EnableSNI");
  given.regions = texts(fields, "Regions", "Region");
  if (fields.has("AlarmIdentifier") || fields.has("InsufficientDataHealthStatus"))
    fields.fault(
        "Invalid parameter : a health check follows no alarm here; a signal from outside "
        "is a check of type push, made over REST");
  return given;
}

/// Puts settings into a check and says what its type does not have.
class Writer {
 public:
  Writer(HealthCheck& check, bool matches, XmlFields& fields)
      : check_(check), matches_(matches), fields_(fields) {}

  void put(const Settings& given) {
    check_.inverted = given.inverted.value_or(check_.inverted);
    check_.disabled = given.disabled.value_or(check_.disabled);
    if (check_.type == Type::calculated)
      put_calculated(given);
    else if (given.threshold || !given.children.empty())
      refuse("Only calculated health checks may have children and a health threshold.");
    if (check_.is_probed())
      put_probe(given);
    else if (given.address || given.name || given.port || given.path || given.search || given.sni ||
             !given.regions.empty())
      refuse("This type of health check has no endpoint.");
  }

  void refuse(const std::string& sentence) { fields_.fault("Invalid parameter : " + sentence); }

 private:
  void put_calculated(const Settings& given) {
    if (given.threshold) check_.needed = static_cast<std::uint32_t>(*given.threshold);
    if (!given.children.empty()) check_.children = given.children;
  }

  void put_probe(const Settings& given) {
    if (given.failures) check_.fall = check_.rise = static_cast<std::uint8_t>(*given.failures);
    if (given.port) check_.port = static_cast<std::uint16_t>(*given.port);
    put_place(given);
    put_request(given);
    if (given.sni && *given.sni && check_.type != Type::https)
      refuse("Health checks with " + std::string(check_.type == Type::tcp ? "TCP" : "HTTP") +
             " type must not enable SNI support.");
    if (given.sni && check_.type == Type::https) check_.sni = *given.sni;
    put_regions(given.regions);
  }

  void put_place(const Settings& given) {
    if (given.address) {
      const auto address = IpAddress::parse(*given.address);
      if (!address) return refuse("Invalid IP address: " + *given.address);
      check_.address = *address;
    }
    if (given.name) (check_.target.empty() ? check_.host : check_.target) = *given.name;
  }

  void put_request(const Settings& given) {
    if (check_.type == Type::tcp && given.path)
      refuse("TCP health checks must not have a resource path specified.");
    if (given.path) check_.path = (given.path->starts_with('/') ? "" : "/") + *given.path;
    if (check_.path.size() > most_path) refuse("A resource path has at most 255 characters.");
    if (given.search && !matches_)
      refuse("Only string match health checks may have a search string specified.");
    if (given.search) check_.match = *given.search;
    if (matches_ && check_.match.empty())
      refuse("String match health checks must have a search string specified.");
    if (check_.match.size() > most_search) refuse("A search string has at most 255 characters.");
  }

  void put_regions(const std::vector<std::string>& given) {
    if (given.empty()) return;
    for (const std::string& region : given)
      if (std::find(health::checker_regions.begin(), health::checker_regions.end(), region) ==
          health::checker_regions.end())
        fields_.fault("Invalid XML ; cvc-enumeration-valid: Value '" + region +
                      "' is not facet-valid with respect to the enumeration of regions.");
    if (given.size() < least_regions) refuse("At least three regions are needed.");
    check_.regions = given;
  }

  HealthCheck& check_;
  bool matches_;
  XmlFields& fields_;
};

/// The type, and whether it looks for a text.
std::pair<Type, bool> read_type(XmlFields& fields) {
  const std::string text = fields.needed_text("Type");
  if (text == "HTTP" || text == "HTTP_STR_MATCH") return {Type::http, text != "HTTP"};
  if (text == "HTTPS" || text == "HTTPS_STR_MATCH") return {Type::https, text != "HTTPS"};
  if (text == "TCP") return {Type::tcp, false};
  if (text == "CALCULATED") return {Type::calculated, false};
  if (text == "CLOUDWATCH_METRIC" || text == "RECOVERY_CONTROL")
    fields.fault("Invalid parameter : health checks of type " + text +
                 " are not made here; a signal from outside is a check of type push, made over "
                 "REST");
  else
    fields.fault("Invalid XML ; cvc-enumeration-valid: Value '" + text +
                 "' is not facet-valid with respect to enumeration '[HTTP, HTTPS, HTTP_STR_MATCH, "
                 "HTTPS_STR_MATCH, TCP, CALCULATED, CLOUDWATCH_METRIC, RECOVERY_CONTROL]'.");
  return {Type::tcp, false};
}

/// How long an attempt may take in all: behaviour §10.3 gives HTTP 4 s to connect and 2 s to
/// answer, TCP 10 s to connect; ours end before the next begins.
std::chrono::milliseconds time_limit(const HealthCheck& check) {
  using std::chrono::seconds;
  return check.type == Type::tcp && check.interval > seconds(10) ? seconds(10) : seconds(6);
}

void read_config(const XmlElement& element, HealthCheck& check, std::optional<AwsFault>& fault) {
  XmlFields fields(&element, fault);
  const auto [type, matches] = read_type(fields);
  check.type = type;
  const Settings given = read_settings(fields);
  const auto interval = fields.number("RequestInterval", 10, 30);
  const bool measures = fields.flag("MeasureLatency").value_or(false);
  if (fields.has("RoutingControlArn"))
    fields.fault("Invalid parameter : there are no routing controls");
  fields.refuse_others();
  Writer writer(check, matches, fields);
  if (interval && *interval != 10 && *interval != 30)
    writer.refuse("A request interval is 10 or 30 seconds.");
  if (type == Type::calculated) {
    if (given.children.empty()) writer.refuse("Calculated health checks need child health checks.");
    if (!given.threshold) writer.refuse("Calculated health checks need a health threshold.");
    return writer.put(given);
  }
  if (!given.address && !given.name)
    writer.refuse("IP address and fully qualified domain name can not be both empty.");
  if (!given.address) check.target = given.name.value_or(".");
  if (type == Type::tcp && !given.port)
    writer.refuse("TCP health checks must have a port specified.");
  check.port = type == Type::https ? 443 : 80;
  if (type != Type::tcp) check.path.clear();  // a tcp check has none, and is stored without
  check.interval = std::chrono::seconds(interval.value_or(30));
  check.timeout = time_limit(check);
  check.measure_latency = measures;
  writer.put(given);
}

/// The rules of every door.
AwsResult<HealthCheck> judged(const HealthCheck& check) {
  auto read = read_health_check(settings_of(check));
  if (read) return check;
  std::string told;
  const Error faults = read.error();
  for (const Error& fault : faults.causes())
    told += (told.empty() ? "" : "; ") + fault.detail();
  return invalid_input("Invalid parameter : " + (told.empty() ? faults.detail() : told));
}

void reset(std::string_view what, const Settings& given, HealthCheck& check, Writer& writer) {
  bool both = false;
  if (what == "FullyQualifiedDomainName") {
    both = given.name.has_value();
    if (!check.target.empty())
      writer.refuse("IP address and fully qualified domain name can not be both empty.");
    check.host.clear();
  } else if (what == "ResourcePath") {
    both = given.path.has_value();
    check.path.clear();
  } else if (what == "Regions") {
    both = !given.regions.empty();
    check.regions.clear();
  } else if (what == "ChildHealthChecks") {
    both = !given.children.empty();
    check.children.clear();
  } else {
    writer.refuse("'" + std::string(what) + "' can not be reset");
  }
  if (both) writer.refuse(std::string(what) + " is given and reset at the same time");
}

std::string_view type_name(const HealthCheck& check) {
  switch (check.type) {
    case Type::http:
      return check.match.empty() ? "HTTP" : "HTTP_STR_MATCH";
    case Type::https:
      return check.match.empty() ? "HTTPS" : "HTTPS_STR_MATCH";
    case Type::calculated:
      return "CALCULATED";
    case Type::push:
      return "CLOUDWATCH_METRIC";
    case Type::tcp:
    case Type::dns:
      break;
  }
  return "TCP";
}

void append_texts(XmlWriter& xml, std::string_view name, std::string_view item,
                  const std::vector<std::string>& texts) {
  if (texts.empty()) return;
  xml.open(name);
  for (const std::string& text : texts)
    xml.text(item, text);
  xml.close();
}

/// The members of an endpoint, up to MeasureLatency.
void append_endpoint(XmlWriter& xml, const HealthCheck& check) {
  const std::string& name = check.target.empty() ? check.host : check.target;
  if (check.target.empty()) xml.text("IPAddress", check.address.to_string());
  xml.number("Port", check.port);
  xml.text("Type", type_name(check));
  if (check.type != Type::tcp && !check.path.empty()) xml.text("ResourcePath", check.path);
  if (!name.empty()) xml.text("FullyQualifiedDomainName", name);
  if (!check.match.empty()) xml.text("SearchString", check.match);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(check.interval).count();
  xml.number("RequestInterval", static_cast<std::uint64_t>(seconds));
  xml.number("FailureThreshold", check.fall);
  xml.flag("MeasureLatency", check.measure_latency);
}

}  // namespace

bool is_aws_health_check(const HealthCheck& check) noexcept {
  return check.type != Type::dns;
}

AwsResult<HealthCheck> read_aws_health_check(const XmlElement& body) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  HealthCheck check;
  check.caller_reference = fields.needed_text("CallerReference");
  if (characters(check.caller_reference) > most_reference)
    fields.fault("A CallerReference has 1 to 64 characters");
  if (const XmlElement* config = fields.need("HealthCheckConfig"))
    read_config(*config, check, fault);
  fields.refuse_others();
  if (fault) return *std::move(fault);
  return judged(check);
}

AwsResult<HealthCheck> update_aws_health_check(const XmlElement& body, const HealthCheck& before) {
  std::optional<AwsFault> fault;
  XmlFields fields(&body, fault);
  HealthCheck check = before;
  const auto version = fields.number("HealthCheckVersion", 1, most_version);
  const Settings given = read_settings(fields);
  const auto resets = texts(fields, "ResetElements", "ResettableElementName");
  fields.refuse_others();
  Writer writer(check, !before.match.empty(), fields);
  if (given.address && !before.target.empty())
    writer.refuse("A health check without an IP address can not be given one.");
  writer.put(given);
  for (const std::string& what : resets)
    reset(what, given, check, writer);
  if (fault) return *std::move(fault);
  if (version && static_cast<std::uint64_t>(*version) != before.version)
    return AwsFault{409, "HealthCheckVersionMismatch",
                    "The health check is at version " + std::to_string(before.version)};
  return judged(check);
}

void append_health_check(XmlWriter& xml, const HealthCheck& check) {
  xml.open("HealthCheck");
  xml.text("Id", check.id);
  xml.text("CallerReference", check.caller_reference.empty() ? check.id : check.caller_reference);
  xml.open("HealthCheckConfig");
  if (check.is_probed())
    append_endpoint(xml, check);
  else
    xml.text("Type", type_name(check));
  xml.flag("Inverted", check.inverted);
  xml.flag("Disabled", check.disabled);
  if (check.type == Type::calculated) {
    xml.number("HealthThreshold", check.needed);
    append_texts(xml, "ChildHealthChecks", "ChildHealthCheck", check.children);
  }
  if (check.is_probed()) {
    xml.flag("EnableSNI", check.type == Type::https && check.sni);
    append_texts(xml, "Regions", "Region", check.regions);
  }
  if (check.type == Type::push) xml.text("InsufficientDataHealthStatus", "Unhealthy");
  xml.close();
  xml.number("HealthCheckVersion", check.version);
  xml.close();
}

}  // namespace waymark::api
