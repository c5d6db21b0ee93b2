// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "health/dns_exchange.h"
#include "health/probe.h"
#include "health/target_rules.h"

namespace waymark::health {

/// DNS: asks a name server for a name and type over UDP, and passes on the expected rcode.
class DnsProbe final : public Probe {
 public:
  DnsProbe(asio::io_context& io, TargetRules rules)
      : io_(io), rules_(std::move(rules)), exchange_(io) {}

  void start(const HealthCheck& check, Done done) override;

 private:
  void fail_later(std::string reason, Done done);

  asio::io_context& io_;
  TargetRules rules_;
  DnsExchange exchange_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace waymark::health
