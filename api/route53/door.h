// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "api/http/access_keys.h"
#include "api/http/guesses.h"
#include "api/http/listener.h"
#include "api/http/router.h"
#include "api/route53/fault.h"
#include "api/route53/signed_writes.h"
#include "api/route53/sigv4.h"
#include "api/route53/xml.h"
#include "api/services.h"

namespace waymark::api {

/// One call of an operation, decoded and within its limits.
struct AwsCall {
  Request request;
  XmlElement body;       // of operations that take one
  std::string base_url;  // "http://127.0.0.1:5381/2013-04-01/"
};

/// What every operation is given. Outlives the door.
struct AwsContext {
  Services services;
  asio::thread_pool& background;
};

using AwsHandler = std::function<Awaitable<AwsResult<Response>>(AwsContext&, const AwsCall&)>;

/// One operation of Route 53. Without `root` it takes no body.
struct AwsOperation {
  std::string method, pattern;  // after /2013-04-01/: "hostedzone/{zone}"
  Access access = Access::read;
  std::string root;  // of its body: "CreateHostedZoneRequest"
  std::vector<std::string> query;
  AwsHandler handler;
};

std::vector<AwsOperation> zone_operations();
std::vector<AwsOperation> record_operations();
std::vector<AwsOperation> health_check_operations();
std::vector<AwsOperation> checker_operations();
std::vector<AwsOperation> tag_operations();
std::vector<AwsOperation> limit_operations();
std::vector<AwsOperation> geo_operations();
std::vector<AwsOperation> cidr_operations();
std::vector<AwsOperation> test_answer_operations();
std::vector<AwsOperation> vpc_operations();
std::vector<AwsOperation> traffic_policy_operations();
std::vector<AwsOperation> traffic_instance_operations();
std::vector<AwsOperation> delegation_set_operations();
std::vector<AwsOperation> query_logging_operations();
std::vector<AwsOperation> dnssec_operations();

/// Amazon Route 53's REST API with XML, version 2013-04-01, as another way to the same zones: each
/// operation is a translation onto the pipeline that REST uses. Main thread; outlives the last turn
/// of `io`.
class Route53Door {
 public:
  /// Without `signatures` everybody on this machine may do all.
  Route53Door(asio::io_context& io, FileDescriptor listening_socket, Services services,
              asio::thread_pool& background, bool signatures);

  void start() { listener_.start(); }
  void use(TlsContext tls);
  void stop() { listener_.stop(); }
  std::size_t sessions() const noexcept { return listener_.sessions(); }
  const RequestStats& stats() const noexcept { return door_.stats; }

 private:
  Awaitable<Response> answer(const RawRequest& raw);
  Awaitable<AwsResult<Response>> perform(const RawRequest& raw, std::string& pattern);
  /// Who asks, and with what signature; none when nobody signs.
  struct Caller {
    Principal who;
    std::optional<SignatureClaim> claim;
    TimePoint judged_at{};
  };
  AwsResult<Caller> authenticate(const RawRequest& raw);
  /// Whether the caller may change something with a request that is signed like this.
  std::optional<AwsFault> refuse_repeated(const Caller& caller);
  Response refuse(const AwsFault& fault);

  AwsContext context_;
  AccessKeys keys_;
  Guesses guesses_;
  SignedWrites writes_;
  Random random_;
  bool signatures_;
  bool tls_ = false;
  std::vector<AwsOperation> operations_;
  Router router_;  // its routes are the operations, in their order
  Door door_;
  Listener listener_;
};

/// The path as the router knows it: prefixes of ids (`/hostedzone/Z1` where Z1 is meant) and empty
/// segments are taken away, and "+" in the query is a blank.
std::string normal_target(std::string_view target);

/// A finished document as an answer.
Response xml_response(unsigned status, XmlWriter xml);

/// ?maxitems=, or what it is called; `most` when it is absent or greater. Fails with InvalidInput.
AwsResult<std::size_t> max_items(const Request& request, std::size_t most,
                                 std::string_view parameter = "maxitems");

/// For what is of no zone: AccessDenied when the key is limited to some.
std::optional<AwsFault> refuse_limited(const AwsCall& call);

/// By {zone}; NoSuchHostedZone, or AccessDenied when the key is for other zones.
AwsResult<zones::HostedZone> aws_zone(const zones::Snapshot& state, const Request& request);
/// The same of a zone that is named elsewhere; `who` asks.
AwsResult<zones::HostedZone> aws_zone(const zones::Snapshot& state, const std::string& id,
                                      const Principal& who);

std::string aws_author(const Request& request);

/// `<ChangeInfo>`; PENDING until every worker answers from it.
void append_change_info(XmlWriter& xml, const AwsContext& context, const zones::Committed& done,
                        bool with_comment);

}  // namespace waymark::api
