// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include "base/async.h"
#include "base/clock.h"
#include "health/health_check.h"

namespace waymark::health {

/// When the next heartbeat of each push check must have come. Health thread only.
class Heartbeats {
 public:
  using Missed = std::function<void(const CheckId&)>;  // may change what is expected

  Heartbeats(asio::io_context& io, const Clock& clock, Missed missed);

  /// The next one within `ttl` from now; then, while it does not come, it is missed every `ttl`.
  void expect(const CheckId& id, std::chrono::milliseconds ttl);
  void forget(const CheckId& id);
  bool expects(const CheckId& id) const { return waiting_.contains(id); }

 private:
  struct Wait {
    MonotonicTime until{};
    std::chrono::milliseconds ttl{};
  };
  void follow();
  void look();

  const Clock& clock_;
  Missed missed_;
  asio::steady_timer timer_;
  std::unordered_map<CheckId, Wait> waiting_;
  std::set<std::pair<MonotonicTime, CheckId>> ends_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace waymark::health
