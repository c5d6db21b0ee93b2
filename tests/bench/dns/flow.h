// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <vector>

#include "tests/bench/dns/ledger.h"

namespace waymark::bench {

/// One socket to the server, with its ledger.
class Flow {
 public:
  Flow(Run& run, std::size_t window) : ledger_(run, window) {}
  virtual ~Flow() = default;
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  Ledger& ledger() { return ledger_; }
  /// Takes what has arrived.
  virtual void receive() = 0;
  /// Sends up to `count` questions, the first of them due at `due`, each next one `gap_ns` later.
  /// Returns how many left.
  virtual std::size_t send(std::size_t count, std::uint64_t due, double gap_ns) = 0;

 protected:
  Ledger ledger_;
};

/// recvmmsg and sendmmsg, 64 at a time.
std::unique_ptr<Flow> open_udp(Run& run, const sockaddr_in& server, std::size_t window,
                               const sockaddr_in& from);
/// One connection; questions follow each other without waiting (RFC 7766 §6.2.1.1).
std::unique_ptr<Flow> open_tcp(Run& run, const sockaddr_in& server, std::size_t window);

}  // namespace waymark::bench
