// SPDX-License-Identifier: Apache-2.0
#include "app/cookie_secrets.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <random>

namespace waymark::app {

Result<dns::CookieSecrets> read_cookie_secrets(const std::string& path) {
  std::ifstream file(path);
  if (!file) return Error(ErrorCode::io, path + ": " + std::strerror(errno));
  dns::CookieSecrets secrets;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;
    const std::string where = path + ":" + std::to_string(number) + ": ";
    // The line is a secret, or nearly one: it is not repeated.
    const auto secret = dns::CookieSecret::parse(line);
    if (!secret) return Error(ErrorCode::bad_value, where + "not 32 hexadecimal digits");
    if (!secrets.add(*secret))
      return Error(
          ErrorCode::bad_value,
          where + "more than " + std::to_string(dns::CookieSecrets::max_secrets) + " secrets");
  }
  if (file.bad()) return Error(ErrorCode::io, path + ": " + std::strerror(errno));
  if (secrets.size() == 0) return Error(ErrorCode::bad_value, path + " holds no secret");
  return secrets;
}

dns::CookieSecrets random_cookie_secrets() {
  std::random_device entropy;
  const auto draw = [&entropy] { return std::uint64_t{entropy()} << 32 | entropy(); };
  dns::CookieSecrets secrets;
  secrets.add({draw(), draw()});
  return secrets;
}

}  // namespace waymark::app
