// SPDX-License-Identifier: Apache-2.0
#include "dns/responder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "dns/answer_walk.h"
#include "dns/identity.h"
#include "dns/protocol/query.h"
#include "dns/protocol/response_writer.h"

namespace waymark::dns {
namespace {

constexpr std::size_t max_batch = 64;
constexpr std::size_t max_tcp_octets = 65535;

std::size_t index(auto value) noexcept {
  return static_cast<std::size_t>(value);
}

std::size_t rcode_bucket(Rcode rcode) noexcept {
  if (rcode <= Rcode::REFUSED) return index(rcode);
  if (rcode == Rcode::BADVERS) return 6;
  return rcode == Rcode::BADCOOKIE ? 7 : counted_rcodes - 1;
}

std::size_t limit_of(const Exchange& exchange, const Query& query, std::size_t max_udp) noexcept {
  const std::size_t limit =
      exchange.transport == Transport::tcp
          ? max_tcp_octets
          : std::max<std::size_t>(std::min<std::size_t>(query.edns.udp_octets, max_udp),
                                  min_udp_octets);
  return std::min(limit, exchange.out.size());
}

/// Echo, daytime, quote of the day, character generator, time: what answers whatever it is sent.
/// Nothing can be sent to port 0.
bool is_reflector(std::uint16_t port) noexcept {
  return port <= 37 &&
         (port == 0 || port == 7 || port == 13 || port == 17 || port == 19 || port == 37);
}

/// Keeps what the walk met first: the zone of the question's name. Counts what policies choose.
struct FirstZone : SilentTrace {
  AnswerCounts* counts = nullptr;
  ZoneNumber number = 0;
  bool known = false, from_wildcard = false;

  void zone(const Image& /*image*/, ZoneNumber met) noexcept {
    if (!known) number = met;
    known = true;
  }
  void wildcard(NodeView /*node*/) noexcept { from_wildcard = true; }
  policy::Selection select(const policy::PolicyTree& tree, const policy::Facts& facts,
                           Random& random, NodeView node, RrType type,
                           const AliasHealth& beyond) noexcept {
    const policy::Selection selection =
        SilentTrace::select(tree, facts, random, node, type, beyond);
    const policy::TreeHeader& header = tree.header();
    if (counts != nullptr && header.counter != 0)
      for (std::size_t i = 0; i < selection.count; ++i)
        counts->add(std::size_t{header.counter} + selection.targets[i], header.tag);
    return selection;
  }
};

}  // namespace

/// A reply on its way: what the walk said, and where.
struct Reply : WalkResult {
  FirstZone met;
};

Responder::Responder(health::HealthTable health, WorkerSlot& counters, Random random,
                     ResponderSettings settings, QueryRing* log, AnswerCounts* counts)
    : image_(nullptr),
      health_(health),
      counters_(counters),
      random_(random),
      settings_(std::move(settings)),
      reports_(!settings_.report_agent.empty()),
      limit_(settings_.rate_limit, Random(random_).next()),  // of a copy: draws stay as seeded
      log_(settings_.log_every == 0 ? nullptr : log),
      until_log_(settings_.log_every),
      counts_(counts) {
  static const Image nothing;
  image_ = &nothing;
}

void Responder::respond(std::span<Exchange> batch) noexcept {
  for (; batch.size() > max_batch; batch = batch.subspan(max_batch))
    respond(batch.first(max_batch));

  const NameTable& names = image_->names();
  std::array<Query, max_batch> queries;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    Exchange& exchange = batch[i];
    exchange.octets = 0;
    exchange.verdict =
        !is_reflector(exchange.from.port) && parse_query(exchange.query, names.key(), queries[i])
            ? Verdict::reply
            : Verdict::drop;
    if (exchange.verdict == Verdict::reply) {
      if (!image_->views().empty()) [[unlikely]]
        look_in_views(exchange, i, queries[i]);
      names.prefetch_slot(queries[i].hash);
    }
    if (reports_ && queries[i].edns.present) queries[i].edns.asked |= Edns::report_channel;
  }
  std::array<NodeView, max_batch> candidates;
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch[i].verdict == Verdict::reply) candidates[i] = names.prefetch_node(queries[i].hash);
  for (std::size_t i = 0; i < batch.size(); ++i)
    answer(batch[i], queries[i], candidates[i]);
}

