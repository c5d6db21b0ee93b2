// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/ip.h"
#include "health/dns_exchange.h"

namespace waymark::health {

/// One question put to the operator's resolvers, one after the other, until one gives an answer
/// (NOERROR or NXDOMAIN). Keeps nothing. Runs on `io`'s one thread.
class AddressLookup {
 public:
  using Done = DnsExchange::Done;

  AddressLookup(asio::io_context& io, std::vector<Endpoint> servers)
      : io_(io), servers_(std::move(servers)), exchange_(io) {}

  /// `timeout` is of each resolver. `done` is called later, once, with the first answer or with
  /// what the last resolver said; not at all after this is destroyed.
  void ask(const std::string& name, std::uint16_t type, std::chrono::milliseconds timeout,
           Done done);

 private:
  void ask_server(std::size_t server, const DnsQuestion& question,
                  std::chrono::milliseconds timeout, Done done);

  asio::io_context& io_;
  std::vector<Endpoint> servers_;
  DnsExchange exchange_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace waymark::health
