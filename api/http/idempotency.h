// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "api/http/message.h"
#include "base/clock.h"

namespace waymark::api {

/// Answers of POSTs by their Idempotency-Key, so that a repeat changes nothing. Kept 24 hours, the
/// newest 10,000; in memory, so a restart forgets them. Main thread.
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
    std::size_t content = 0;  // hash of method, target and body
    MonotonicTime at;
    std::optional<Response> response;
  };
  void forget_old();

  const Clock& clock_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::string> order_;
};

}  // namespace waymark::api
