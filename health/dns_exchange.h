// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/async.h"
#include "base/ip.h"
#include "base/result.h"
#include "health/dns_message.h"

namespace waymark::health {

/// Asks one question over UDP: a socket and a source port of its own for each, an id nobody can
/// guess; replies from elsewhere, with another id or another question are passed over. Runs on
/// `io`'s one thread.
class DnsExchange {
 public:
  /// Fails with `timed_out`, `unavailable` (our own trouble) or `io` (port closed).
  using Done = std::function<void(Result<DnsReply>)>;

  explicit DnsExchange(asio::io_context& io) : io_(io) {}

  /// `done` is called later, once; not at all after the exchange is destroyed.
  void ask(const Endpoint& server, const DnsQuestion& question, std::chrono::milliseconds timeout,
           Done done);

 private:
  struct Attempt;

  asio::io_context& io_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // attempts ask
};

}  // namespace waymark::health
