// SPDX-License-Identifier: Apache-2.0
//
// VPCs, as Route 53 tells them: one that is named "vpc-…" goes by that name, else by its id.
#pragma once

#include <optional>
#include <string>

#include "api/route53/xml_fields.h"
#include "zones/vpcs.h"

namespace waymark::api {

/// `<VPC>` of a request.
struct AwsVpc {
  std::string region, id;
};
/// None, without a fault, when there is no such element.
std::optional<AwsVpc> read_aws_vpc(XmlFields& fields, std::optional<AwsFault>& fault);

/// By id or name; InvalidVPCId when there is none, or when it is said to be in another region.
AwsResult<zones::Vpc> find_aws_vpc(const zones::Snapshot& state, const AwsVpc& wanted);

std::string aws_vpc_id(const zones::Vpc& vpc);
std::string aws_vpc_region(const zones::Vpc& vpc);  // "us-east-1" unless the operator said
void append_vpc(XmlWriter& xml, const zones::Vpc& vpc);
/// `<VPCs>` by their ids.
AwsResult<void> append_vpcs(XmlWriter& xml, const zones::Snapshot& state,
                            const std::vector<std::string>& ids);

/// Why a private zone `name` can not be seen by a VPC, or be taken from it.
AwsFault fault_of_vpc(const Error& error, const zones::Snapshot& state, const dns::Name& name,
                      const zones::Vpc& vpc);

}  // namespace waymark::api
