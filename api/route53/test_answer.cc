// SPDX-License-Identifier: Apache-2.0
//
// TestDNSAnswer: what the server would answer, by the walk that it takes.
#include <charconv>

#include "api/rest/response_json.h"
#include "api/route53/door.h"
#include "api/route53/names.h"
#include "api/route53/record_xml.h"
#include "dns/explain.h"

namespace waymark::api {
namespace {

constexpr std::uint8_t usual_v4 = 24, usual_v6 = 64;  // bits of a client subnet (behaviour §9)
constexpr std::size_t most_udp_octets = 1232;         // what workers send over UDP

AwsResult<std::string> needed(const Request& request, std::string_view name) {
  auto text = request.value(name);
  if (text && !text->empty()) return *text;
  return invalid_input("The parameter " + std::string(name) + " is missing");
}

AwsResult<IpAddress> address_of(const std::string& text) {
  auto address = IpAddress::parse(text);
  if (!address) return invalid_input(address.error().detail());
  return *address;
}

AwsResult<std::optional<IpPrefix>> subnet_of(const Request& request) {
  const auto ip = request.value("edns0clientsubnetip"),
             mask = request.value("edns0clientsubnetmask");
  if (!ip || ip->empty()) {
    if (mask && !mask->empty())
      return invalid_input("edns0clientsubnetmask is given together with edns0clientsubnetip");
    return std::optional<IpPrefix>();
  }
  const auto address = address_of(*ip);
  if (!address) return address.error();
  std::uint8_t bits = address->is_v4() ? usual_v4 : usual_v6;
  if (mask && !mask->empty()) {
    const char* end = mask->data() + mask->size();
    const auto [stop, failure] = std::from_chars(mask->data(), end, bits);
    if (failure != std::errc{} || stop != end || bits > address->bits())
      return invalid_input("edns0clientsubnetmask '" + *mask + "' is not a number from 0 to " +
                           std::to_string(address->bits()));
  }
  return std::optional(IpPrefix::of(*address, bits));
}

AwsResult<dns::Question> question_of(const Request& request) {
  const auto name_text = needed(request, "recordname");
  if (!name_text) return name_text.error();
  const auto type_text = needed(request, "recordtype");
  if (!type_text) return type_text.error();
  const auto name = parse_aws_name(*name_text);
  if (!name) return invalid_input(name.error().message);
  const auto type = dns::parse_rr_type(*type_text);
  if (!type || !is_aws_type(*type_text))
    return invalid_input("recordtype '" + *type_text + "' is not known");
  dns::Question question;
  question.name = *name;
  question.type = *type;
  if (const auto text = request.value("resolverip"); text && !text->empty()) {
    const auto resolver = address_of(*text);
    if (!resolver) return resolver.error();
    question.client = *resolver;
  }
  const auto subnet = subnet_of(request);
  if (!subnet) return subnet.error();
  question.subnet = *subnet;
  return question;
}

/// The zone that is asked, when the name lies in it.
AwsResult<zones::HostedZone> zone_of(const zones::Snapshot& state, const Request& request,
                                     const dns::Name& name) {
  const auto id = needed(request, "hostedzoneid");
  if (!id) return id.error();
  auto zone = aws_zone(state, std::string(bare_id(*id)), request.principal);
  if (!zone) return zone;
  if (zone->is_private()) return invalid_input("Only public hosted zones can be tested");
  if (!name.is_under(zone->name))
    return invalid_input(aws_name(name) + " is not in the zone " + aws_name(zone->name));
  return zone;
}

/// The first of the name servers that the zone's NS records name.
AwsResult<std::string> name_server(const zones::Snapshot& state, const zones::HostedZone& zone) {
  const auto sets = state.record_sets_at(zone, zone.name);
  if (!sets) return fault_of(sets.error());
  for (const zones::RecordSet& set : *sets) {
    if (set.type != dns::RrType::NS || set.rdata.empty()) continue;
    std::string server = dns::Name::trusted(set.rdata.front()).to_string();
    server.pop_back();
    return server;
  }
  return aws_name(zone.name);
}

dns::Labels no_labels() {
  dns::Labels labels;
  labels.target = [](auto&&...) { return std::string(); };
  labels.slot = [](auto&&...) { return std::string(); };
  labels.region = [](auto&&...) { return std::string(); };
  labels.place_source = [](auto&&...) { return std::string(); };
  labels.location = [](auto&&...) { return std::string(); };
  labels.external = [](auto&&...) { return std::string(); };
  return labels;
}

/// Draws differ from call to call.
std::uint64_t seed_now(const Clock& clock) {
  return static_cast<std::uint64_t>(clock.now().time_since_epoch().count());
}

Awaitable<AwsResult<Response>> test_answer(AwsContext& context, const AwsCall& call) {
  auto question = question_of(call.request);
  if (!question) co_return question.error();
  const auto snapshot = context.services.store.snapshot();
  if (!snapshot) co_return fault_of(snapshot.error());
  const auto zone = zone_of(**snapshot, call.request, question->name);
  if (!zone) co_return zone.error();
  const auto server = name_server(**snapshot, *zone);
  if (!server) co_return server.error();
  const auto deepest = (*snapshot)->zone_above(question->name);
  if (!deepest) co_return fault_of(deepest.error());
  const auto image = context.services.image();
  if (!image) co_return AwsFault{503, "ServiceUnavailable", "nothing has been published yet"};

  question->seed = seed_now(context.services.clock);
  const auto told = dns::explain(*image, context.services.board.health(), *question, no_labels());
  const Json reply = show_response(told.response);
  XmlWriter xml("TestDNSAnswerResponse");
  xml.text("Nameserver", *server);
  xml.text("RecordName", aws_name(question->name));
  xml.text("RecordType", dns::to_string(question->type));
  xml.open("RecordData");
  // What a zone below answers is not this zone's.
  const bool own = *deepest && (*deepest)->id == zone->id;
  if (own && reply.contains("answer"))
    for (const Json& record : reply["answer"])
      xml.text("RecordDataEntry", decimal_to_octal(record["value"].get<std::string>()));
  xml.close();
  xml.text("ResponseCode", own ? reply.value("rcode", "SERVFAIL") : "NOERROR");
  xml.text("Protocol", told.response.size() > most_udp_octets ? "TCP" : "UDP");
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<AwsOperation> test_answer_operations() {
  return {{"GET",
           "testdnsanswer",
           Access::read,
           {},
           {"hostedzoneid", "recordname", "recordtype", "resolverip", "edns0clientsubnetip",
            "edns0clientsubnetmask"},
           test_answer}};
}

}  // namespace waymark::api
