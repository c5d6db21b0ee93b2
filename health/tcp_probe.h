// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "base/async.h"
#include "health/probe.h"
#include "health/target_rules.h"

namespace waymark::health {

/// TCP: passes when the connection is accepted. Sends nothing, reads nothing.
class TcpProbe final : public Probe {
 public:
  TcpProbe(asio::io_context& io, TargetRules rules);

  void start(const HealthCheck& check, Done done) override;

 private:
  struct Attempt;

  asio::io_context& io_;
  TargetRules rules_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);  // attempts ask
};

}  // namespace waymark::health
