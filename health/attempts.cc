// SPDX-License-Identifier: Apache-2.0
#include "health/attempts.h"

#include <algorithm>
#include <sys/resource.h>
#include <utility>

namespace waymark::health {
namespace {

// A thousand a second that all last for four seconds must not keep others waiting.
constexpr std::uint64_t most_in_flight = 4'096;

/// Half of the descriptors we may open; the API needs some too.
std::uint64_t in_flight_limit() noexcept {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return most_in_flight / 8;
  return std::clamp<std::uint64_t>(files.rlim_cur / 2, 1, most_in_flight);
}

Outcome not_resolved(const Error& error) {
  const bool nobody_knows = error.code() == ErrorCode::unavailable;
  return {nobody_knows ? Outcome::Kind::unknown : Outcome::Kind::failed,
          "DNS resolution failed: " + error.detail(), Cause::dns};
}

}  // namespace

Attempts::Attempts(asio::io_context& io, const Clock& clock, AttemptSettings settings, Done done)
    : clock_(clock),
      done_(std::move(done)),
      http_(io, settings.rules, settings.tls_directory),
      tcp_(io, settings.rules),
      dns_(io, settings.rules),
      resolver_(io, clock, std::move(settings.resolvers)),
      limit_(in_flight_limit()) {}

std::uint64_t Attempts::begin(const HealthCheck& check) {
  const std::uint64_t number = ++numbers_;
  if (in_flight() < limit_)
    run(check, number);
  else
    turns_.push_back({check, number});
  return number;
}

void Attempts::run(const HealthCheck& check, std::uint64_t number) {
  in_flight_.store(in_flight() + 1, std::memory_order_relaxed);
  const MonotonicTime begun = clock_.monotonic();
  if (check.target.empty()) return run_at(check, number, begun, check.address);
  resolver_.resolve(check.target, check.timeout / 2,
                    [this, check, number, begun](const Result<IpAddress>& address) {
                      run_at(check, number, begun, address);
                    });
}

void Attempts::run_at(const HealthCheck& check, std::uint64_t number, MonotonicTime begun,
                      const Result<IpAddress>& address) {
  Probe::Done done = [this, id = check.id, number, begun](Outcome outcome) {
    end(id, number, begun, std::move(outcome));
  };
  if (check.target.empty()) return probe(check.type).start(check, std::move(done));
  if (!address) return done(not_resolved(address.error()));
  HealthCheck resolved = check;
  resolved.address = *address;
  if (resolved.host.empty()) {
    resolved.host = check.target;
    if (resolved.host.ends_with('.')) resolved.host.pop_back();
  }
  const auto spent =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.monotonic() - begun);
  resolved.timeout = std::max(check.timeout - spent, std::chrono::milliseconds(1));
  probe(check.type).start(resolved, std::move(done));
}

void Attempts::end(const CheckId& id, std::uint64_t number, MonotonicTime begun, Outcome outcome) {
  in_flight_.store(in_flight() - 1, std::memory_order_relaxed);
  const auto took =
      std::chrono::duration_cast<std::chrono::microseconds>(clock_.monotonic() - begun);
  done_(id, number, took, std::move(outcome));
  while (!turns_.empty() && in_flight() < limit_) {
    const Turn turn = std::move(turns_.front());
    turns_.pop_front();
    run(turn.check, turn.number);
  }
}

Probe& Attempts::probe(HealthCheck::Type type) noexcept {
  switch (type) {
    case HealthCheck::Type::tcp:
      return tcp_;
    case HealthCheck::Type::dns:
      return dns_;
    case HealthCheck::Type::http:
    case HealthCheck::Type::https:
    case HealthCheck::Type::push:
    case HealthCheck::Type::calculated:
      break;
  }
  return http_;
}

}  // namespace waymark::health
