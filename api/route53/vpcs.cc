// SPDX-License-Identifier: Apache-2.0
//
// Private hosted zones: which VPCs see them, and which keys may say so.
#include "zones/vpcs.h"

#include <algorithm>

#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/vpc_xml.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_zones = 100, most_authorizations = 50;  // of one page
constexpr std::size_t most_comment = 256;
constexpr const char* owning_account = "000000000000";  // there is one

/// What every operation here is about.
struct Asked {
  zones::HostedZone zone;
  zones::Vpc vpc;
  std::string comment;
};

AwsResult<Asked> read(const AwsContext& context, const AwsCall& call, bool with_comment) {
  std::optional<AwsFault> fault;
  XmlFields fields(&call.body, fault);
  fields.need("VPC");
  const auto wanted = read_aws_vpc(fields, fault);
  Asked asked;
  if (with_comment) asked.comment = fields.text("Comment").value_or("");
  if (characters(asked.comment) > most_comment)
    fields.fault("A Comment has at most 256 characters");
  fields.refuse_others();
  if (fault) return *std::move(fault);
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  auto zone = aws_zone(**snapshot, call.request);
  if (!zone) return zone.error();
  auto vpc = find_aws_vpc(**snapshot, *wanted);
  if (!vpc) return vpc.error();
  asked.zone = std::move(*zone);
  asked.vpc = std::move(*vpc);
  return asked;
}

/// A key that is limited to zones could make one answer for the clients of any VPC, so it needs an
/// authorization by a key that is not.
std::optional<AwsFault> refuse_unauthorized(const AwsContext& context, const AwsCall& call,
                                            const Asked& asked) {
  if (call.request.principal.zones.empty()) return std::nullopt;
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) return fault_of(snapshot.error());
  const auto held = (*snapshot)->object(zones::vpc_authorization_key(asked.zone.id, asked.vpc.id));
  if (!held) return fault_of(held.error());
  if (*held) return std::nullopt;
  return AwsFault{401, "NotAuthorizedException",
                  "This access key is limited to zones, and VPC " + aws_vpc_id(asked.vpc) +
                      " is not authorized for hosted zone " + asked.zone.id.text};
}

/// The zone's VPCs with one more, or one less.
zones::ChangePipeline::Resolve resolving(const Asked& asked, bool adding) {
  return [id = asked.zone.id, vpc = asked.vpc.id, comment = asked.comment, adding](
             const zones::Snapshot& state, zones::Decider by) -> Result<zones::Commit> {
    const auto zone = state.zone(id);
    if (!zone) return zone.error();
    if (!*zone) return Error(ErrorCode::zone_not_found, "there is no zone with id " + id.text);
    std::vector<std::string> vpcs = (*zone)->vpcs;
    const auto found = std::find(vpcs.begin(), vpcs.end(), vpc);
    if (adding && found != vpcs.end())
      return Error(ErrorCode::zone_exists, "the zone is seen by the VPC already");
    if (!adding && found == vpcs.end())
      return Error(ErrorCode::not_found, "The VPC is not associated with hosted zone " + id.text);
    if (!adding && vpcs.size() == 1)
      return Error(ErrorCode::in_use, "it is the last VPC of the zone");
    if (adding)
      vpcs.push_back(vpc);
    else
      vpcs.erase(found);
    auto commit = zones::resolve_zone_vpcs(state, id, vpcs, std::nullopt, std::move(by));
    if (commit) commit->comment = comment;
    return commit;
  };
}

Awaitable<AwsResult<Response>> change(AwsContext& context, const AwsCall& call, bool adding) {
  const auto asked = read(context, call, true);
  if (!asked) co_return asked.error();
  if (auto refused = refuse_unauthorized(context, call, *asked)) co_return *refused;
  auto resolve = resolving(*asked, adding);
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) {
    const auto snapshot = context.services.store.snapshot();
    if (!snapshot) co_return fault_of(snapshot.error());
    co_return fault_of_vpc(done.error(), **snapshot, asked->zone.name, asked->vpc);
  }
  XmlWriter xml(adding ? "AssociateVPCWithHostedZoneResponse"
                       : "DisassociateVPCFromHostedZoneResponse");
  append_change_info(xml, context, *done, true);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> associate(AwsContext& context, const AwsCall& call) {
  co_return co_await change(context, call, true);
}

Awaitable<AwsResult<Response>> disassociate(AwsContext& context, const AwsCall& call) {
  co_return co_await change(context, call, false);
}

/// Judged with the state that it is decided on. There is one for each VPC at most, and they end
/// with it.
zones::ChangePipeline::Resolve authorizing(const Asked& asked) {
  return [zone = asked.zone.id, vpc = asked.vpc.id](const zones::Snapshot& state,
                                                    zones::Decider by) -> Result<zones::Commit> {
    const auto stands = state.zone(zone);
    if (!stands) return stands.error();
    if (!*stands) return Error(ErrorCode::zone_not_found, "there is no zone " + zone.text);
    return zones::resolve_object(state, zones::vpc_authorization_key(zone, vpc), "authorized",
                                 std::move(by));
  };
}

Awaitable<AwsResult<Response>> authorize(AwsContext& context, const AwsCall& call) {
  if (auto refused = refuse_limited(call)) co_return *refused;
  const auto asked = read(context, call, false);
  if (!asked) co_return asked.error();
  if (!asked->zone.is_private())
    co_return invalid_input("Hosted zone " + asked->zone.id.text + " is public");
  auto resolve = authorizing(*asked);
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.decide(std::move(resolve), std::move(author));
  if (!done) co_return fault_of(done.error());
  XmlWriter xml("CreateVPCAssociationAuthorizationResponse");
  xml.text("HostedZoneId", asked->zone.id.text);
  append_vpc(xml, asked->vpc);
  co_return xml_response(200, std::move(xml));
}

