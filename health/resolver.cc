// SPDX-License-Identifier: Apache-2.0
#include "health/resolver.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace waymark::health {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t type_a = 1, type_aaaa = 28;
constexpr std::uint16_t noerror = 0, nxdomain = 3;
constexpr auto least_ttl = 1s, most_ttl = 3'600s, negative_ttl = 5s;
constexpr std::size_t most_names = 65'536;
constexpr auto kept_unused = 1h;

Error nobody_could_say(const std::string& name, const std::string& why) {
  return {ErrorCode::unavailable, "\"" + name + "\" could not be resolved: " + why};
}

}  // namespace

Resolver::Resolver(asio::io_context& io, const Clock& clock, std::vector<Endpoint> servers)
    : io_(io), clock_(clock), servers_(std::move(servers)), exchange_(io) {}

void Resolver::resolve(const std::string& name, std::chrono::milliseconds timeout, Done done) {
  if (entries_.size() >= most_names) forget_old();
  Entry& entry = entries_[name];
  const MonotonicTime now = clock_.monotonic();
  entry.used = now;
  const bool known = !entry.addresses.empty() || entry.no_address;
  const auto wire = DnsQuestion::make(name, type_a);
  if (servers_.empty() || !wire || (known && now < entry.fresh_until)) {
    auto result = servers_.empty() ? nobody_could_say(name, "no --resolver is set")
                  : !wire          ? Result<IpAddress>(wire.error())
                                   : pick(entry, name);
    asio::post(io_, [alive = std::weak_ptr<const bool>(alive_), done = std::move(done),
                     result = std::move(result)] {
      if (!alive.expired()) done(result);
    });
    return;
  }
  entry.waiting.push_back(std::move(done));
  if (entry.waiting.size() > 1) return;
  const auto share = timeout / static_cast<std::int64_t>(servers_.size() * 2);
  ask({name, type_a, 0, std::max(share, std::chrono::milliseconds(1))});
}

void Resolver::ask(Question question) {
  const auto wire = DnsQuestion::make(question.name, question.type);
  WAYMARK_ASSERT(wire);  // resolve() has looked
  const Endpoint server = servers_[question.server];
  const auto timeout = question.timeout;
  exchange_.ask(server, *wire, timeout,
                [this, question = std::move(question)](const Result<DnsReply>& reply) {
                  heard(question, reply);
                });
}

/// NOERROR and NXDOMAIN are answers; anything else is passed on to the next resolver.
void Resolver::heard(const Question& question, const Result<DnsReply>& reply) {
  const bool answered =
      reply && !reply->truncated && (reply->rcode == noerror || reply->rcode == nxdomain);
  if (!answered && question.server + 1 < servers_.size())
    return ask({question.name, question.type, question.server + 1, question.timeout});
  if (answered && reply->addresses.empty() && reply->rcode == noerror && question.type == type_a)
    return ask({question.name, type_aaaa, question.server, question.timeout});
  settle(question.name, reply);
}

void Resolver::settle(const std::string& name, const Result<DnsReply>& reply) {
  Entry& entry = entries_.at(name);
  const bool answered =
      reply && !reply->truncated && (reply->rcode == noerror || reply->rcode == nxdomain);
  std::string why;
  if (answered) {
    auto ttl = reply->addresses.empty() ? std::chrono::seconds(negative_ttl)
                                        : std::chrono::seconds(most_ttl);
    entry.addresses.clear();
    for (const DnsReply::Address& one : reply->addresses) {
      entry.addresses.push_back(one.address);
      ttl = std::min(ttl, one.ttl);
    }
    entry.no_address = entry.addresses.empty();
    entry.fresh_until = clock_.monotonic() + std::max<std::chrono::seconds>(ttl, least_ttl);
  } else {
    why = !reply             ? reply.error().detail()
          : reply->truncated ? "the reply is truncated"
                             : rcode_text(reply->rcode);
  }
  const std::vector<Done> waiting = std::exchange(entry.waiting, {});
  const std::weak_ptr<const bool> alive = alive_;
  for (const Done& done : waiting) {
    if (alive.expired()) return;
    Entry& known = entries_.at(name);
    const bool nothing = known.addresses.empty() && !known.no_address;
    done(nothing ? Result<IpAddress>(nobody_could_say(name, why)) : pick(known, name));
  }
}

Result<IpAddress> Resolver::pick(Entry& entry, const std::string& name) {
  if (entry.addresses.empty())
    return Error(ErrorCode::not_found, "\"" + name + "\" has no address");
  return entry.addresses[entry.turn++ % entry.addresses.size()];
}

void Resolver::forget_old() {
  const MonotonicTime now = clock_.monotonic();
  std::erase_if(entries_, [&](const auto& one) {
    return one.second.waiting.empty() && one.second.used + kept_unused < now;
  });
}

}  // namespace waymark::health
