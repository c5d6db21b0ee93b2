// SPDX-License-Identifier: Apache-2.0
#include "api/rest/record_json.h"

#include <algorithm>

#include "api/http/times.h"
#include "api/rest/fields.h"
#include "api/rest/routing_json.h"
#include "zones/author.h"
#include "zones/records/rdata.h"

namespace waymark::api {
namespace {

constexpr std::uint64_t most_ttl = 0x7FFFFFFF;  // RFC 2181 §8
constexpr std::size_t most_set_id = 128;

dns::Name name_field(Fields& fields, std::string_view field) {
  const std::string text = fields.needed_text(field);
  if (text.empty()) return {};
  const auto name = parse_absolute(text);
  if (name) return *name;
  fields.fault(name.error(), field);
  return {};
}

std::vector<Bytes> decode_values(Fields& fields, dns::RrType type) {
  std::vector<Bytes> out;
  const auto values = fields.texts("values");
  for (std::size_t i = 0; i < values.size(); ++i) {
    auto rdata = zones::parse_rdata(type, values[i], dns::Name());
    if (rdata)
      out.push_back(std::move(*rdata));
    else
      fields.fault(rdata.error().at("/" + std::to_string(i)), "values");
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace

Result<dns::Name> parse_absolute(std::string_view text) {
  return dns::Name::parse(text);
}

zones::RecordSet decode_record(const Json& json, const std::string& pointer,
                               std::vector<Error>& faults) {
  Fields fields(json, pointer, faults);
  zones::RecordSet set;
  set.owner = name_field(fields, "name");
  const std::string type_text = fields.needed_text("type");
  const auto type = dns::parse_rr_type(type_text);
  set.type = type.value_or(dns::RrType::A);
  if (!type && !type_text.empty())
    fields.fault(ErrorCode::bad_type,
                 "type \"" + type_text + "\" is unknown; use a mnemonic or TYPEnnn", "type");

  set.set_id = fields.text("set_id");
  if (characters(set.set_id) > most_set_id)
    fields.fault(ErrorCode::bad_value, "a set_id has at most 128 characters", "set_id");
  set.health_check_id = fields.text("health_check_id");
  set.traffic_policy_instance = fields.text("traffic_policy_instance_id");
  if (const Json* routing = fields.find("routing"))
    set.routing = decode_routing(*routing, fields.pointer("routing"), faults);
  const auto ttl = fields.maybe_number("ttl", 0, most_ttl);
  if (const Json* alias = fields.find("alias")) {
    Fields inside(*alias, fields.pointer("alias"), faults);
    const bool external = inside.has("external");
    if (external && inside.has("name"))
      inside.fault(ErrorCode::bad_value,
                   "use name for a name of this zone, or external for one of another server",
                   "external");
    set.alias = zones::Alias{name_field(inside, external ? "external" : "name"),
                             inside.flag("evaluate_target_health", false), external};
    inside.refuse_others();
    if (fields.has("values"))
      fields.fault(ErrorCode::bad_value, "an alias has no values of its own", "values");
    if (ttl) fields.fault(ErrorCode::bad_ttl, "an alias has the TTL of its target", "ttl");
  } else {
    fields.need("values");
    if (!fields.has("ttl")) fields.need("ttl");
    set.ttl = static_cast<std::uint32_t>(ttl.value_or(0));
    if (type) set.rdata = decode_values(fields, *type);
  }
  fields.refuse_others();
  return set;
}

Json encode_record(const zones::RecordSet& set) {
  Json out{{"name", set.owner.to_string()}, {"type", dns::to_string(set.type)}};
  if (set.alias) {
    out["alias"] = {{set.alias->external ? "external" : "name", set.alias->target.to_string()},
                    {"evaluate_target_health", set.alias->evaluate_target_health}};
  } else {
    out["ttl"] = set.ttl;
    out["values"] = Json::array();
    for (const Bytes& rdata : set.rdata)
      out["values"].push_back(zones::rdata_to_string(set.type, rdata));
  }
  if (!set.set_id.empty()) out["set_id"] = set.set_id;
  if (!std::holds_alternative<zones::Simple>(set.routing))
    out["routing"] = encode_routing(set.routing);
  if (!set.health_check_id.empty()) out["health_check_id"] = set.health_check_id;
  if (!set.traffic_policy_instance.empty())
    out["traffic_policy_instance_id"] = set.traffic_policy_instance;
  return out;
}

zones::ChangeBatch decode_batch(const zones::ZoneId& zone, const Json& json) {
  zones::ChangeBatch batch;
  std::vector<Error>& faults = batch.faults;
  Fields fields(json, "", faults);
  batch.zone = zone;
  batch.comment = fields.text("comment");
  batch.if_version = fields.maybe_number("if_version", 0, UINT64_MAX);
  const Json* changes = fields.need("changes");
  if (changes != nullptr && (!changes->is_array() || changes->empty()))
    fields.fault(ErrorCode::bad_value, "a list of at least one change is needed", "changes");
  for (std::size_t i = 0; changes != nullptr && changes->is_array() && i < changes->size(); ++i) {
    const std::size_t before = faults.size();
    Fields change((*changes)[i], "/changes/" + std::to_string(i), faults);
    const std::string action = change.needed_text("action");
    zones::Change out;
    if (action == "upsert")
      out.action = zones::Change::Action::upsert;
    else if (action == "delete")
      out.action = zones::Change::Action::remove;
    else if (action != "create" && !action.empty())
      change.fault(ErrorCode::bad_value,
                   "action \"" + action + "\" is unknown; use create, upsert or delete", "action");
    if (const Json* record = change.need("record"))
      out.record_set = decode_record(*record, change.pointer("record"), faults);
    change.refuse_others();
    out.readable = faults.size() == before;
    batch.changes.push_back(std::move(out));
  }
  fields.refuse_others();
  return batch;
}

Json encode_change(const zones::Commit& commit, std::string_view status) {
  Json out{{"id", commit.id.text}, {"status", status}};
  if (const auto* zone = std::get_if<zones::ZoneId>(&commit.scope)) {
    out["zone_id"] = zone->text;
    out["version"] = commit.version;
    out["serial"] = commit.soa_serial;
  } else {
    const auto& key = std::get<zones::ObjectKey>(commit.scope);
    out["object"] = std::string(zones::to_string(key.kind)) + "/" + key.id;
    out["version"] = commit.version;
  }
  out["submitted_at"] = format_time(commit.submitted);
  out["comment"] = commit.comment;
  const zones::Author author = zones::parse_author(commit.author);
  out["author"] = author.who;
  out["door"] = author.door;
  out["address"] = author.from.empty() ? Json() : Json(author.from);
  return out;
}

void add_effects(Json& change, const zones::Effects& effects) {
  if (effects.replaced) {
    change["replaced_record_sets"] = effects.replaced_sets;
    return;
  }
  change["removed"] = change["added"] = Json::array();
  for (const auto& set : effects.removed)
    change["removed"].push_back(encode_record(set));
  for (const auto& set : effects.added)
    change["added"].push_back(encode_record(set));
}

}  // namespace waymark::api
