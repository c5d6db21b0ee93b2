// SPDX-License-Identifier: Apache-2.0
//
// The small things that every decision needs: ids, serials, regions.
#include <cstdio>

#include "zones/client_objects.h"
#include "zones/name_rules.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

std::string random_id(char first, Random& random) {
  static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string id(1, first);
  for (int i = 0; i < 20; ++i)
    id += alphabet[random.below(36)];
  return id;
}

// SERIAL is the first of the five 32-bit fields at the end, RFC 1035 §3.3.13.
constexpr std::size_t serial_from_end = 20;

}  // namespace

Result<policy::RegionList> regions_of(const Snapshot& state) {
  auto names = state.object({ObjectKind::latency, "regions"});
  if (!names) return names.error();
  std::vector<std::string> own;
  policy::RegionList::Places places;
  for_each_line(*names ? **names : std::string_view(),
                [&](std::span<const std::string_view> parts) {
                  if (parts[0].empty()) return;
                  own.emplace_back(parts[0]);
                  const auto latitude = parts.size() > 2 ? parse_degrees(parts[1]) : std::nullopt;
                  const auto longitude = parts.size() > 2 ? parse_degrees(parts[2]) : std::nullopt;
                  places.emplace_back();
                  if (latitude && longitude)
                    places.back() = policy::RegionList::Degrees{*latitude, *longitude};
                });
  return policy::RegionList(std::move(own), std::move(places));
}

std::string region_of(const Routing& routing) {
  if (const auto* latency = std::get_if<Latency>(&routing)) return latency->region;
  const auto* proximity = std::get_if<Geoproximity>(&routing);
  return proximity != nullptr ? proximity->region : std::string();
}

std::optional<Error> fault_of_region(const policy::RegionList& regions, const Routing& routing) {
  const std::string name = region_of(routing);
  if (name.empty() && !std::holds_alternative<Latency>(routing)) return std::nullopt;
  const auto number = regions.number(name);
  if (!number)
    return Error(ErrorCode::bad_value, "region \"" + name + "\" is not known", "/routing/region");
  if (std::holds_alternative<Latency>(routing) || regions.place(*number)) return std::nullopt;
  return Error(ErrorCode::bad_value,
               "region \"" + name + "\" has no coordinates; give it some in /v1/regions",
               "/routing/region");
}

ZoneId new_zone_id(Random& random) {
  return {random_id('Z', random)};
}
ChangeId new_change_id(Random& random) {
  return {random_id('C', random)};
}

std::string new_uuid(Random& random) {
  const std::uint64_t high = (random.next() & ~0xF000ULL) | 0x4000ULL;  // version 4
  const std::uint64_t low =
      (random.next() & 0x3FFF'FFFF'FFFF'FFFFULL) | 1ULL << 63;  // RFC 9562 §5.4
  char text[37];
  std::snprintf(text, sizeof text, "%08llx-%04llx-%04llx-%04llx-%012llx",
                static_cast<unsigned long long>(high >> 32),
                static_cast<unsigned long long>(high >> 16 & 0xFFFF),
                static_cast<unsigned long long>(high & 0xFFFF),
                static_cast<unsigned long long>(low >> 48),
                static_cast<unsigned long long>(low & 0xFFFF'FFFF'FFFFULL));
  return text;
}

// 0 is skipped: some secondaries take it for "never transferred".
std::uint32_t next_serial(std::uint32_t before) noexcept {
  return before + 1 == 0 ? 1 : before + 1;
}

std::uint32_t soa_serial(ByteView soa_rdata) noexcept {
  return soa_rdata.size() < serial_from_end
             ? 0
             : load32(soa_rdata.data() + soa_rdata.size() - serial_from_end);
}

void set_soa_serial(Bytes& soa_rdata, std::uint32_t serial) noexcept {
  if (soa_rdata.size() < serial_from_end) return;
  store32(soa_rdata.data() + soa_rdata.size() - serial_from_end, serial);
}

}  // namespace waymark::zones
