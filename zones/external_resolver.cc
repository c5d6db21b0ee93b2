// SPDX-License-Identifier: Apache-2.0
#include "zones/external_resolver.h"

#include <algorithm>
#include <utility>

namespace waymark::zones {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t noerror = 0, nxdomain = 3;
constexpr auto keep_again = 10min;    // a confirmed answer is written again after so long
constexpr auto spread_of_one = 10ms;  // of targets that are overdue after a start
constexpr auto most_spread = 60s;

/// Empty, or why a reply does not say what is asked.
std::string fault_of(const Result<health::DnsReply>& reply) {
  if (!reply) return reply.error().detail();
  if (reply->truncated) return "the reply is truncated";
  if (reply->rcode != noerror && reply->rcode != nxdomain) return health::rcode_text(reply->rcode);
  return {};
}

}  // namespace

void ExternalResolver::restore(const ExternalAnswers& answers) {
  const Duration spread = std::min<Duration>(spread_of_one * answers.size(), most_spread);
  for (const auto& [target, answer] : answers) {
    Entry& entry = entries_[target];
    entry.answer = answer;
    entry.kept_at = answer.resolved_at;
    const Duration left = answer.resolved_at + std::chrono::seconds(answer.ttl) - clock_.now();
    const Duration random = spread / 1'000 * random_.below(1'000);
    entry.due = clock_.monotonic() + std::clamp<Duration>(left, random, settings_.most_ttl);
  }
}

void ExternalResolver::seed(const ExternalAnswers& answers) {
  for (const auto& [target, answer] : answers) {
    Entry& entry = entries_[target];
    if (entry.answer) continue;
    entry.answer = answer;
    entry.answer->resolved_at = clock_.now() - std::chrono::seconds(answer.ttl);
  }
}

void ExternalResolver::add_owner(const ExternalAlias& alias) {
  Entry& entry = entries_[alias.target];
  entry.owners.insert({alias.owner, alias.zone});
  if (entry.owners.size() == 1 && !under_way_.contains(alias.target))
    plan_.emplace(entry.due, alias.target);  // a new one is due since ever
}

void ExternalResolver::want(const std::vector<ExternalAlias>& aliases) {
  for (auto& [target, entry] : entries_)
    entry.owners.clear();
  for (const ExternalAlias& alias : aliases)
    add_owner(alias);
  for (auto at = entries_.begin(); at != entries_.end();)
    at = at->second.owners.empty() ? drop(at) : std::next(at);
}

void ExternalResolver::change(const std::vector<ExternalStep>& steps) {
  std::set<ExternalTarget> left;
  for (const auto& [came, alias] : steps) {
    if (came) {
      add_owner(alias);
      continue;
    }
    const auto entry = entries_.find(alias.target);
    if (entry == entries_.end()) continue;
    auto& owners = entry->second.owners;
    if (const auto one = owners.find({alias.owner, alias.zone}); one != owners.end())
      owners.erase(one);
    left.insert(alias.target);
  }
  for (const ExternalTarget& target : left)
    if (const auto at = entries_.find(target); at->second.owners.empty()) drop(at);
}

std::map<ExternalTarget, ExternalResolver::Entry>::iterator ExternalResolver::drop(
    std::map<ExternalTarget, Entry>::iterator at) {
  unplan(at->first, at->second);
  if (at->second.failures > 0) --failing_;
  if (at->second.answer) {
    changed_.insert(at->first);
    to_keep_.insert(at->first);
  }
  return entries_.erase(at);
}

std::vector<ExternalTarget> ExternalResolver::take_due() {
  std::vector<ExternalTarget> due;
  const MonotonicTime now = clock_.monotonic();
  while (!plan_.empty() && plan_.begin()->first <= now &&
         under_way_.size() < settings_.most_under_way) {
    due.push_back(plan_.begin()->second);
    under_way_.insert(due.back());
    plan_.erase(plan_.begin());
  }
  return due;
}

void ExternalResolver::heard(const ExternalTarget& target, const Result<health::DnsReply>& reply) {
  if (under_way_.erase(target) == 0) return;
  const auto found = entries_.find(target);
  if (found == entries_.end()) return;  // not wanted any more
  std::string fault = fault_of(reply);
  if (fault.empty())
    succeed(target, found->second, *reply);
  else
    fail(target, found->second, std::move(fault));
}

