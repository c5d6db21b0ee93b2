// SPDX-License-Identifier: Apache-2.0
#include "app/webhook.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "api/http/json.h"
#include "api/http/times.h"
#include "base/log.h"
#include "base/tls_crypto.h"
#include "zones/validate.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
constexpr auto most_wait = 5s;  // for one answer
constexpr auto longest_pause = 60'000ms;

Error bad_url(std::string_view text, const char* why) {
  return {ErrorCode::bad_value, "\"" + std::string(text) + "\" is no webhook address: " + why};
}

std::string body_of(const health::Transition& transition, const std::string& id) {
  const api::Json body{{"event", "health_changed"},
                       {"delivery", id},
                       {"check", transition.id},
                       {"name", transition.name},
                       {"healthy", transition.healthy},
                       {"reason", transition.reason},
                       {"at", api::format_time(transition.at)}};
  return api::to_text(body);
}

}  // namespace

Result<WebhookUrl> WebhookUrl::parse(std::string_view text) {
  WebhookUrl url;
  std::string_view rest = text;
  if (rest.starts_with("https://"))
    url.tls = true, url.port = 443, rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return bad_url(text, "it begins with http:// or https://");
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 127; });
  if (!printable || text.find('#') != std::string_view::npos)
    return bad_url(text, "blanks, fragments and octets beyond ASCII have no place in it");
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.path = rest.substr(slash);
  if (authority.find('@') != std::string_view::npos)
    return bad_url(text, "no user may stand in it");

  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return bad_url(text, "\"[\" has no \"]\"");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
  } else {
    const std::size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    if (colon != std::string_view::npos) port = authority.substr(colon);
  }
  if (url.host.empty()) return bad_url(text, "it has no host");
  if (port.empty()) return url;
  port.remove_prefix(1);
  const auto read = std::from_chars(port.data(), port.data() + port.size(), url.port);
  if (read.ec != std::errc() || read.ptr != port.data() + port.size() || url.port == 0)
    return bad_url(text, "its port is not a number from 1 to 65535");
  return url;
}

Webhook::Webhook(asio::io_context& io, const Clock& clock, const health::TargetRules& rules,
                 Settings settings, Random random)
    : clock_(clock),
      settings_(std::move(settings)),
      random_(random),
      client_(io, [&rules](const IpAddress& address,
                           std::uint16_t port) { return rules.permit(address, port); }),
      resolver_(io, clock, settings_.resolvers),
      timer_(io) {}

void Webhook::notify(const health::Transition& transition) {
  if (queue_.size() >= most_queued) {
    ++counts_.dropped;
    if (!std::exchange(told_full_, true))
      log::warning("webhook_queue_full", {{"queued", queue_.size()}});
    return;
  }
  std::string id = zones::new_uuid(random_);
  std::string body = body_of(transition, id);
  queue_.push_back({std::move(id), std::move(body), 0});
  if (queue_.size() == 1) begin();
}

/// The first message of the queue, to the address its host has now.
void Webhook::begin() {
  ++queue_.front().tries;
  if (const auto address = IpAddress::parse(settings_.url.host)) return post(*address);
  resolver_.resolve(settings_.url.host, most_wait, [this](const Result<IpAddress>& found) {
    if (found)
      post(*found);
    else
      retry(found.error().detail());
  });
}

void Webhook::post(const IpAddress& address) {
  const Message& message = queue_.front();
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
  const std::string time = std::to_string(seconds);
  HttpRequest request;
  request.tls = request.verify = settings_.url.tls;
  request.address = address;
  request.port = settings_.url.port;
  request.path = settings_.url.path;
  if (!IpAddress::parse(settings_.url.host)) request.host = settings_.url.host;
  request.timeout = most_wait;
  request.post = message.body;
  request.headers = {"Content-Type: application/json", "X-Waymark-Delivery: " + message.id,
                     "X-Waymark-Signature: t=" + time +
                         ",v1=" + hmac_sha256_hex(settings_.secret, time + "." + message.body)};
  client_.send(request, [this](const Result<HttpResponse>& response) { ended(response); });
}

void Webhook::ended(const Result<HttpResponse>& response) {
  if (!response) return retry(response.error().detail());
  if (response->status < 200 || response->status > 299)
    return retry("HTTP " + std::to_string(response->status));
  ++counts_.delivered;
  next();
}

void Webhook::retry(const std::string& reason) {
  const Message& message = queue_.front();
  if (message.tries >= most_tries) {
    ++counts_.failed;
    log::warning("webhook_failed", {{"delivery", message.id}, {"reason", reason}});
    return next();
  }
  ++counts_.retried;
  const auto doubled = settings_.first_pause * (std::int64_t{1} << (message.tries - 1));
  const auto pause = std::min<std::chrono::milliseconds>(doubled, longest_pause);
  const auto jitter = random_.below(static_cast<std::uint32_t>(pause.count()) + 1);
  timer_.expires_after(std::chrono::milliseconds(jitter));
  timer_.async_wait(
      [this, alive = std::weak_ptr<const bool>(alive_)](const boost::system::error_code& ended) {
        if (!ended && !alive.expired()) begin();
      });
}

void Webhook::next() {
  queue_.pop_front();
  told_full_ = told_full_ && !queue_.empty();
  if (!queue_.empty()) begin();
}

api::WebhookCounts Webhook::counts() const noexcept {
  api::WebhookCounts counts = counts_;
  counts.queued = queue_.size();
  return counts;
}

}  // namespace waymark::app
