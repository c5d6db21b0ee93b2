// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/http_client.h"
#include "health/probe.h"
#include "health/target_rules.h"

namespace waymark::health {

/// HTTP and HTTPS: passes on a status of 200 to 399 and, when asked for, the string in the first
/// 5,120 octets of the body.
class HttpProbe final : public Probe {
 public:
  HttpProbe(asio::io_context& io, TargetRules rules);

  void start(const HealthCheck& check, Done done) override;

 private:
  HttpClient client_;
};

}  // namespace waymark::health