Awaitable<AwsResult<Response>> deauthorize(AwsContext& context, const AwsCall& call) {
  if (auto refused = refuse_limited(call)) co_return *refused;
  const auto asked = read(context, call, false);
  if (!asked) co_return asked.error();
  zones::ObjectKey key = zones::vpc_authorization_key(asked->zone.id, asked->vpc.id);
  std::string author = aws_author(call.request);
  const auto done =
      co_await context.services.pipeline.remove_object(std::move(key), true, std::move(author));
  if (!done && done.error().code() == ErrorCode::not_found)
    co_return AwsFault{
        404, "VPCAssociationAuthorizationNotFound",
        "The VPC is not authorized to be associated with hosted zone " + asked->zone.id.text};
  if (!done) co_return fault_of(done.error());
  co_return xml_response(200, XmlWriter("DeleteVPCAssociationAuthorizationResponse"));
}

Awaitable<AwsResult<Response>> list_authorizations(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_authorizations, "maxresults");
  if (!limit) co_return limit.error();
  const std::string token = call.request.value("nexttoken").value_or("");
  if (!token.empty() && !token.starts_with("vpc-"))
    co_return AwsFault{400, "InvalidPaginationToken", "nexttoken is not one of ours"};
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = aws_zone(**snapshot, call.request);
  if (!zone) co_return zone.error();
  auto ids = zones::vpc_authorizations(**snapshot, zone->id);
  if (!ids) co_return fault_of(ids.error());
  std::erase_if(*ids, [&](const std::string& id) { return id < token; });
  std::string next;
  if (ids->size() > *limit) {
    next = (*ids)[*limit];
    ids->resize(*limit);
  }
  XmlWriter xml("ListVPCAssociationAuthorizationsResponse");
  xml.text("HostedZoneId", zone->id.text);
  if (!next.empty()) xml.text("NextToken", next);
  if (auto told = append_vpcs(xml, **snapshot, *ids); !told) co_return told.error();
  co_return xml_response(200, std::move(xml));
}

/// Zones that a VPC sees and the key reaches, by id, from the token on.
AwsResult<std::vector<zones::HostedZone>> zones_seen(const zones::Snapshot& state,
                                                     const Request& request) {
  const std::string token = request.value("nexttoken").value_or("");
  if (!token.empty() && !token.starts_with('Z'))
    return AwsFault{400, "InvalidPaginationToken", "nexttoken is not one of ours"};
  const auto id = request.value("vpcid"), region = request.value("vpcregion");
  if (!id || !region) return invalid_input("vpcid and vpcregion are needed");
  if (!zones::is_vpc_region(*region))
    return invalid_input("vpcregion '" + *region + "' is no region");
  const auto vpc = find_aws_vpc(state, {*region, *id});
  if (!vpc && vpc.error().code == "InvalidVPCId") return invalid_input(vpc.error().message);
  if (!vpc) return vpc.error();
  auto all = zones::zones_of_vpc(state, vpc->id);
  if (!all) return fault_of(all.error());
  std::erase_if(*all, [&](const zones::HostedZone& zone) {
    return zone.id.text < token || !permitted(request.principal, zone);
  });
  std::sort(all->begin(), all->end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return std::move(*all);
}

Awaitable<AwsResult<Response>> list_by_vpc(AwsContext& context, const AwsCall& call) {
  const auto limit = max_items(call.request, most_zones);
  if (!limit) co_return limit.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto all = zones_seen(**snapshot, call.request);
  if (!all) co_return all.error();
  XmlWriter xml("ListHostedZonesByVPCResponse");
  xml.open("HostedZoneSummaries");
  for (std::size_t i = 0; i < std::min(all->size(), *limit); ++i) {
    xml.open("HostedZoneSummary");
    xml.text("HostedZoneId", (*all)[i].id.text);
    xml.text("Name", aws_name((*all)[i].name));
    xml.open("Owner");
    xml.text("OwningAccount", owning_account);
    xml.close();
    xml.close();
  }
  xml.close();
  xml.number("MaxItems", *limit);
  if (all->size() > *limit) xml.text("NextToken", (*all)[*limit].id.text);
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> vpc_operations() {
  const Access read = Access::read, write = Access::write;
  const std::string zone = "hostedzone/{zone}/";
  const std::string authorization = zone + "authorizevpcassociation";
  return {
      {"POST", zone + "associatevpc", write, "AssociateVPCWithHostedZoneRequest", {}, associate},
      {"POST",
       zone + "disassociatevpc",
       write,
       "DisassociateVPCFromHostedZoneRequest",
       {},
       disassociate},
      {"POST", authorization, write, "CreateVPCAssociationAuthorizationRequest", {}, authorize},
      {"POST",
       zone + "deauthorizevpcassociation",
       write,
       "DeleteVPCAssociationAuthorizationRequest",
       {},
       deauthorize},
      {"GET", authorization, read, {}, {"nexttoken", "maxresults"}, list_authorizations},
      {"GET",
       "hostedzonesbyvpc",
       read,
       {},
       {"vpcid", "vpcregion", "maxitems", "nexttoken"},
       list_by_vpc},
  };
}

}  // namespace waymark::api
