// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "api/http/message.h"
#include "base/clock.h"

namespace waymark::api {

/// Gives a request with an Idempotency-Key its name and the digest of what it asks for.
void identify(Request& request);

/// Answers of POSTs by their Idempotency-Key, so that a repeat changes nothing. Kept 24 hours, the
/// newest 10,000; what a process before this one did stands in the store (replay.h). Main thread.
class Idempotency {
 public:
  explicit Idempotency(const Clock& clock) : clock_(clock) {}

  /// The answer to repeat, or none: then the caller does the work and calls `finish`. Fails with
  /// `conflict` while the first is under way, `bad_value` when the key came with another request.
  Result<std::optional<Response>> begin(const Request& request);
  /// Keeps the answer; a server's failure (5xx) is forgotten so that a repeat tries again.
  void finish(const Request& request, const Response& response);

 private:
  struct Entry {
    std::string content;  // Principal::content
    MonotonicTime at;
    std::optional<Response> response;
  };
  void forget_old();

  const Clock& clock_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::pair<std::string, MonotonicTime>> order_;
};

}  // namespace waymark::api
