// SPDX-License-Identifier: Apache-2.0
#include "health/dns_probe.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace waymark::health {
namespace {

using Kind = Outcome::Kind;

Outcome judge(const Result<DnsReply>& reply, std::uint16_t wanted) {
  if (!reply) {
    const Error error = reply.error();
    return {error.code() == ErrorCode::unavailable ? Kind::unknown : Kind::failed, error.detail(),
            error.code() == ErrorCode::timed_out ? Cause::timeout : Cause::refused};
  }
  if (reply->rcode == wanted) return {Kind::passed, rcode_text(wanted), Cause::ok};
  return {Kind::failed, rcode_text(reply->rcode) + "; expected " + rcode_text(wanted), Cause::dns};
}

}  // namespace

void DnsProbe::start(const HealthCheck& check, Done done) {
  const auto permitted = rules_.permit(check.address, check.port);
  if (!permitted) return fail_later(permitted.error().detail(), std::move(done));
  const auto question = DnsQuestion::make(check.query_name, check.query_type);
  if (!question) return fail_later(question.error().detail(), std::move(done));
  exchange_.ask({check.address, check.port}, *question, check.timeout,
                [wanted = check.rcode, done = std::move(done)](const Result<DnsReply>& reply) {
                  done(judge(reply, wanted));
                });
}

void DnsProbe::fail_later(std::string reason, Done done) {
  asio::post(io_, [alive = std::weak_ptr<const bool>(alive_), reason = std::move(reason),
                   done = std::move(done)] {
    if (!alive.expired()) done({Kind::failed, reason, Cause::other});
  });
}

}  // namespace waymark::health
