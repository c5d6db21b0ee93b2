// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "health/dns_probe.h"
#include "health/http_probe.h"
#include "health/resolver.h"
#include "health/target_rules.h"
#include "health/tcp_probe.h"

namespace waymark::health {

/// Where attempts go, and what they may use.
struct AttemptSettings {
  TargetRules rules;                // asked on every connect, after resolution (PRB-1)
  std::vector<Endpoint> resolvers;  // for targets that are names
  std::string tls_directory;        // where the files are that https checks name; empty: none
};

/// Runs attempts of every kind, a bounded number at once; the others wait their turn. Health thread
/// only, but for in_flight().
class Attempts {
 public:
  using Done = std::function<void(const CheckId& id, std::uint64_t number,
                                  std::chrono::microseconds took, Outcome outcome)>;

  Attempts(asio::io_context& io, const Clock& clock, AttemptSettings settings, Done done);

  /// Returns the attempt's number; `done` is called later, once, with it.
  std::uint64_t begin(const HealthCheck& check);
  std::uint64_t in_flight() const noexcept {
    return in_flight_.load(std::memory_order_relaxed);  // the health thread writes
  }
  std::size_t waiting() const noexcept { return turns_.size(); }

 private:
  struct Turn {
    HealthCheck check;
    std::uint64_t number = 0;
  };

  void run(const HealthCheck& check, std::uint64_t number);
  void run_at(const HealthCheck& check, std::uint64_t number, MonotonicTime begun,
              const Result<IpAddress>& address);
  void end(const CheckId& id, std::uint64_t number, MonotonicTime begun, Outcome outcome);
  Probe& probe(HealthCheck::Type type) noexcept;

  const Clock& clock_;
  Done done_;
  HttpProbe http_;
  TcpProbe tcp_;
  DnsProbe dns_;
  Resolver resolver_;
  std::deque<Turn> turns_;
  std::uint64_t limit_, numbers_ = 0;
  std::atomic<std::uint64_t> in_flight_{0};
};

}  // namespace waymark::health
