// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace waymark::differential {

/// A name server on loopback, asked many questions at a time.
class Peer {
 public:
  /// Ends the program when there is no such socket.
  Peer(std::string name, std::uint16_t port);
  ~Peer();
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  const std::string& name() const { return name_; }
  /// The replies to these queries, whose ids are all different; sent again when one is lost. Ends
  /// the program when the server stays silent.
  std::vector<Bytes> ask(const std::vector<Bytes>& queries);
  Bytes ask_over_tcp(ByteView query);

 private:
  std::string name_;
  std::uint16_t port_;
  int socket_;
};

}  // namespace waymark::differential