void ExternalResolver::succeed(const ExternalTarget& target, Entry& entry,
                               const health::DnsReply& reply) {
  ExternalAnswer answer;
  std::chrono::seconds ttl = settings_.most_ttl;
  const bool v4 = target.type == dns::RrType::A;
  for (const health::DnsReply::Address& one : reply.addresses) {
    if (one.address.is_v4() != v4 || answer.addresses.size() == most_addresses) continue;
    answer.addresses.push_back(one.address);
    ttl = std::min(ttl, one.ttl);
  }
  std::sort(answer.addresses.begin(), answer.addresses.end());
  answer.addresses.erase(std::unique(answer.addresses.begin(), answer.addresses.end()),
                         answer.addresses.end());
  if (answer.addresses.empty()) ttl = no_address_ttl;
  ttl = std::clamp(ttl, settings_.least_ttl, settings_.most_ttl);
  answer.ttl = static_cast<std::uint32_t>(ttl.count());
  answer.resolved_at = clock_.now();

  const bool differs = !entry.answer || entry.answer->addresses != answer.addresses ||
                       entry.answer->ttl != answer.ttl;
  if (differs) {
    changed_.insert(target);
    ++counts_.changed;
  }
  if (differs || answer.resolved_at - entry.kept_at >= keep_again) {
    entry.kept_at = answer.resolved_at;
    to_keep_.insert(target);
  }
  if (entry.failures > 0) --failing_;
  entry.answer = std::move(answer);
  entry.failures = 0;
  entry.last_error.clear();
  ++counts_.answered;
  plan(target, entry, jittered(ttl, 10));
}

void ExternalResolver::fail(const ExternalTarget& target, Entry& entry, std::string reason) {
  if (entry.failures++ == 0) ++failing_;
  entry.last_error = std::move(reason);
  ++counts_.failed;
  const std::uint32_t doublings = std::min(entry.failures - 1, 10U);
  plan(target, entry, jittered(std::min(first_pause * (1U << doublings), most_pause), 25));
}

/// Up to so much longer: never before a TTL is over.
Duration ExternalResolver::jittered(Duration length, std::uint32_t percent) {
  return length + length / 10'000 * random_.below(percent * 100);
}

void ExternalResolver::plan(const ExternalTarget& target, Entry& entry, Duration after) {
  entry.due = clock_.monotonic() + after;
  plan_.emplace(entry.due, target);
}

void ExternalResolver::unplan(const ExternalTarget& target, const Entry& entry) {
  plan_.erase({entry.due, target});
}

std::optional<MonotonicTime> ExternalResolver::next_due() const {
  if (plan_.empty() || under_way_.size() >= settings_.most_under_way) return std::nullopt;
  return plan_.begin()->first;
}

ExternalChanges ExternalResolver::take_changes() {
  ExternalChanges changes;
  for (const ExternalTarget& target : std::exchange(changed_, {})) {
    const auto found = entries_.find(target);
    changes.emplace_back(target, found == entries_.end() ? std::nullopt : found->second.answer);
  }
  return changes;
}

ExternalChanges ExternalResolver::take_kept() {
  ExternalChanges kept;
  for (const ExternalTarget& target : std::exchange(to_keep_, {})) {
    const auto found = entries_.find(target);
    kept.emplace_back(target, found == entries_.end() ? std::nullopt : found->second.answer);
  }
  return kept;
}

ExternalStatus ExternalResolver::status_of(const ExternalTarget& target, const Entry& entry) const {
  ExternalStatus status{target,          {entry.owners.begin(), entry.owners.end()},
                        entry.answer,    false,
                        entry.failures,  entry.last_error,
                        Duration::zero()};
  const bool over = entry.answer && clock_.now() - entry.answer->resolved_at >
                                        std::chrono::seconds(entry.answer->ttl);
  status.stale = over && entry.failures > 0;
  if (!under_way_.contains(target))
    status.next = std::max(entry.due - clock_.monotonic(), Duration::zero());
  return status;
}

std::vector<ExternalStatus> ExternalResolver::statuses() const {
  std::vector<ExternalStatus> out;
  out.reserve(entries_.size());
  for (const auto& [target, entry] : entries_)
    out.push_back(status_of(target, entry));
  return out;
}

std::optional<ExternalStatus> ExternalResolver::status(const ExternalTarget& target) const {
  const auto found = entries_.find(target);
  if (found == entries_.end()) return std::nullopt;
  return status_of(target, found->second);
}

}  // namespace waymark::zones
