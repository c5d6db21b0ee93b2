// SPDX-License-Identifier: Apache-2.0
#include "dns/responder.h"

#include <algorithm>
#include <array>

#include "dns/answer_walk.h"
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
  if (rcode == Rcode::BADVERS) return 6;
  return std::min<std::size_t>(index(rcode), counted_rcodes - 1);
}

std::size_t limit_of(const Exchange& exchange, const Query& query, std::size_t max_udp) noexcept {
  const std::size_t limit =
      exchange.transport == Transport::tcp
          ? max_tcp_octets
          : std::max<std::size_t>(std::min<std::size_t>(query.edns.udp_octets, max_udp),
                                  min_udp_octets);
  return std::min(limit, exchange.out.size());
}

}  // namespace

Responder::Responder(health::HealthTable health, WorkerSlot& counters, Random random,
                     ResponderSettings settings) noexcept
    : image_(nullptr), health_(health), counters_(counters), random_(random), settings_(settings) {
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
        exchange.from.port != 0 && parse_query(exchange.query, names.key(), queries[i])
            ? Verdict::reply
            : Verdict::drop;
    if (exchange.verdict == Verdict::reply) names.prefetch_slot(queries[i].hash);
  }
  for (std::size_t i = 0; i < batch.size(); ++i)
    if (batch[i].verdict == Verdict::reply) names.prefetch_node(queries[i].hash);
  for (std::size_t i = 0; i < batch.size(); ++i)
    answer(batch[i], queries[i]);
}

void Responder::answer(Exchange& exchange, const Query& query) noexcept {
  if (exchange.verdict == Verdict::drop) return counters_.dropped_malformed.add();
  if (exchange.out.size() < min_udp_octets) {
    exchange.verdict = Verdict::drop;
    return counters_.dropped_no_space.add();
  }
  const std::size_t transport = index(exchange.transport);
  const std::size_t family = exchange.from.address.is_v4() ? 0 : 1;
  counters_.queries[transport][family][type_bucket(static_cast<std::uint16_t>(query.type))].add();

  ResponseWriter writer(exchange.out, limit_of(exchange, query, settings_.max_udp_octets), query);
  WalkResult result;
  result.rcode = query.rcode;
  if (query.rcode == Rcode::NOERROR) {
    const policy::Client client = client_of(exchange.from.address, query.edns);
    const policy::Facts facts{client, image_->tables(), health_};
    SilentTrace silent;
    result = AnswerWalk(*image_, facts, random_, query, writer, silent).answer();
  }
  exchange.octets =
      writer.finish(result.rcode, {result.authoritative, result.truncated}, result.scope);

  counters_.responses[transport][rcode_bucket(result.rcode)].add();
  counters_.response_octets[transport].add(exchange.octets);
  if (result.truncated) counters_.truncated[transport].add();
  if (result.failed_open) counters_.policy_fallback.add();
}

}  // namespace waymark::dns
