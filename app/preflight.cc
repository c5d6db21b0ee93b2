// SPDX-License-Identifier: Apache-2.0
#include "app/preflight.h"

#include <stdexcept>

#include "base/tls.h"
#include "zones/store/sqlite_store.h"

namespace waymark::app {

void check_database(const std::string& data_dir) {
  const auto fit = zones::SqliteStore::check(data_dir);
  if (!fit && fit.error().code() == ErrorCode::unsupported)
    throw std::runtime_error(fit.error().detail());
}

void check_certificate(const Config& config) {
  if (config.api_cert.empty()) return;
  if (const auto tls = server_tls(config.api_cert, config.api_key); !tls)
    throw std::runtime_error(tls.error().detail());
}

}  // namespace waymark::app