/// A client of a VPC has its private zones before the public ones. The source address decides, not
/// the client subnet, which anybody can write.
[[gnu::noinline]] void Responder::look_in_views(const Exchange& exchange, std::size_t index,
                                                Query& query) noexcept {
  query.sight = {};
  const Endpoint local = wants_local() && index < locals_.size() ? locals_[index] : Endpoint();
  if (query.rcode != Rcode::NOERROR || query.question_octets == 0) return;
  query.sight = image_->views().look(exchange.from.address, local,
                                     {query.name.data(), query.name_octets}, query.labels);
  query.hash ^= query.sight.space.mark;
}

void Responder::answer(Exchange& exchange, const Query& query, NodeView candidate) noexcept {
  if (exchange.verdict == Verdict::drop) return counters_.dropped_malformed.add();
  if (exchange.out.size() < min_udp_octets) {
    exchange.verdict = Verdict::drop;
    return counters_.dropped_no_space.add();
  }
  const std::size_t family = exchange.from.address.is_v4() ? 0 : 1;
  const std::size_t type = type_bucket(static_cast<std::uint16_t>(query.type));
  counters_.queries[index(exchange.transport)][family][type].add();

  OptionWriter options;
  CookieVerdict cookie = CookieVerdict::none;
  if (!query.edns.cookie.empty()) cookie = answer_cookie(exchange, query.edns, options);
  std::size_t room = options.octets().size();
  if (query.edns.asked != 0) room += options_room(query.edns, settings_);
  ResponseWriter writer(exchange.out, limit_of(exchange, query, settings_.max_udp_octets), query,
                        room);
  Reply reply = find_reply(exchange, query, candidate, cookie, writer);
  if (reply.met.known && counts_ != nullptr) counts_->add_question(reply.met.number);
  if (limit_.on() && exchange.transport == Transport::udp && cookie != CookieVerdict::good &&
      !within_limit(exchange, query, reply, writer)) {
    exchange.verdict = Verdict::drop;
  } else {
    finish(exchange, query, reply, options, writer);
  }
  if (log_ != nullptr && --until_log_ == 0) log(exchange, query, reply);
}

CookieVerdict Responder::answer_cookie(const Exchange& exchange, const Edns& edns,
                                       OptionWriter& options) noexcept {
  if (secrets_.size() == 0) return CookieVerdict::none;
  std::array<Octet, full_cookie_octets> whole;
  const CookieVerdict verdict =
      secrets_.judge(edns.cookie, exchange.from.address, now_.unix_seconds(), whole);
  options.put_cookie(whole);
  if (verdict == CookieVerdict::good) {
    counters_.cookies_good.add();
  } else if (verdict == CookieVerdict::bad) {
    counters_.cookies_bad.add();
  } else {
    counters_.cookies_client_only.add();
  }
  return verdict;
}

Reply Responder::find_reply(const Exchange& exchange, const Query& query, NodeView candidate,
                            CookieVerdict cookie, ResponseWriter& writer) noexcept {
  Reply reply;
  reply.rcode = query.rcode;
  if (query.rcode != Rcode::NOERROR) {
    if (query.rcode == Rcode::REFUSED && answer_identity(query, settings_, writer)) {
      reply.rcode = Rcode::NOERROR;
      reply.authoritative = true;
    }
  } else if (query.question_octets == 0) {  // RFC 7873 §5.4: only the cookie is asked for
    if (cookie == CookieVerdict::none) reply.rcode = Rcode::FORMERR;
    if (cookie == CookieVerdict::bad) reply.rcode = Rcode::BADCOOKIE;
  } else if (settings_.require_cookie && cookie != CookieVerdict::good &&
             exchange.transport == Transport::udp) {
    reply.truncated = cookie == CookieVerdict::none;  // who has no cookies comes back over TCP
    if (!reply.truncated) reply.rcode = Rcode::BADCOOKIE;
  } else if (!image_->views().empty()) [[unlikely]] {
    answer_in_view(exchange, query, candidate, writer, reply);
  } else {
    reply.met.counts = counts_;
    static_cast<WalkResult&>(reply) = AnswerWalk(*image_, health_, exchange.from.address,
                                                 PublicSight(), random_, query, writer, reply.met)
                                          .answer(candidate);
  }
  return reply;
}

