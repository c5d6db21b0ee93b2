// SPDX-License-Identifier: Apache-2.0
#include "api/http/idempotency.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_entries = 10'000;
constexpr Duration kept = std::chrono::hours(24);

std::string key_of(const Request& request) {
  return request.principal.id + '\n' + request.idempotency_key;
}

std::size_t content_of(const Request& request) {
  std::string all = request.method + '\n' + request.path + '\n';
  for (const auto& [name, value] : request.query)
    all += name + '=' + value + '\n';
  return std::hash<std::string>{}(all + request.body);
}

}  // namespace

void Idempotency::forget_old() {
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front());
    const bool here = oldest != entries_.end();
    if (here && order_.size() <= most_entries && clock_.monotonic() - oldest->second.at < kept)
      return;
    if (here) entries_.erase(oldest);
    order_.pop_front();
  }
}

Result<std::optional<Response>> Idempotency::begin(const Request& request) {
  if (request.idempotency_key.empty()) return std::optional<Response>{};
  forget_old();
  const auto [entry, fresh] =
      entries_.try_emplace(key_of(request), Entry{content_of(request), clock_.monotonic(), {}});
  if (fresh) {
    order_.push_back(entry->first);
    return std::optional<Response>{};
  }
  if (entry->second.content != content_of(request))
    return Error(ErrorCode::bad_value,
                 "this Idempotency-Key was used for another request; use a new one");
  if (!entry->second.response)
    return Error(ErrorCode::conflict,
                 "the first request with this Idempotency-Key is still under way");
  return entry->second.response;
}

void Idempotency::finish(const Request& request, const Response& response) {
  const auto entry = entries_.find(key_of(request));
  if (entry == entries_.end()) return;
  if (response.status < 500)
    entry->second.response = response;
  else
    entries_.erase(entry);
}

}  // namespace waymark::api
