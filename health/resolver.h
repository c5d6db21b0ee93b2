// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/async.h"
#include "base/clock.h"
#include "health/dns_exchange.h"

namespace waymark::health {

/// Finds the address of a probe target that is a name, through the operator's resolvers: A records,
/// and AAAA where there are none. Answers are kept for their TTL (1 s to 1 hour); one question is
/// under way for a name, however many wait for it. When no resolver answers, the last address is
/// used on: that no resolver answers says nothing about the endpoint. Runs on `io`'s one thread.
class Resolver {
 public:
  /// Fails with `not_found` (the name has no address), or `unavailable`: nobody could say.
  using Done = std::function<void(Result<IpAddress>)>;

  Resolver(asio::io_context& io, const Clock& clock, std::vector<Endpoint> servers);

  /// `done` is called later, once; not at all after the resolver is destroyed. Addresses of a name
  /// with several are given in turn.
  void resolve(const std::string& name, std::chrono::milliseconds timeout, Done done);
  /// Names that nobody asked for in the last while are forgotten; their number is bounded.
  std::size_t names() const noexcept { return entries_.size(); }

 private:
  struct Entry {
    std::vector<IpAddress> addresses;  // the last ones known
    bool no_address = false;           // an authority said so
    MonotonicTime fresh_until{}, used{};
    std::size_t turn = 0;
    std::vector<Done> waiting;  // not empty: a question is under way
  };
  struct Question {
    std::string name;
    std::uint16_t type = 1;
    std::size_t server = 0;
    std::chrono::milliseconds timeout{};  // of each server and type
  };

  void ask(Question question);
  void heard(const Question& question, const Result<DnsReply>& reply);
  void settle(const std::string& name, const Result<DnsReply>& reply);
  static Result<IpAddress> pick(Entry& entry, const std::string& name);
  void forget_old();

  asio::io_context& io_;
  const Clock& clock_;
  std::vector<Endpoint> servers_;
  DnsExchange exchange_;
  std::unordered_map<std::string, Entry> entries_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace waymark::health
