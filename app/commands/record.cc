// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include "app/commands/commands.h"

namespace waymark::app {
namespace {

struct Words {
  std::string zone, name, type, set_id, health_check, failover, region, alias, external;
  std::string continent, country, subdivision, coordinates, near_region, cidr;
  std::vector<std::string> values;
  std::int64_t ttl = 300, weight = -1, bias = 0, tier = 0;
  bool evaluate = false, multivalue = false;
};

std::string records_of(const std::string& zone) {
  return "/v1/zones/" + escaped(zone) + "/records";
}

std::string routing_cell(const Json& record) {
  if (!record.contains("routing")) return {};
  const Json& routing = record["routing"];
  std::string text = cell(routing, "policy");
  for (const char* field : {"weight", "role", "tier", "region", "continent", "country",
                            "subdivision", "latitude", "longitude", "bias", "location"})
    if (routing.contains(field)) text += " " + cell(routing, field);
  return text;
}

std::string values_cell(const Json& record) {
  if (!record.contains("alias") || record["alias"].is_null()) return cell(record, "values");
  const char* field = record["alias"].contains("external") ? "external" : "name";
  return (field[0] == 'e' ? "external alias " : "alias ") + cell(record["alias"], field) +
         (record["alias"].value("evaluate_target_health", false) ? " (its health counts)" : "");
}

Json to_geolocation(const Words& words) {
  Json routing = {{"policy", "geolocation"}};
  if (!words.continent.empty()) routing["continent"] = words.continent;
  if (!words.country.empty()) routing["country"] = words.country;
  if (!words.subdivision.empty()) routing["subdivision"] = words.subdivision;
  return routing;
}

Json to_geoproximity(const Words& words) {
  Json routing = {{"policy", "geoproximity"}, {"bias", words.bias}};
  if (words.coordinates.empty()) {
    routing["region"] = words.near_region;
    return routing;
  }
  const auto comma = words.coordinates.find(',');
  if (comma == std::string::npos)
    throw ClientFailure{exit_usage, "\"" + words.coordinates + "\" is not LAT,LON"};
  routing["latitude"] = words.coordinates.substr(0, comma);  // the server reads the numbers
  routing["longitude"] = words.coordinates.substr(comma + 1);
  return routing;
}

Json to_cidr(const std::string& text) {
  const auto slash = text.rfind('/');
  if (slash == std::string::npos)
    throw ClientFailure{exit_usage, "\"" + text + "\" is not COLLECTION/LOCATION"};
  return {{"policy", "cidr"},
          {"collection_id", text.substr(0, slash)},
          {"location", text.substr(slash + 1)}};
}

Json to_record(const Words& words) {
  Json record = {{"name", words.name}, {"type", words.type}};
  if (!words.external.empty()) {
    record["alias"] = {{"external", words.external}, {"evaluate_target_health", words.evaluate}};
  } else if (words.alias.empty()) {
    record["ttl"] = words.ttl;
    record["values"] = words.values;
  } else {
    record["alias"] = {{"name", words.alias}, {"evaluate_target_health", words.evaluate}};
  }
  if (!words.set_id.empty()) record["set_id"] = words.set_id;
  if (words.weight >= 0) record["routing"] = {{"policy", "weighted"}, {"weight", words.weight}};
  if (!words.failover.empty()) {
    record["routing"] = {{"policy", "failover"}, {"role", words.failover}};
    if (words.tier > 0) record["routing"]["tier"] = words.tier;
  }
  if (words.multivalue) record["routing"] = {{"policy", "multivalue"}};
  if (!words.continent.empty() || !words.country.empty()) record["routing"] = to_geolocation(words);
  if (!words.coordinates.empty() || !words.near_region.empty())
    record["routing"] = to_geoproximity(words);
  if (!words.cidr.empty()) record["routing"] = to_cidr(words.cidr);
  if (!words.region.empty()) record["routing"] = {{"policy", "latency"}, {"region", words.region}};
  if (!words.health_check.empty()) record["health_check_id"] = words.health_check;
  return record;
}

Json send_changes(Client& client, const std::string& zone, Json changes) {
  return client.send("POST", "/v1/zones/" + escaped(zone) + "/changes" + dry_run(client),
                     {{"changes", std::move(changes)}});
}

int remove(Client& client, const Words& words) {
  Json changes = Json::array();
  for (const Json& record : client.list(records_of(words.zone) + "?name=" + escaped(words.name) +
                                        "&type=" + escaped(words.type)))
    if (words.set_id.empty() || cell(record, "set_id") == words.set_id)
      changes.push_back({{"action", "delete"}, {"record", record}});
  if (changes.empty())
    throw ClientFailure{exit_not_found,
                        "no " + words.type + " record at " + words.name +
                            (words.set_id.empty() ? "" : " with set id " + words.set_id)};
  return show_change(client, send_changes(client, words.zone, std::move(changes)));
}

}  // namespace

void add_record(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("record", "record sets")->require_subcommand(1);
  auto words = std::make_shared<Words>();

  CLI::App* list = noun->add_subcommand("list", "a zone's record sets in canonical order");
  list->add_option("ZONE", words->zone, "id or name")->required();
  list->add_option("--name", words->name);
  list->add_option("--type", words->type);
  verbs.when(list, [words](Client& client) {
    std::string target = records_of(words->zone);
    if (!words->name.empty()) target += "?name=" + escaped(words->name);
    if (!words->type.empty())
      target += (words->name.empty() ? "?type=" : "&type=") + escaped(words->type);
    const Json records = client.list(target);
    return show(client, records, [&] {
      Table table({"NAME", "TYPE", "TTL", "SET", "ROUTING", "CHECK", "VALUES"});
      for (const Json& record : records)
        table.add({cell(record, "name"), cell(record, "type"), cell(record, "ttl"),
                   cell(record, "set_id"), routing_cell(record), cell(record, "health_check_id"),
                   values_cell(record)});
      print(client, table);
    });
  });

  CLI::App* set = noun->add_subcommand("set", "create or replace one record set");
  set->add_option("ZONE", words->zone, "id or name")->required();
  set->add_option("NAME", words->name)->required();
  set->add_option("TYPE", words->type)->required();
  set->add_option("VALUE", words->values, "presentation form; several make one set");
  set->add_option("--ttl", words->ttl, "seconds")->capture_default_str();
  set->add_option("--set-id", words->set_id, "tells the members of a policy apart");
  set->add_option("--health-check", words->health_check, "id of a health check");
  auto* policy =
      set->add_option_group("policy", "how the set competes with others of its name and type")
          ->require_option(0, 1);
  policy->add_option("--weight", words->weight, "weighted, 0 to 65535");
  policy->add_option("--failover", words->failover, "primary or secondary");
  policy->add_option("--region", words->region, "latency");
  policy->add_flag("--multivalue", words->multivalue, "up to eight healthy sets in one answer");
  policy->add_option("--continent", words->continent, "geolocation: AF AN AS EU NA OC SA");
  CLI::Option* country = policy->add_option("--country", words->country,
                                            "geolocation: ISO 3166-1, or * for all others");
  policy->add_option("--coordinates", words->coordinates, "geoproximity: LAT,LON in degrees");
  policy->add_option("--near-region", words->near_region, "geoproximity: where a region is");
  policy->add_option("--cidr", words->cidr, "COLLECTION/LOCATION, or COLLECTION/* for all others");
  set->add_option("--subdivision", words->subdivision, "of the country: ISO 3166-2")
      ->needs(country);
  set->add_option("--bias", words->bias, "geoproximity: -99 to 99 draws traffic from or to others");
  set->add_option("--tier", words->tier, "failover: order among the secondaries");
  set->add_option("--alias", words->alias, "answer with what stands at that name of the zone");
  set->add_option("--external-alias", words->external,
                  "A or AAAA: answer with the addresses of that name of another server")
      ->excludes("--alias");
  set->add_flag("--evaluate-target-health", words->evaluate,
                "the alias is as healthy as its target");
  verbs.when(set, [words](Client& client) {
    return show_change(
        client, send_changes(client, words->zone,
                             Json::array({{{"action", "upsert"}, {"record", to_record(*words)}}})));
  });

  CLI::App* delete_ =
      noun->add_subcommand("delete", "remove a record set, or all of a name and type");
  delete_->add_option("ZONE", words->zone, "id or name")->required();
  delete_->add_option("NAME", words->name)->required();
  delete_->add_option("TYPE", words->type)->required();
  delete_->add_option("--set-id", words->set_id);
  verbs.when(delete_, [words](Client& client) { return remove(client, *words); });
}

void add_weight(CLI::App& app, Verbs& verbs) {
  CLI::App* noun = app.add_subcommand("weight", "weights of a group")->require_subcommand(1);
  CLI::App* set = noun->add_subcommand("set", "one atomic change over the group");
  auto words = std::make_shared<Words>();
  set->add_option("ZONE", words->zone, "id or name")->required();
  set->add_option("NAME", words->name)->required();
  set->add_option("TYPE", words->type)->required();
  set->add_option("SET=WEIGHT", words->values, "blue=90 green=10")->required();
  verbs.when(set, [words](Client& client) {
    const Json records = client.list(records_of(words->zone) + "?name=" + escaped(words->name) +
                                     "&type=" + escaped(words->type));
    Json changes = Json::array();
    for (const std::string& word : words->values) {
      const auto equals = word.rfind('=');
      const std::string set_id = word.substr(0, equals);
      char* end = nullptr;
      const long weight =
          equals == std::string::npos ? -1 : std::strtol(word.c_str() + equals + 1, &end, 10);
      if (end == nullptr || *end != '\0' || weight < 0 || word.ends_with('='))
        throw ClientFailure{exit_usage, "\"" + word + "\" is not SET=WEIGHT"};
      Json record;
      for (const Json& one : records)
        if (cell(one, "set_id") == set_id) record = one;
      if (record.is_null())
        throw ClientFailure{exit_not_found, "no " + words->type + " record at " + words->name +
                                                " with set id \"" + set_id + "\""};
      if (!record.contains("routing") || cell(record["routing"], "policy") != "weighted")
        throw ClientFailure{exit_error,
                            "\"" + set_id + "\" at " + words->name + " is not weighted"};
      record["routing"]["weight"] = weight;
      changes.push_back({{"action", "upsert"}, {"record", std::move(record)}});
    }
    return show_change(client, send_changes(client, words->zone, std::move(changes)));
  });
}

}  // namespace waymark::app