[[gnu::noinline]] void Responder::answer_in_view(const Exchange& exchange, const Query& query,
                                                 NodeView candidate, ResponseWriter& writer,
                                                 Reply& reply) noexcept {
  reply.met.counts = counts_;
  static_cast<WalkResult&>(reply) = AnswerWalk(*image_, health_, exchange.from.address, query.sight,
                                               random_, query, writer, reply.met)
                                        .answer(candidate);
}

/// False: nothing may be sent. True with `reply` as it was, or cut to an empty one with TC.
bool Responder::within_limit(const Exchange& exchange, const Query& query, Reply& reply,
                             ResponseWriter& writer) noexcept {
  // Random names below a wildcard count together, as those that do not exist do.
  AnswerClass answers = AnswerClass::error;
  std::uint64_t key = reply.met.number;
  if (reply.rcode == Rcode::NOERROR && (writer.count(Section::answer) > 0 || reply.truncated)) {
    answers = AnswerClass::positive;
    if (!reply.met.from_wildcard) key = query.hash;
  } else if (reply.rcode == Rcode::NOERROR || reply.rcode == Rcode::NXDOMAIN) {
    answers = reply.authoritative ? AnswerClass::negative : AnswerClass::referral;
  }
  switch (limit_.judge(exchange.from.address, answers, key, now_.monotonic_us)) {
    case RateLimit::Action::pass:
      return true;
    case RateLimit::Action::log:
      counters_.rate_logged.add();
      return true;
    case RateLimit::Action::drop:
      counters_.rate_dropped.add();
      return false;
    case RateLimit::Action::slip:
      counters_.rate_slipped.add();
      break;
  }
  if (answers == AnswerClass::error) return true;  // as small as an empty one
  writer.clear();
  reply.rcode = Rcode::NOERROR;
  reply.authoritative = false;
  reply.truncated = true;
  return true;
}

void Responder::finish(Exchange& exchange, const Query& query, const Reply& reply,
                       OptionWriter& options, ResponseWriter& writer) noexcept {
  const std::size_t transport = index(exchange.transport);
  if (query.edns.present && (query.edns.asked != 0 || is_explained(reply.rcode))) {
    AnsweredBy by;
    by.rcode = reply.rcode;
    by.tcp = exchange.transport == Transport::tcp;
    const auto zone =
        reply.met.known && query.edns.asked != 0 ? image_->zone(reply.met.number) : std::nullopt;
    if (zone && reply.rcode != Rcode::SERVFAIL) {
      by.in_zone = true;
      by.labels = zone->labels;
      by.soa_rdata = zone->soa_rdata;
      by.answers_soa = query.type == RrType::SOA && writer.count(Section::answer) == 1 &&
                       zone->labels == query.labels;
    }
    put_options(query, settings_, by, options);
  }
  exchange.octets = writer.finish(reply.rcode, {reply.authoritative, reply.truncated}, reply.scope,
                                  options.octets());

  counters_.responses[transport][rcode_bucket(reply.rcode)].add();
  counters_.response_octets[transport].add(exchange.octets);
  counters_.sizes[transport][size_bucket(exchange.octets)].add();
  if (reply.truncated) counters_.truncated[transport].add();
  if (reply.failed_open) counters_.policy_fallback.add();
}

void Responder::log(const Exchange& exchange, const Query& query, const Reply& reply) noexcept {
  until_log_ = settings_.log_every;
  LoggedQuery* logged = log_->claim();
  if (logged == nullptr) return counters_.queries_not_logged.add();
  logged->unix_us = now_.unix_us;
  logged->address = exchange.from.address.octets;
  logged->port = exchange.from.port;
  logged->type = static_cast<std::uint16_t>(query.type);
  logged->rr_class = static_cast<std::uint16_t>(query.rr_class);
  logged->rcode = static_cast<std::uint16_t>(reply.rcode);
  logged->octets = exchange.octets;
  logged->is_v4 = exchange.from.address.is_v4() ? 1 : 0;
  logged->tcp = exchange.transport == Transport::tcp ? 1 : 0;
  logged->truncated = reply.truncated ? 1 : 0;
  logged->name_octets =
      static_cast<std::uint8_t>(query.question_octets == 0 ? 0 : query.name_octets);
  std::memcpy(logged->name.data(), query.packet.data() + header_octets, logged->name_octets);
  log_->commit();
  counters_.queries_logged.add();
}

}  // namespace waymark::dns
