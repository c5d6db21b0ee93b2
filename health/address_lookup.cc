// SPDX-License-Identifier: Apache-2.0
#include "health/address_lookup.h"

#include <utility>

#include <boost/asio/post.hpp>

namespace waymark::health {
namespace {

constexpr std::uint16_t noerror = 0, nxdomain = 3;

bool is_answer(const Result<DnsReply>& reply) {
  return reply && !reply->truncated && (reply->rcode == noerror || reply->rcode == nxdomain);
}

}  // namespace

void AddressLookup::ask(const std::string& name, std::uint16_t type,
                        std::chrono::milliseconds timeout, Done done) {
  const auto question = DnsQuestion::make(name, type);
  if (!servers_.empty() && question) return ask_server(0, *question, timeout, std::move(done));
  const Error why =
      servers_.empty() ? Error(ErrorCode::unavailable, "no --resolver is set") : question.error();
  asio::post(io_, [alive = std::weak_ptr<const bool>(alive_), done = std::move(done), why] {
    if (!alive.expired()) done(why);
  });
}

void AddressLookup::ask_server(std::size_t server, const DnsQuestion& question,
                               std::chrono::milliseconds timeout, Done done) {
  exchange_.ask(servers_[server], question, timeout,
                [this, server, question, timeout, done](const Result<DnsReply>& reply) {
                  if (is_answer(reply) || server + 1 == servers_.size()) return done(reply);
                  ask_server(server + 1, question, timeout, done);
                });
}

}  // namespace waymark::health
