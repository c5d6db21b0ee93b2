// SPDX-License-Identifier: Apache-2.0
#include "api/http/idempotency.h"

#include <array>
#include <string_view>
#include <vector>

#include "base/tls_crypto.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_entries = 10'000;
constexpr std::size_t most_octets = 4096;  // of an answer; what a longer one did tells the store
constexpr Duration kept = std::chrono::hours(24);

/// Of texts with their lengths: "a" and "bc" are not "ab" and "c".
std::string digest_of(const std::vector<std::string_view>& texts) {
  std::string framed;
  for (const std::string_view text : texts)
    framed.append(std::to_string(text.size())).append(1, ':').append(text);
  const std::array<ByteView, 1> whole{as_octets(framed)};
  return hex(ByteView(sha256(whole)).first(16));
}

}  // namespace

void identify(Request& request) {
  if (request.idempotency_key.empty() || request.flag("dry_run")) return;  // it does nothing
  Principal& who = request.principal;
  who.request = digest_of({who.id, request.idempotency_key});
  std::vector<std::string_view> all{request.method, request.path, request.body};
  for (const auto& [name, value] : request.query)
    all.insert(all.end(), {name, value});
  who.content = digest_of(all);
}

void Idempotency::forget_old() {
  while (!order_.empty()) {
    const auto oldest = entries_.find(order_.front().first);
    const bool here = oldest != entries_.end() && oldest->second.at == order_.front().second;
    if (here && order_.size() <= most_entries && clock_.monotonic() - oldest->second.at < kept)
      return;
    if (here) entries_.erase(oldest);
    order_.pop_front();
  }
}

Result<std::optional<Response>> Idempotency::begin(const Request& request) {
  if (request.principal.request.empty()) return std::optional<Response>{};
  forget_old();
  const auto [entry, fresh] = entries_.try_emplace(
      request.principal.request, Entry{request.principal.content, clock_.monotonic(), {}});
  if (fresh) {
    order_.emplace_back(entry->first, entry->second.at);
    return std::optional<Response>{};
  }
  if (entry->second.content != request.principal.content)
    return Error(ErrorCode::bad_value,
                 "this Idempotency-Key was used for another request; use a new one");
  if (!entry->second.response)
    return Error(ErrorCode::conflict,
                 "the first request with this Idempotency-Key is still under way");
  return entry->second.response;
}

void Idempotency::finish(const Request& request, const Response& response) {
  const auto entry = entries_.find(request.principal.request);
  if (entry == entries_.end()) return;
  if (response.status < 500 && response.body.size() <= most_octets)
    entry->second.response = response;
  else
    entries_.erase(entry);
}

}  // namespace waymark::api
