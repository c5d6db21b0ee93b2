// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/config.h"
#include "base/ip.h"
#include "base/shared_memory.h"

namespace waymark::app {

/// Every socket of the house, opened before rights are dropped and kept open here, so that queries
/// wait in it while a process is started again.
struct Sockets {
  struct Share {
    std::vector<FileDescriptor> udp, tcp;  // one of each for each address
  };
  std::vector<Endpoint> dns;   // as bound: a port 0 is a number here
  std::vector<Share> workers;  // their shares of the same ports (SO_REUSEPORT)
  Endpoint api_address;
  FileDescriptor api;
  Endpoint route53_address;
  FileDescriptor route53;  // none: that door is off, or its default port is another's

  /// Throws std::runtime_error with the address and what stands in the way.
  static Sockets open(const Config& config, std::uint32_t workers);
  /// What open() would throw, of every address; nothing stays bound.
  static std::vector<std::string> faults(const Config& config);
  /// The Route 53 door's alone; throws like `open`.
  void open_route53(const Config& config);
};

}  // namespace waymark::app
