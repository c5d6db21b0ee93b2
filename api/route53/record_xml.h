// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "api/route53/fault.h"
#include "api/route53/xml.h"
#include "zones/change_batch.h"

namespace waymark::api {

/// `<ChangeBatch>` → the batch that REST makes of JSON, to be judged in order as well. Structural
/// faults are InvalidInput and stop at the first; what names and values say wrong is kept in the
/// batch's faults, in the words of Route 53, and told together.
AwsResult<zones::ChangeBatch> decode_change_batch(const XmlElement* batch,
                                                  const zones::HostedZone& zone);

void append_record_set(XmlWriter& xml, const zones::HostedZone& zone, const zones::RecordSet& set);

/// "A", "CNAME", … one of the 17 types that Route 53 knows.
bool is_aws_type(std::string_view type) noexcept;

}  // namespace waymark::api
