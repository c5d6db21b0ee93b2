// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/http_client.h"
#include "health/probe.h"
#include "health/target_rules.h"

namespace waymark::health {

/// HTTP and HTTPS: passes on a status of 200 to 399 and, when asked for, the string in the first
/// 5,120 octets of the body.
class HttpProbe final : public Probe {
 public:
  /// `tls_directory` has the files that checks name: CA lists, client certificates, keys.
  HttpProbe(asio::io_context& io, TargetRules rules, std::string tls_directory = {});

  void start(const HealthCheck& check, Done done) override;

 private:
  std::string path_of(const std::string& file) const;

  std::string tls_directory_;
  HttpClient client_;
};

}  // namespace waymark::health
