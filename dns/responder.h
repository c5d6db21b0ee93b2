// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/random.h"
#include "dns/board.h"
#include "dns/image/image.h"
#include "dns/moment.h"
#include "dns/protocol/cookie.h"
#include "dns/query_log.h"
#include "dns/rate_limit.h"
#include "dns/responder_settings.h"
#include "health/health_table.h"

namespace waymark::dns {

struct Edns;
struct Query;
class OptionWriter;
class ResponseWriter;
struct Reply;

enum class Verdict : std::uint8_t { reply, drop };

/// One query and the room for its answer.
struct Exchange {
  ByteView query;  // the whole message
  Endpoint from;   // who asked
  Transport transport = Transport::udp;
  std::span<Octet> out;  // at least 65,535 octets for TCP, 4,096 for UDP; not the query's memory
  Verdict verdict = Verdict::drop;
  std::uint16_t octets = 0;  // of the answer
};

/// Packet → answer: the hot path. One per worker; never allocates, never throws, never waits.
class Responder {
 public:
  Responder(health::HealthTable health, WorkerSlot& counters, Random random,
            ResponderSettings settings = {}, QueryRing* log = nullptr,
            AnswerCounts* counts = nullptr);

  /// Answers come from this image from now on. It must outlive its use.
  void use(const Image& image) noexcept { image_ = &image; }
  const Image& image() const noexcept { return *image_; }
  /// Whether answers may depend on the address that was asked.
  bool wants_local() const noexcept { return image_->views().has_listeners(); }
  /// Without secrets, cookies are ignored.
  void use(const CookieSecrets& secrets) noexcept { secrets_ = secrets; }
  /// When the next queries came.
  void set_time(const Moment& now) noexcept { now_ = now; }

  /// Where each of the next batch, of 64 at most, came in. They must outlive respond().
  void set_locals(std::span<const Endpoint> locals) noexcept { locals_ = locals; }

  /// Up to 64 at once: hash all and prefetch, then answer all.
  void respond(std::span<Exchange> batch) noexcept;

 private:
  void look_in_views(const Exchange& exchange, std::size_t index, Query& query) noexcept;
  void answer(Exchange& exchange, const Query& query, NodeView candidate) noexcept;
  CookieVerdict answer_cookie(const Exchange& exchange, const Edns& edns,
                              OptionWriter& options) noexcept;
  Reply find_reply(const Exchange& exchange, const Query& query, NodeView candidate,
                   CookieVerdict cookie, ResponseWriter& writer) noexcept;
  void answer_in_view(const Exchange& exchange, const Query& query, NodeView candidate,
                      ResponseWriter& writer, Reply& reply) noexcept;
  bool within_limit(const Exchange& exchange, const Query& query, Reply& reply,
                    ResponseWriter& writer) noexcept;
  void finish(Exchange& exchange, const Query& query, const Reply& reply, OptionWriter& options,
              ResponseWriter& writer) noexcept;
  void log(const Exchange& exchange, const Query& query, const Reply& reply) noexcept;

  const Image* image_;
  health::HealthTable health_;
  WorkerSlot& counters_;
  Random random_;
  ResponderSettings settings_;
  bool reports_;  // whether there is anybody to report errors to
  RateLimit limit_;
  CookieSecrets secrets_;
  Moment now_;
  std::span<const Endpoint> locals_;
  QueryRing* log_;           // or null
  std::uint32_t until_log_;  // queries
  AnswerCounts* counts_;     // or null
};

}  // namespace waymark::dns
