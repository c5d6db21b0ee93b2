// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include "base/ip.h"

namespace waymark::dns {

/// The local end of a socket; unspecified when it has none.
inline Endpoint bound_to(int socket) noexcept {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(socket, address, &octets) != 0) return {};
  return Endpoint::from(*address);
}

}  // namespace waymark::dns
