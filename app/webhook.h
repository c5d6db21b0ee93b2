// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/steady_timer.hpp>

#include "api/services.h"
#include "base/async.h"
#include "base/clock.h"
#include "base/http_client.h"
#include "base/random.h"
#include "health/check_state.h"
#include "health/resolver.h"
#include "health/target_rules.h"

namespace waymark::app {

/// Where notifications go: http or https, a host or address, a port, a path.
struct WebhookUrl {
  bool tls = false;
  std::string host;  // as written; an IPv6 address without its brackets
  std::uint16_t port = 80;
  std::string path = "/";

  /// Fails with `bad_value`: another scheme, a user, a fragment, blanks.
  static Result<WebhookUrl> parse(std::string_view text);
};

/// Tells of every change of a verdict by POST, in order, one at a time. Each is signed
/// (`X-Waymark-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 over "SECONDS.BODY"), tried up to eight
/// times with doubling pauses and jitter, and given up then. The queue holds 1,000; what comes
/// beyond is dropped and counted. The target rules of health checks apply to every connect. All on
/// `io`'s one thread.
class Webhook {
 public:
  struct Settings {
    WebhookUrl url;
    std::string secret;
    std::vector<Endpoint> resolvers;
    std::chrono::milliseconds first_pause{1'000};
  };
  static constexpr std::size_t most_queued = 1'000;
  static constexpr int most_tries = 8;

  Webhook(asio::io_context& io, const Clock& clock, const health::TargetRules& rules,
          Settings settings, Random random);

  void notify(const health::Transition& transition);
  api::WebhookCounts counts() const noexcept;

 private:
  struct Message {
    std::string id, body;
    int tries = 0;
  };

  void begin();
  void post(const IpAddress& address);
  void ended(const Result<HttpResponse>& response);
  void retry(const std::string& reason);
  void next();

  const Clock& clock_;
  Settings settings_;
  Random random_;
  HttpClient client_;
  health::Resolver resolver_;
  asio::steady_timer timer_;
  std::deque<Message> queue_;  // the first one is under way
  api::WebhookCounts counts_;
  bool told_full_ = false;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace waymark::app
