// SPDX-License-Identifier: Apache-2.0
//
// DNSSEC: no zone is signed here, and every operation answers as for one that is not.
#include <algorithm>

#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/xml_fields.h"

namespace waymark::api {
namespace {

AwsResult<zones::HostedZone> zone_of(const AwsContext& context, const Request& request) {
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  auto zone = aws_zone(**snapshot, request);
  if (zone && zone->is_private())
    return AwsFault{400, "InvalidArgument",
                    "DNSSEC is for public zones, and hosted zone " + zone->id.text + " is private"};
  return zone;
}

Awaitable<AwsResult<Response>> show(AwsContext& context, const AwsCall& call) {
  const auto zone = zone_of(context, call.request);
  if (!zone) co_return zone.error();
  XmlWriter xml("GetDNSSECResponse");
  xml.open("Status");
  xml.text("ServeSignature", "NOT_SIGNING");
  xml.close();
  xml.open("KeySigningKeys");
  xml.close();
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> enable(AwsContext& context, const AwsCall& call) {
  const auto zone = zone_of(context, call.request);
  if (!zone) co_return zone.error();
  co_return AwsFault{400, "KeySigningKeyWithActiveStatusNotFound",
                     "Hosted zone with ID '" + zone->id.text +
                         "' does not have a Key Signing Key in ACTIVE status."};
}

Awaitable<AwsResult<Response>> disable(AwsContext& context, const AwsCall& call) {
  const auto zone = zone_of(context, call.request);
  if (!zone) co_return zone.error();
  co_return AwsFault{400, "DNSSECNotFound",
                     "DNSSEC signing is not enabled for hosted zone " + zone->id.text};
}

bool is_key_name(const std::string& name) {
  return name.size() >= 3 && name.size() <= 128 &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

/// There is nothing that could keep a private key, so every ARN is one too many.
Awaitable<AwsResult<Response>> create_key(AwsContext& context, const AwsCall& call) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  fields.needed_text("CallerReference");
  AwsCall of_zone = call;
  of_zone.request.parameters["zone"] = bare_id(fields.needed_text("HostedZoneId"));
  const std::string arn = fields.needed_text("KeyManagementServiceArn");
  const std::string name = fields.needed_text("Name"), status = fields.needed_text("Status");
  fields.refuse_others();
  if (fault) co_return *std::move(fault);
  const auto zone = zone_of(context, of_zone.request);
  if (!zone) co_return zone.error();
  if (!is_key_name(name))
    co_return AwsFault{400, "InvalidKeySigningKeyName",
                       "'" + name + "' is not 3 to 128 letters, digits and underscores"};
  if (status != "ACTIVE" && status != "INACTIVE")
    co_return AwsFault{400, "InvalidKeySigningKeyStatus",
                       "Status '" + status + "' is neither ACTIVE nor INACTIVE"};
  co_return AwsFault{400, "InvalidKMSArn", "Zones are not signed here, and there is no key " + arn};
}

Awaitable<AwsResult<Response>> no_such_key(AwsContext& context, const AwsCall& call) {
  const auto zone = zone_of(context, call.request);
  if (!zone && zone.error().code != "NoSuchHostedZone") co_return zone.error();
  co_return AwsFault{404, "NoSuchKeySigningKey",
                     "Hosted zone " + call.request.parameter("zone") + " has no key-signing key " +
                         call.request.parameter("name")};
}

}  // namespace

std::vector<AwsOperation> dnssec_operations() {
  const Access read = Access::read, write = Access::write;
  const std::string key = "keysigningkey/{zone}/{name}";
  return {
      {"GET", "hostedzone/{zone}/dnssec", read, {}, {}, show},
      {"POST", "hostedzone/{zone}/enable-dnssec", write, {}, {}, enable},
      {"POST", "hostedzone/{zone}/disable-dnssec", write, {}, {}, disable},
      {"POST", "keysigningkey", write, "CreateKeySigningKeyRequest", {}, create_key},
      {"POST", key + "/activate", write, {}, {}, no_such_key},
      {"POST", key + "/deactivate", write, {}, {}, no_such_key},
      {"DELETE", key, write, {}, {}, no_such_key},
  };
}

}  // namespace waymark::api
