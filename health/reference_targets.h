// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/async.h"
#include "base/ip.h"
#include "health/tcp_probe.h"

namespace waymark::health {

/// The operator's reference targets: TCP ports elsewhere that answer as long as we can see at all
/// (PRB-5). Each is connected to once a second. Not subject to the target rules: the operator, not
/// a user of the API, named them.
class ReferenceTargets {
 public:
  using Told = std::function<void(const std::vector<bool>& answered)>;

  ReferenceTargets(asio::io_context& io, std::vector<Endpoint> targets, Told told);

 private:
  void begin_round();
  void end_one();

  std::vector<Endpoint> targets_;
  Told told_;
  TcpProbe probe_;
  asio::steady_timer timer_;
  std::vector<bool> answered_;
  std::size_t waiting_ = 0;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace waymark::health
