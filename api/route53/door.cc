// SPDX-License-Identifier: Apache-2.0
#include "api/route53/door.h"

#include <charconv>

#include "api/http/times.h"
#include "api/route53/names.h"

namespace waymark::api {
namespace {

constexpr std::string_view version = "2013-04-01";
constexpr std::uint64_t max_body_octets = 1024 * 1024;
constexpr std::size_t max_query_octets = 1024;  // of one value; the longest are names, escaped

std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (end != 0) out.emplace_back(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return out;
}

std::string header(const RawRequest& raw, std::string_view name) {
  for (const auto& [key, value] : raw.headers)
    if (std::equal(key.begin(), key.end(), name.begin(), name.end(),
                   [](char a, char b) { return (a | 32) == (b | 32); }))
      return value;
  return {};
}

/// What a key of some zones may ask for: the handlers look at the zone, or tell what is no secret.
/// Anything else is of the whole server.
bool is_for_keys_of_zones(std::string_view pattern) {
  for (const std::string_view begin :
       {"hostedzone", "change/", "tags/", "testdnsanswer", "geolocation", "checkeripranges",
        "keysigningkey", "queryloggingconfig", "trafficpolicyinstance"})
    if (pattern.starts_with(begin)) return true;
  return false;
}

std::optional<AwsFault> refuse_long(const Request& request) {
  for (const auto& [name, value] : request.query)
    if (value.size() > max_query_octets)
      return invalid_input(name + " is longer than " + std::to_string(max_query_octets) +
                           " octets");
  return std::nullopt;
}

AwsFault wrong_root(const std::string& found, const std::string& wanted) {
  return {400, "MalformedInput", found + " is not valid, expected " + wanted};
}

}  // namespace

Route53Door::Route53Door(asio::io_context& io, FileDescriptor listening_socket, Services services,
                         asio::thread_pool& background, bool signatures)
    : context_{std::move(services), background},
      keys_(context_.services.store, context_.services.clock, context_.services.data_dir),
      guesses_(context_.services.clock),
      writes_(context_.services.clock),
      random_(Random::from_system()),
      signatures_(signatures),
      door_{SignedDoor{max_body_octets, !signatures,
                       [this](const RawRequest& raw) { return answer(raw); },
                       [this](const Error& error) { return refuse(fault_of(error)); }},
            context_.services.clock, RequestStats("route53")},
      listener_(io, std::move(listening_socket), door_) {
  for (const auto& part :
       {zone_operations(), record_operations(), health_check_operations(), checker_operations(),
        tag_operations(), limit_operations(), geo_operations(), cidr_operations(),
        test_answer_operations(), vpc_operations(), traffic_policy_operations(),
        traffic_instance_operations(), delegation_set_operations(), query_logging_operations(),
        dnssec_operations()})
    operations_.insert(operations_.end(), part.begin(), part.end());
  for (const AwsOperation& one : operations_)
    router_.add({one.method,
                 "/" + std::string(version) + "/" + one.pattern,
                 one.access,
                 one.root.empty() ? Body::none : Body::text,
                 one.query,
                 {},
                 {}});
}

void Route53Door::use(TlsContext tls) {
  tls_ = tls != nullptr;
  listener_.use(std::move(tls));
}

Response Route53Door::refuse(const AwsFault& fault) {
  return to_response(fault, zones::new_uuid(random_));
}

Awaitable<Response> Route53Door::answer(const RawRequest& raw) {
  std::string pattern = "other";
  const MonotonicTime begun = door_.clock.monotonic();
  const auto done = co_await perform(raw, pattern);
  Response response = done ? *done : refuse(done.error());
  if (done) response.headers.emplace_back("x-amzn-RequestId", zones::new_uuid(random_));
  door_.stats.count(pattern, pattern == "other" ? "other" : raw.method, response.status,
                    door_.clock.monotonic() - begun);
  co_return response;
}

/// Guessing is slow (API-8). A key that was right from its address before is judged always, so that
/// nobody shuts its owner out; who guesses its secret there hears no more than others.
AwsResult<Route53Door::Caller> Route53Door::authenticate(const RawRequest& raw) {
  if (!signatures_) return Caller{{"anyone", true, {}}, {}};
  const TimePoint now = context_.services.clock.now();
  auto claim = read_claim(raw, "route53", now);
  if (!claim) return claim.error();
  const auto address = IpAddress::parse(raw.address);
  const IpAddress from = address ? *address : IpAddress();
  const bool slowed = !guesses_.may_try(from, {});
  if (slowed && !guesses_.may_try(from, claim->key_id)) return rate_exceeded();
  const auto key = keys_.find(claim->key_id);
  if (!key) return fault_of(key.error());
  // An id that is not known costs what a wrong secret does.
  const bool matches = is_signed_with(raw, *claim, *key ? (*key)->secret : std::string(40, 'x'));
  const bool right = matches && *key;
  guesses_.note(from, claim->key_id, right);
  if (right) return Caller{(*key)->principal, std::move(*claim), now};
  if (slowed) return rate_exceeded();
  if (!*key)
    return AwsFault{403, "InvalidClientTokenId",
                    "The access key in the request is not known, or no longer valid"};
  return AwsFault{403, "SignatureDoesNotMatch",
                  "The signature is not that of this request with this key; check the secret "
                  "access key and the signing method"};
}

std::optional<AwsFault> Route53Door::refuse_repeated(const Caller& caller) {
  if (!caller.claim) return std::nullopt;
  switch (writes_.take(caller.claim->signature, caller.claim->at, caller.judged_at)) {
    case SignedWrites::Verdict::first:
      return std::nullopt;
    case SignedWrites::Verdict::again:
      return AwsFault{403, "SignatureDoesNotMatch",
                      "A request with this signature was taken before, and a change is made once; "
                      "sign it anew to ask again"};
    case SignedWrites::Verdict::before_start:  // SDKs sign anew when they try again
      return AwsFault{503, "ServiceUnavailable",
                      "The request was signed before this server was started, which may have taken "
                      "it then; sign it anew"};
    case SignedWrites::Verdict::twin:
      return AwsFault{400, "Throttling",
                      "Rate exceeded: this very request was taken a moment ago; sign it anew"};
    case SignedWrites::Verdict::full:
      break;
  }
  return rate_exceeded();
}

Awaitable<AwsResult<Response>> Route53Door::perform(const RawRequest& raw, std::string& pattern) {
  auto caller = authenticate(raw);
  if (!caller) co_return caller.error();
  AwsCall call;
  const Router::Match match = router_.match(raw.method, normal_target(raw.target), call.request);
  if (match.route == nullptr) {
    if (match.fault.code() == ErrorCode::bad_request) co_return invalid_input(match.fault.detail());
    co_return AwsFault{404, "UnknownOperationException",
                       raw.method + " " + raw.target + " is no operation that is served here"};
  }
  const AwsOperation& operation =
      operations_[static_cast<std::size_t>(match.route - router_.routes().data())];
  pattern = match.route->pattern;
  call.request.principal = caller->who;
  call.request.principal.door = "route53";
  call.request.principal.address = raw.address;
  if (operation.access == Access::write && !call.request.principal.may_write)
    co_return AwsFault{403, "AccessDenied", "This access key may only read"};
  if (!call.request.principal.zones.empty() && !is_for_keys_of_zones(operation.pattern))
    co_return AwsFault{403, "AccessDenied", "This access key is limited to its zones"};
  if (operation.access == Access::write)
    if (auto repeated = refuse_repeated(*caller)) co_return *std::move(repeated);
  if (auto refused = refuse_long(call.request)) co_return *refused;
  if (operation.root.empty() && !raw.body.empty())
    co_return invalid_input("This operation takes no body");
  if (!operation.root.empty() && !raw.body.empty()) {  // SDKs send none when nothing is in it
    auto body = parse_xml(raw.body);
    if (!body) co_return invalid_input("Invalid XML ; " + body.error().detail());
    if (body->name != operation.root) co_return wrong_root(body->name, operation.root);
    call.body = std::move(*body);
  }
  call.base_url =
      (tls_ ? "https://" : "http://") + header(raw, "host") + "/" + std::string(version) + "/";
  co_return co_await operation.handler(context_, call);
}

std::string normal_target(std::string_view target) {
  const std::size_t question = target.find('?');
  const std::string_view raw = target.substr(0, question);
  const auto decoded = percent_decode(raw);
  std::vector<std::string> path;
  for (const std::string& segment : segments_of(decoded ? std::string_view(*decoded) : raw)) {
    const bool kind = segment == "hostedzone" || segment == "change" || segment == "delegationset";
    if (!kind || path.empty() || path.back() != segment) path.push_back(segment);
  }
  std::string out = path.empty() ? "/" : "";
  for (const std::string& segment : path)
    out += "/" + percent_encode(segment);
  if (question == std::string_view::npos) return out;
  for (const char c : target.substr(question))
    out += c == '+' ? std::string("%20") : std::string(1, c);
  return out;
}

Response xml_response(unsigned status, XmlWriter xml) {
  return {status, std::string(xml_type), xml.finish(), {}};
}

AwsResult<std::size_t> max_items(const Request& request, std::size_t most,
                                 std::string_view parameter) {
  const auto text = request.value(parameter);
  if (!text) return most;
  std::size_t value = 0;
  const char* end = text->data() + text->size();
  const auto [stop, failure] = std::from_chars(text->data(), end, value);
  if (failure == std::errc::result_out_of_range) return most;
  if (failure != std::errc{} || stop != end || value < 1)
    return invalid_input(std::string(parameter) + " '" + *text +
                         "' is not a whole number from 1 on");
  return std::min(value, most);
}

std::optional<AwsFault> refuse_limited(const AwsCall& call) {
  if (call.request.principal.zones.empty()) return std::nullopt;
  return AwsFault{403, "AccessDenied", "This access key is limited to its zones"};
}

AwsResult<zones::HostedZone> aws_zone(const zones::Snapshot& state, const Request& request) {
  return aws_zone(state, request.parameter("zone"), request.principal);
}

AwsResult<zones::HostedZone> aws_zone(const zones::Snapshot& state, const std::string& id,
                                      const Principal& who) {
  const auto found = state.zone({id});
  if (!found) return fault_of(found.error());
  if (!*found) return no_such_zone(id);
  if (!permitted(who, **found))
    return AwsFault{403, "AccessDenied", "This access key is not for the hosted zone " + id};
  return **found;
}

std::string aws_author(const Request& request) {
  return request.principal.author();
}

void append_change_info(XmlWriter& xml, const AwsContext& context, const zones::Committed& done,
                        bool with_comment) {
  const auto status = context.services.pipeline.status(done.revision);
  xml.open("ChangeInfo");
  xml.text("Id", "/change/" + done.commit.id.text);
  xml.text("Status", status == zones::ChangeStatus::in_sync ? "INSYNC" : "PENDING");
  xml.text("SubmittedAt", format_time(done.commit.submitted));
  if (with_comment && !done.commit.comment.empty()) xml.text("Comment", done.commit.comment);
  xml.close();
}

}  // namespace waymark::api
