// SPDX-License-Identifier: Apache-2.0
#include "api/route53/routing_xml.h"

#include <cmath>

#include "zones/client_objects.h"

namespace waymark::api {
namespace {

constexpr std::int64_t most_weight = 255;

zones::Failover decode_failover(XmlFields& fields) {
  const std::string role = fields.needed_text("Failover");
  if (role != "PRIMARY" && role != "SECONDARY")
    fields.fault("Invalid XML ; cvc-enumeration-valid: Value '" + role +
                 "' is not facet-valid with respect to enumeration '[PRIMARY, SECONDARY]'.");
  return {role == "SECONDARY" ? zones::Failover::Role::secondary : zones::Failover::Role::primary,
          0};
}

zones::Geolocation decode_geolocation(const XmlElement& element, std::optional<AwsFault>& fault) {
  XmlFields fields(&element, fault);
  zones::Geolocation place{fields.text("ContinentCode").value_or(""),
                           fields.text("CountryCode").value_or(""),
                           fields.text("SubdivisionCode").value_or("")};
  if (place.continent.empty() == place.country.empty() ||
      (!place.continent.empty() && !place.subdivision.empty()))
    fields.fault(
        "Invalid request: a GeoLocation has a ContinentCode alone, a CountryCode, or a CountryCode "
        "and a SubdivisionCode");
  fields.refuse_others();
  return place;
}

double degrees(XmlFields& fields, std::string_view name, double most) {
  const std::string text = fields.needed_text(name);
  const auto value = zones::parse_degrees(text);
  if (value && std::abs(*value) <= most) return *value;
  fields.fault(std::string(name) + " '" + text + "' is not a number of degrees");
  return 0;
}

zones::Geoproximity decode_geoproximity(const XmlElement& element, std::optional<AwsFault>& fault) {
  XmlFields fields(&element, fault);
  zones::Geoproximity place;
  const auto region = fields.text("AWSRegion"), group = fields.text("LocalZoneGroup");
  const XmlElement* coordinates = fields.find("Coordinates");
  const int given = (region ? 1 : 0) + (group ? 1 : 0) + (coordinates != nullptr ? 1 : 0);
  if (given != 1)
    fields.fault(
        "Invalid request: a GeoProximityLocation has exactly one of AWSRegion, LocalZoneGroup and "
        "Coordinates");
  if (group) fields.fault("LocalZoneGroup is not known here; use AWSRegion or Coordinates");
  place.region = region.value_or("");
  if (coordinates != nullptr) {
    XmlFields inside(coordinates, fault);
    place.latitude = degrees(inside, "Latitude", 90);
    place.longitude = degrees(inside, "Longitude", 180);
    inside.refuse_others();
  }
  place.bias = static_cast<std::int8_t>(fields.number("Bias", -99, 99).value_or(0));
  fields.refuse_others();
  return place;
}

zones::Cidr decode_cidr(const XmlElement& element, std::optional<AwsFault>& fault) {
  XmlFields fields(&element, fault);
  std::string collection = fields.needed_text("CollectionId");
  zones::Cidr cidr{std::move(collection), fields.needed_text("LocationName")};
  fields.refuse_others();
  return cidr;
}

struct Before {
  XmlWriter& xml;
  void operator()(const zones::Simple&) const {}
  void operator()(const zones::Weighted& rule) const { xml.number("Weight", rule.weight); }
  void operator()(const zones::Failover& rule) const {
    xml.text("Failover", rule.role == zones::Failover::Role::primary ? "PRIMARY" : "SECONDARY");
  }
  void operator()(const zones::Latency& rule) const { xml.text("Region", rule.region); }
  void operator()(const zones::Multivalue&) const { xml.flag("MultiValueAnswer", true); }
  void operator()(const zones::Geolocation& rule) const {
    xml.open("GeoLocation");
    if (!rule.continent.empty()) xml.text("ContinentCode", rule.continent);
    if (!rule.country.empty()) xml.text("CountryCode", rule.country);
    if (!rule.subdivision.empty()) xml.text("SubdivisionCode", rule.subdivision);
    xml.close();
  }
  void operator()(const zones::Geoproximity&) const {}
  void operator()(const zones::Cidr&) const {}
};

}  // namespace

zones::Routing decode_aws_routing(XmlFields& fields, bool has_set_id, const std::string& where,
                                  std::optional<AwsFault>& fault) {
  constexpr std::string_view kinds =
      "Invalid request: Expected exactly one of [Weight, Region, Failover, GeoLocation, "
      "MultiValueAnswer, GeoProximityLocation, or CidrRoutingConfig], but found ";
  zones::Routing routing = zones::Simple{};
  int found = 0;
  const auto take = [&](zones::Routing rule) {
    routing = std::move(rule);
    ++found;
  };
  if (const auto weight = fields.number("Weight", 0, most_weight))
    take(zones::Weighted{static_cast<std::uint16_t>(*weight)});
  if (const auto region = fields.text("Region")) take(zones::Latency{*region});
  if (fields.has("Failover")) take(decode_failover(fields));
  if (const XmlElement* place = fields.find("GeoLocation")) take(decode_geolocation(*place, fault));
  if (const auto several = fields.flag("MultiValueAnswer")) {
    if (!*several) fields.fault("MultiValueAnswer is true or absent, in " + where);
    take(zones::Multivalue{});
  }
  if (const XmlElement* place = fields.find("GeoProximityLocation"))
    take(decode_geoproximity(*place, fault));
  if (const XmlElement* cidr = fields.find("CidrRoutingConfig")) take(decode_cidr(*cidr, fault));
  if (found > 1) fields.fault(std::string(kinds) + "more than one in " + where);
  if (found == 0 && has_set_id) fields.fault(std::string(kinds) + "none in " + where);
  if (found == 1 && !has_set_id)
    fields.fault("Invalid request: Missing field 'SetIdentifier' in " + where);
  return routing;
}

void append_routing_before(XmlWriter& xml, const zones::Routing& routing) {
  std::visit(Before{xml}, routing);
}

void append_routing_after(XmlWriter& xml, const zones::Routing& routing) {
  if (const auto* cidr = std::get_if<zones::Cidr>(&routing)) {
    xml.open("CidrRoutingConfig");
    xml.text("CollectionId", cidr->collection_id);
    xml.text("LocationName", cidr->location);
    xml.close();
  }
  if (const auto* place = std::get_if<zones::Geoproximity>(&routing)) {
    xml.open("GeoProximityLocation");
    if (!place->region.empty()) {
      xml.text("AWSRegion", place->region);
    } else {
      xml.open("Coordinates");
      xml.text("Latitude", zones::degrees_text(place->latitude));
      xml.text("Longitude", zones::degrees_text(place->longitude));
      xml.close();
    }
    xml.text("Bias", std::to_string(place->bias));
    xml.close();
  }
}

std::string location_text(const zones::Geolocation& place) {
  if (!place.continent.empty()) return "continent = " + place.continent;
  return "country = " + place.country +
         (place.subdivision.empty() ? "" : " subdivision = " + place.subdivision);
}

}  // namespace waymark::api
