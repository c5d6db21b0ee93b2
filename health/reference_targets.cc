// SPDX-License-Identifier: Apache-2.0
#include "health/reference_targets.h"

#include <utility>

namespace waymark::health {
namespace {

using namespace std::chrono_literals;
constexpr auto pause_between = 1s;
constexpr auto most_wait = 1s;

TargetRules everything() {
  return {{*IpPrefix::parse("0.0.0.0/0"), *IpPrefix::parse("::/0")}, {}, {}};
}

}  // namespace

ReferenceTargets::ReferenceTargets(asio::io_context& io, std::vector<Endpoint> targets, Told told)
    : targets_(std::move(targets)), told_(std::move(told)), probe_(io, everything()), timer_(io) {
  if (!targets_.empty()) begin_round();
}

void ReferenceTargets::begin_round() {
  answered_.assign(targets_.size(), false);
  waiting_ = targets_.size();
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    HealthCheck check;
    check.type = HealthCheck::Type::tcp;
    check.address = targets_[i].address;
    check.port = targets_[i].port;
    check.timeout = most_wait;
    probe_.start(check, [this, i](const Outcome& outcome) {
      answered_[i] = outcome.kind == Outcome::Kind::passed;
      end_one();
    });
  }
}

void ReferenceTargets::end_one() {
  if (--waiting_ > 0) return;
  timer_.expires_after(pause_between);
  timer_.async_wait(
      [this, alive = std::weak_ptr<const bool>(alive_)](const boost::system::error_code& ended) {
        if (!ended && !alive.expired()) begin_round();
      });
  told_(answered_);
}

}  // namespace waymark::health
