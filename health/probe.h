// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "health/health_check.h"

namespace waymark::health {

/// What an attempt ended with, for counting.
enum class Cause : std::uint8_t { ok, timeout, refused, tls, status, body, dns, other };
inline constexpr std::size_t causes = 8;

/// What one attempt found. `unknown` is our own trouble (no sockets, no route, no resolver): it
/// does not count.
struct Outcome {
  enum class Kind : std::uint8_t { passed, failed, unknown };

  Kind kind = Kind::unknown;
  std::string reason;  // a sentence for people
  Cause cause = Cause::other;
};

/// One kind of attempt. Health thread only.
class Probe {
 public:
  using Done = std::function<void(Outcome)>;

  virtual ~Probe() = default;
  /// `done` is called once, within the check's timeout, never from within start(); not at all
  /// after the probe is destroyed.
  virtual void start(const HealthCheck& check, Done done) = 0;
};

}  // namespace waymark::health
