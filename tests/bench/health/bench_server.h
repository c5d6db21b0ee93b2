// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace waymark::bench {

/// A real server in a process of its own (so that its CPU time is not ours), on a port of all
/// loopback addresses: answers every HTTP request with 200 and closes. Ends with its owner.
class BenchServer {
 public:
  explicit BenchServer(bool tls);
  ~BenchServer();
  BenchServer(const BenchServer&) = delete;
  BenchServer& operator=(const BenchServer&) = delete;

  std::uint16_t port() const noexcept { return port_; }

 private:
  int process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace waymark::bench
