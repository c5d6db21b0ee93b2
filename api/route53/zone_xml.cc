// SPDX-License-Identifier: Apache-2.0
#include "api/route53/zone_xml.h"

#include "api/http/json.h"
#include "api/route53/names.h"
#include "zones/delegation_sets.h"

namespace waymark::api {

AwsResult<ZoneExtras> extras_of(const zones::Snapshot& state, const zones::HostedZone& zone) {
  const auto object = state.object({zones::ObjectKind::zone, zone.id.text});
  if (!object) return fault_of(object.error());
  const auto json = *object ? parse_json(**object) : Result<Json>(Json::object());
  ZoneExtras extras{zone.id.text, {}, false, false};
  if (!json) return extras;
  extras.caller_reference = json->value("caller_reference", zone.id.text);
  extras.delegation_set = json->value("delegation_set", "");
  extras.has_features = json->contains("accelerated_recovery");
  extras.accelerated_recovery = json->value("accelerated_recovery", false);
  return extras;
}

AwsResult<void> append_zone(XmlWriter& xml, const zones::Snapshot& state,
                            const zones::HostedZone& zone) {
  const auto extras = extras_of(state, zone);
  if (!extras) return extras.error();
  xml.open("HostedZone");
  xml.text("Id", "/hostedzone/" + zone.id.text);
  xml.text("Name", aws_name(zone.name));
  xml.text("CallerReference", extras->caller_reference);
  xml.open("Config");
  if (!zone.comment.empty()) xml.text("Comment", zone.comment);
  xml.flag("PrivateZone", zone.is_private());
  xml.close();
  xml.number("ResourceRecordSetCount", zone.record_sets);
  if (extras->has_features) {
    xml.open("Features");
    xml.text("AcceleratedRecoveryStatus", extras->accelerated_recovery ? "ENABLED" : "DISABLED");
    xml.close();
  }
  xml.close();
  return {};
}

void append_name_server(XmlWriter& xml, std::string absolute) {
  if (absolute.size() > 1 && absolute.ends_with('.')) absolute.pop_back();
  xml.text("NameServer", absolute);
}

AwsResult<void> append_delegation_set(XmlWriter& xml, const zones::Snapshot& state,
                                      const zones::HostedZone& zone) {
  const auto extras = extras_of(state, zone);
  if (!extras) return extras.error();
  xml.open("DelegationSet");
  if (!extras->delegation_set.empty()) {
    const auto set = zones::delegation_set(state, extras->delegation_set);
    if (!set) return fault_of(set.error());
    xml.text("Id", "/delegationset/" + set->id);
    xml.text("CallerReference", set->caller_reference);
    xml.open("NameServers");
    for (const std::string& server : set->name_servers)
      append_name_server(xml, server);
  } else {
    const auto sets = state.record_sets_at(zone, zone.name);
    if (!sets) return fault_of(sets.error());
    xml.open("NameServers");
    for (const zones::RecordSet& set : *sets)
      if (set.type == dns::RrType::NS)
        for (const Bytes& rdata : set.rdata)
          append_name_server(xml, dns::Name::trusted(rdata).to_string());
  }
  xml.close();
  xml.close();
  return {};
}

}  // namespace waymark::api
