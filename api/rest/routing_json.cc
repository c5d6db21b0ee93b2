// SPDX-License-Identifier: Apache-2.0
#include "api/rest/routing_json.h"

#include "api/rest/fields.h"

namespace waymark::api {
namespace {

constexpr std::uint64_t most_weight = 65535, most_tier = 65535;

zones::Failover decode_failover(Fields& fields) {
  const std::string role = fields.needed_text("role");
  if (!role.empty() && role != "primary" && role != "secondary")
    fields.fault(ErrorCode::bad_value, "role \"" + role + "\" is unknown; use primary or secondary",
                 "role");
  const std::uint64_t tier = fields.number("tier", 0, most_tier, 0);
  return {role == "secondary" ? zones::Failover::Role::secondary : zones::Failover::Role::primary,
          static_cast<std::uint16_t>(tier)};
}

zones::Geolocation decode_geolocation(Fields& fields) {
  return {fields.text("continent"), fields.text("country"), fields.text("subdivision")};
}

zones::Geoproximity decode_geoproximity(Fields& fields) {
  zones::Geoproximity place;
  place.region = fields.text("region");
  const auto latitude = fields.maybe_decimal("latitude", -90, 90);
  const auto longitude = fields.maybe_decimal("longitude", -180, 180);
  const bool coordinates = latitude && longitude;
  if (place.region.empty() != coordinates || latitude.has_value() != longitude.has_value())
    fields.fault(ErrorCode::missing_field,
                 "use a region, or a latitude and a longitude, and not both", "region");
  if (coordinates) place.latitude = *latitude, place.longitude = *longitude;
  const double bias = fields.maybe_decimal("bias", -99, 99).value_or(0);
  place.bias = static_cast<std::int8_t>(bias);
  if (place.bias != bias)
    fields.fault(ErrorCode::bad_value, "bias is a whole number, -99 to 99", "bias");
  return place;
}

struct Encode {
  Json& out;
  void operator()(const zones::Simple&) const {}
  void operator()(const zones::Weighted& rule) const { out["weight"] = rule.weight; }
  void operator()(const zones::Failover& rule) const {
    out["role"] = rule.role == zones::Failover::Role::primary ? "primary" : "secondary";
    if (rule.tier != 0) out["tier"] = rule.tier;
  }
  void operator()(const zones::Latency& rule) const { out["region"] = rule.region; }
  void operator()(const zones::Multivalue&) const {}
  void operator()(const zones::Geolocation& rule) const {
    if (!rule.continent.empty()) out["continent"] = rule.continent;
    if (!rule.country.empty()) out["country"] = rule.country;
    if (!rule.subdivision.empty()) out["subdivision"] = rule.subdivision;
  }
  void operator()(const zones::Geoproximity& rule) const {
    if (rule.region.empty()) {
      out["latitude"] = rule.latitude;
      out["longitude"] = rule.longitude;
    } else {
      out["region"] = rule.region;
    }
    out["bias"] = rule.bias;
  }
  void operator()(const zones::Cidr& rule) const {
    out["collection_id"] = rule.collection_id;
    out["location"] = rule.location;
  }
};

}  // namespace

zones::Routing decode_routing(const Json& json, const std::string& pointer,
                              std::vector<Error>& faults) {
  Fields fields(json, pointer, faults);
  const std::string policy = fields.needed_text("policy");
  zones::Routing routing;
  if (policy == "simple" || policy.empty()) {
    routing = zones::Simple{};
  } else if (policy == "weighted") {
    fields.need("weight");
    routing =
        zones::Weighted{static_cast<std::uint16_t>(fields.number("weight", 0, most_weight, 0))};
  } else if (policy == "failover") {
    routing = decode_failover(fields);
  } else if (policy == "latency") {
    routing = zones::Latency{fields.needed_text("region")};
  } else if (policy == "multivalue") {
    routing = zones::Multivalue{};
  } else if (policy == "geolocation") {
    routing = decode_geolocation(fields);
  } else if (policy == "geoproximity") {
    routing = decode_geoproximity(fields);
  } else if (policy == "cidr") {
    std::string collection = fields.needed_text("collection_id");
    routing = zones::Cidr{std::move(collection), fields.needed_text("location")};
  } else {
    fields.fault(ErrorCode::bad_value,
                 "policy \"" + policy +
                     "\" is unknown; use simple, weighted, failover, latency, multivalue, "
                     "geolocation, geoproximity or cidr",
                 "policy");
    return routing;
  }
  fields.refuse_others();
  return routing;
}

Json encode_routing(const zones::Routing& routing) {
  Json out{{"policy", zones::policy_name(routing)}};
  std::visit(Encode{out}, routing);
  return out;
}

}  // namespace waymark::api
