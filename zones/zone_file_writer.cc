// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <charconv>
#include <utility>

#include "zones/json_text.h"
#include "zones/records/rdata.h"
#include "zones/zone_file.h"

namespace waymark::zones {
namespace {

void append_member(std::string_view key, std::string_view text, std::string& json) {
  json += json.size() == 1 ? "\"" : ",\"";
  json += key;
  json += "\":";
  append_json_string(text, json);
}

struct RoutingJson {
  std::string& json;
  void operator()(const Simple&) const {}
  void operator()(const Weighted& weighted) const {
    json += R"(,"routing":{"policy":"weighted","weight":)" + std::to_string(weighted.weight) + "}";
  }
  void operator()(const Failover& failover) const {
    json += R"(,"routing":{"policy":"failover","role":")";
    json += failover.role == Failover::Role::primary ? "primary\"" : "secondary\"";
    if (failover.tier != 0) json += ",\"tier\":" + std::to_string(failover.tier);
    json += '}';
  }
  void operator()(const Latency& latency) const {
    json += R"(,"routing":{"policy":"latency","region":)";
    append_json_string(latency.region, json);
    json += '}';
  }
  void operator()(const Multivalue&) const { json += R"(,"routing":{"policy":"multivalue"})"; }
  void operator()(const Geolocation& place) const {
    json += R"(,"routing":{"policy":"geolocation")";
    for (const auto& [key, text] :
         {std::pair("continent", &place.continent), std::pair("country", &place.country),
          std::pair("subdivision", &place.subdivision)})
      if (!text->empty()) append_member(key, *text, json);
    json += '}';
  }
  void operator()(const Geoproximity& place) const {
    json += R"(,"routing":{"policy":"geoproximity")";
    if (place.region.empty())
      json += ",\"latitude\":" + shortest(place.latitude) +
              ",\"longitude\":" + shortest(place.longitude);
    else
      append_member("region", place.region, json);
    json += ",\"bias\":" + std::to_string(place.bias) + "}";
  }
  void operator()(const Cidr& cidr) const {
    json += R"(,"routing":{"policy":"cidr")";
    append_member("collection_id", cidr.collection_id, json);
    append_member("location", cidr.location, json);
    json += '}';
  }

  static std::string shortest(double value) {
    std::array<char, 32> text;
    const auto written = std::to_chars(text.data(), text.data() + text.size(), value);
    return {text.data(), written.ptr};
  }
};

// The record set as the REST API shows it.
std::string to_json(const RecordSet& set) {
  std::string json = "{";
  append_member("name", set.owner.to_string(), json);
  append_member("type", dns::to_string(set.type), json);
  if (set.alias) {
    json += set.alias->external ? R"(,"alias":{"external":)" : R"(,"alias":{"name":)";
    append_json_string(set.alias->target.to_string(), json);
    json += R"(,"evaluate_target_health":)";
    json += set.alias->evaluate_target_health ? "true}" : "false}";
  } else {
    json += ",\"ttl\":" + std::to_string(set.ttl) + ",\"values\":[";
    for (const Bytes& rdata : set.rdata) {
      if (json.back() != '[') json += ',';
      append_json_string(rdata_to_string(set.type, rdata), json);
    }
    json += ']';
  }
  if (!set.set_id.empty()) append_member("set_id", set.set_id, json);
  std::visit(RoutingJson{json}, set.routing);
  if (!set.health_check_id.empty()) append_member("health_check_id", set.health_check_id, json);
  if (!set.traffic_policy_instance.empty())
    append_member("traffic_policy_instance_id", set.traffic_policy_instance, json);
  return json + "}";
}

std::string to_lines(const RecordSet& set) {
  const std::string front = set.owner.to_string() + " " + std::to_string(set.ttl) + " IN " +
                            dns::to_string(set.type) + " ";
  std::string lines;
  for (const Bytes& rdata : set.rdata) {
    lines += front;
    lines += rdata_to_string(set.type, rdata);
    lines += '\n';
  }
  return lines;
}

}  // namespace

ZoneFileWriter::ZoneFileWriter(dns::Name origin, std::function<void(std::string_view)> emit)
    : origin_(std::move(origin)), emit_(std::move(emit)) {}

void ZoneFileWriter::add(const RecordSet& set) {
  // Canonical order puts the apex first, and there A and NS before SOA: what comes before it waits.
  if (!soa_written_ && set.type != dns::RrType::SOA && set.owner == origin_) {
    waiting_.push_back(set);
    return;
  }
  const bool plain = !set.alias && set.set_id.empty() && set.traffic_policy_instance.empty();
  emit_(!plain ? "; waymark: " + to_json(set) + "\n" : to_lines(set));
  soa_written_ = true;
  for (const RecordSet& before : std::exchange(waiting_, {}))
    add(before);
}

}  // namespace waymark::zones
