// SPDX-License-Identifier: Apache-2.0
#include "api/rest/slot_reasons.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "api/http/times.h"

namespace waymark::api {
namespace {

using health::HealthSlot;

constexpr std::size_t most_reasons = 64;

/// What follows a prefix of a slot's key; see zones/compile/slot_book.h.
bool take_prefix(std::string_view& key, std::string_view prefix) {
  if (!key.starts_with(prefix)) return false;
  key.remove_prefix(prefix.size());
  return true;
}

/// Both slots of "7/9".
std::vector<HealthSlot> slots_in(std::string_view text) {
  std::vector<HealthSlot> slots;
  while (!text.empty()) {
    std::uint32_t slot = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), slot);
    if (parsed.ec != std::errc()) break;
    slots.push_back(HealthSlot{slot});
    text.remove_prefix(static_cast<std::size_t>(parsed.ptr - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return slots;
}

}  // namespace

struct SlotReasons::Found {
  Json list = Json::array();
  std::string text;
  std::set<std::string, std::less<>> seen{};

  bool full() const { return list.size() >= most_reasons; }
  void add(Json one, const std::string& sentence) {
    list.push_back(std::move(one));
    text += (text.empty() ? "" : "; ") + sentence;
  }
};

SlotReasons::SlotReasons(const dns::Image& image, health::HealthTable health,
                         const std::vector<health::CheckStatus>& statuses,
                         const zones::Snapshot* state)
    : slots_(image.slots()), health_(health), state_(state) {
  for (const auto& status : statuses)
    checks_.emplace(status.id, &status);
}

std::string SlotReasons::text(HealthSlot slot) const {
  return find(slot).text;
}

Json SlotReasons::list(HealthSlot slot) const {
  return find(slot).list;
}

SlotReasons::Found SlotReasons::find(HealthSlot slot) const {
  Found found;
  explore(slot, found);
  return found;
}

void SlotReasons::explore(HealthSlot slot, Found& found) const {
  const auto number = static_cast<std::uint32_t>(slot);
  const auto at = std::lower_bound(
      slots_.begin(), slots_.end(), number,
      [](const dns::SlotSpec& spec, std::uint32_t wanted) { return spec.slot < wanted; });
  if (at == slots_.end() || at->slot != number || health_.healthy(slot) || found.full()) return;
  if (!found.seen.insert(at->key).second) return;
  std::string_view key = at->key;
  if (take_prefix(key, "check/")) return add_check(std::string(key), found);
  if (take_prefix(key, "group/")) return add_group(key, found);
  if (take_prefix(key, "external/")) return add_external(key, found);
  if (take_prefix(key, "all/") || take_prefix(key, "panic/"))
    for (const HealthSlot input : slots_in(key))
      explore(input, found);
}

void SlotReasons::add_check(const std::string& id, Found& found) const {
  Json one{{"health_check_id", id}};
  std::string text = "health check " + id;
  if (const auto known = checks_.find(id); known != checks_.end()) {
    const health::CheckStatus& status = *known->second;
    one["since"] = format_time(status.since);
    if (!status.reason.empty()) one["reason"] = status.reason;
    text += std::string(status.healthy ? ", healthy" : ", unhealthy") + " since " +
            format_time(status.since) + (status.reason.empty() ? "" : ": " + status.reason) +
            (status.held_back.empty() ? "" : "; held back: " + status.held_back);
  }
  found.add(std::move(one), text);
}

/// "<target>/<type>".
void SlotReasons::add_external(std::string_view key, Found& found) {
  const std::size_t last = key.rfind('/');
  if (last == std::string_view::npos) return;
  const std::string name(key.substr(0, last)), type(key.substr(last + 1));
  found.add({{"external_target", name}, {"type", type}},
            "the external target " + name + " has no " + type + " address");
}

/// "<zone id>/<target>/<type>".
void SlotReasons::add_group(std::string_view key, Found& found) const {
  const std::size_t first = key.find('/'), last = key.rfind('/');
  if (first == std::string_view::npos || first == last) return;
  const std::string name(key.substr(first + 1, last - first - 1)), type(key.substr(last + 1));
  found.add({{"alias_target", name}, {"type", type}},
            "nobody at the alias target " + name + " " + type + " is healthy");
  const auto parsed = dns::Name::parse(name);
  const auto rr_type = dns::parse_rr_type(type);
  if (state_ == nullptr || !parsed || !rr_type) return;
  const auto zone = state_->zone(zones::ZoneId{std::string(key.substr(0, first))});
  if (zone && *zone) add_members(**zone, *parsed, *rr_type, found);
}

/// The checks that hold a group's members down.
void SlotReasons::add_members(const zones::HostedZone& zone, const dns::Name& name,
                              dns::RrType type, Found& found) const {
  const auto sets = state_->record_sets_at(zone, name);
  if (!sets) return;
  for (const zones::RecordSet& set : *sets) {
    if (set.type != type || found.full()) continue;
    const auto known = checks_.find(set.health_check_id);
    if (known != checks_.end() && !known->second->healthy &&
        found.seen.insert("check/" + set.health_check_id).second)
      add_check(set.health_check_id, found);
    if (!set.alias || !set.alias->evaluate_target_health) continue;
    const std::string target = set.alias->target.to_string();
    if (set.alias->external) {
      const std::string key = "external/" + target + "/" + dns::to_string(type);
      const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                     [&](const dns::SlotSpec& spec) { return spec.key == key; });
      if (slot != slots_.end()) explore(HealthSlot{slot->slot}, found);
      continue;
    }
    if (found.seen.insert("members/" + target).second)
      add_members(zone, set.alias->target, type, found);
  }
}

}  // namespace waymark::api
