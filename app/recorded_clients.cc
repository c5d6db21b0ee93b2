// SPDX-License-Identifier: Apache-2.0
#include "app/recorded_clients.h"

namespace waymark::app {
namespace {

constexpr std::uint8_t v4_bits = 24, v6_bits = 56;  // RFC 7871 §11.1 advises as much

}  // namespace

void RecordedClients::add(const IpAddress& client) {
  const IpPrefix subnet = IpPrefix::of(client, client.is_v4() ? v4_bits : v6_bits);
  if (const auto found = seen_.find(subnet); found != seen_.end()) {
    ++found->second;
    return;
  }
  while (seen_.size() >= most) {
    for (auto& [known, times] : seen_)
      times /= 2;
    std::erase_if(seen_, [](const auto& one) { return one.second == 0; });
  }
  seen_.emplace(subnet, 1);
}

std::vector<std::pair<IpPrefix, std::uint64_t>> RecordedClients::all() const {
  return {seen_.begin(), seen_.end()};
}

}  // namespace waymark::app
