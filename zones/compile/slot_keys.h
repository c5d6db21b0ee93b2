// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "zones/compile/slot_book.h"
#include "zones/external_answers.h"
#include "zones/hosted_zone.h"

/// How the keys of slots are written (slot_book.h).
namespace waymark::zones::slot_keys {

constexpr std::string_view check_prefix = "check/", group_prefix = "group/", all_prefix = "all/",
                           crowd_prefix = "crowd/", panic_prefix = "panic/",
                           percent_prefix = "panic-percent/", external_prefix = "external/";

inline std::string check(const std::string& id) {
  return std::string(check_prefix) + id;
}
inline std::string external(const ExternalTarget& target) {
  return std::string(external_prefix) + target.name.to_string() + "/" + dns::to_string(target.type);
}
/// The type follows.
inline std::string group(const ZoneId& zone, const dns::Name& name) {
  return std::string(group_prefix) + zone.text + "/" + name.to_string() + "/";
}
/// The type follows.
inline std::string crowd(const ZoneId& zone, const dns::Name& name) {
  return std::string(crowd_prefix) + zone.text + "/" + name.to_string() + "/";
}

inline std::string number(health::HealthSlot slot) {
  return std::to_string(static_cast<std::uint32_t>(slot));
}

inline std::optional<health::HealthSlot> parse_slot(std::string_view text) {
  std::uint32_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return health::HealthSlot{value};
}

/// Two slots behind a prefix: "all/7/9".
inline std::optional<std::pair<health::HealthSlot, health::HealthSlot>> parse_pair(
    std::string_view text) {
  const std::size_t middle = text.find('/');
  if (middle == std::string_view::npos) return std::nullopt;
  const auto a = parse_slot(text.substr(0, middle)), b = parse_slot(text.substr(middle + 1));
  if (!a || !b) return std::nullopt;
  return std::pair(*a, *b);
}

inline std::vector<std::string> with(const SlotBook& slots, std::string_view prefix) {
  std::vector<std::string> keys;
  slots.for_each(prefix, [&](const std::string& key, health::HealthSlot) { keys.push_back(key); });
  return keys;
}

}  // namespace waymark::zones::slot_keys
