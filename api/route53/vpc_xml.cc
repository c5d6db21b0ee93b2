// SPDX-License-Identifier: Apache-2.0
#include "api/route53/vpc_xml.h"

#include <algorithm>

namespace waymark::api {
namespace {

AwsFault invalid_vpc(const std::string& why = {}) {
  return {400, "InvalidVPCId", "The VPC ID is invalid." + why};
}

/// The zone of that name which the VPC sees.
std::string zone_seen(const zones::Snapshot& state, const dns::Name& name, const std::string& vpc) {
  const auto namesakes = state.zones_named(name);
  if (namesakes)
    for (const zones::HostedZone& zone : *namesakes)
      if (std::find(zone.vpcs.begin(), zone.vpcs.end(), vpc) != zone.vpcs.end())
        return zone.id.text;
  return "unknown";
}

}  // namespace

std::optional<AwsVpc> read_aws_vpc(XmlFields& fields, std::optional<AwsFault>& fault) {
  const XmlElement* element = fields.find("VPC");
  if (element == nullptr) return std::nullopt;
  XmlFields inside(element, fault);
  AwsVpc vpc{inside.text("VPCRegion").value_or(""), inside.needed_text("VPCId")};
  if (inside.has("VPCRegion") && !zones::is_vpc_region(vpc.region))
    inside.fault("VPCRegion '" + vpc.region + "' is no region");
  inside.refuse_others();
  return vpc;
}

AwsResult<zones::Vpc> find_aws_vpc(const zones::Snapshot& state, const AwsVpc& wanted) {
  auto found = zones::find_vpc(state, wanted.id);
  if (!found && found.error().code() == ErrorCode::not_found) return invalid_vpc();
  if (!found) return fault_of(found.error());
  if (!wanted.region.empty() && !found->region.empty() && wanted.region != found->region)
    return invalid_vpc(" It is in region " + found->region + ".");
  return std::move(*found);
}

std::string aws_vpc_id(const zones::Vpc& vpc) {
  return vpc.name.starts_with("vpc-") ? vpc.name : vpc.id;
}

std::string aws_vpc_region(const zones::Vpc& vpc) {
  return vpc.region.empty() ? "us-east-1" : vpc.region;
}

void append_vpc(XmlWriter& xml, const zones::Vpc& vpc) {
  xml.open("VPC");
  xml.text("VPCRegion", aws_vpc_region(vpc));
  xml.text("VPCId", aws_vpc_id(vpc));
  xml.close();
}

AwsResult<void> append_vpcs(XmlWriter& xml, const zones::Snapshot& state,
                            const std::vector<std::string>& ids) {
  xml.open("VPCs");
  if (!ids.empty()) {
    const auto all = zones::vpcs(state);
    if (!all) return fault_of(all.error());
    for (const zones::Vpc& vpc : *all)
      if (std::find(ids.begin(), ids.end(), vpc.id) != ids.end()) append_vpc(xml, vpc);
  }
  xml.close();
  return {};
}

AwsFault fault_of_vpc(const Error& error, const zones::Snapshot& state, const dns::Name& name,
                      const zones::Vpc& vpc) {
  const auto causes = error.causes();
  const Error first = causes.empty() ? error : causes.front();
  switch (first.code()) {
    case ErrorCode::unsupported:
      return {400, "PublicZoneVPCAssociation",
              "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't "
              "support associating a VPC with a public hosted zone."};
    case ErrorCode::zone_exists:
      return {400, "ConflictingDomainExists",
              "The VPC " + aws_vpc_id(vpc) + " in region " + aws_vpc_region(vpc) +
                  " has already been associated with the hosted zone " +
                  zone_seen(state, name, vpc.id) + " with the same domain name."};
    case ErrorCode::too_large:
      return {400, "LimitsExceeded", first.detail()};
    case ErrorCode::not_found:
      return {404, "VPCAssociationNotFound", first.detail()};
    case ErrorCode::in_use:
      return {400, "LastVPCAssociation",
              "The VPC that you are trying to disassociate from the private hosted zone is the "
              "last VPC that is associated with the hosted zone."};
    case ErrorCode::bad_value:
      return invalid_vpc();
    default:
      return fault_of(first);
  }
}

}  // namespace waymark::api
