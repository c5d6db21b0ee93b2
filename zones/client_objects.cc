// SPDX-License-Identifier: Apache-2.0
#include "zones/client_objects.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace waymark::zones {
namespace {

const ObjectKey places_key{ObjectKind::location, "table"};

Error damaged(std::string_view what, std::string_view text) {
  return {ErrorCode::bad_image,
          "stored " + std::string(what) + " \"" + std::string(text) + "\" is damaged"};
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T value{};
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return value;
}

}  // namespace

void for_each_line(std::string_view text,
                   const std::function<void(std::span<const std::string_view>)>& take) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty()) continue;
    parts.clear();
    for (std::size_t tab; (tab = line.find('\t')) != std::string_view::npos;) {
      parts.push_back(line.substr(0, tab));
      line.remove_prefix(tab + 1);
    }
    parts.push_back(line);
    take(parts);
  }
}

std::optional<double> parse_degrees(std::string_view text) {
  return parse_number<double>(text);
}

std::string degrees_text(double degrees) {
  std::array<char, 32> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), degrees);
  return {text.data(), written.ptr};
}

std::string encode(const policy::RegionList& regions) {
  std::string text;
  for (const std::string& name : regions.own()) {
    text += name;
    if (const auto place = regions.place(*regions.number(name)))
      text += "\t" + degrees_text(place->latitude) + "\t" + degrees_text(place->longitude);
    text += '\n';
  }
  return text;
}

std::optional<std::uint32_t> CidrCollection::location_number(std::string_view location) const {
  if (location == "*") return policy::default_cidr_location;
  const auto found = std::find(locations.begin(), locations.end(), location);
  if (found == locations.end()) return std::nullopt;
  return static_cast<std::uint32_t>(found - locations.begin());
}

bool CidrCollection::has_location(std::string_view location) const {
  const auto index = location_number(location);
  return location == "*" ||
         (index && std::any_of(blocks.begin(), blocks.end(),
                               [&](const Block& block) { return block.location == *index; }));
}

std::string encode(const CidrCollection& collection) {
  std::string text = "name\t" + collection.name + "\nversion\t" +
                     std::to_string(collection.version) + "\nnumber\t" +
                     std::to_string(collection.number) + "\n";
  for (const std::string& location : collection.locations)
    text += "location\t" + location + "\n";
  for (const auto& block : collection.blocks)
    text += "block\t" + std::to_string(block.location) + "\t" + block.prefix.to_string() + "\n";
  return text;
}

Result<CidrCollection> decode_cidr_collection(const std::string& id, std::string_view text) {
  CidrCollection collection;
  collection.id = id;
  bool good = true;
  for_each_line(text, [&](std::span<const std::string_view> parts) {
    const std::string_view value = parts.size() > 1 ? parts[1] : std::string_view();
    if (parts[0] == "name") collection.name = value;
    if (parts[0] == "location") collection.locations.emplace_back(value);
    if (parts[0] == "version") collection.version = parse_number<std::uint64_t>(value).value_or(1);
    if (parts[0] == "number") collection.number = parse_number<std::uint32_t>(value).value_or(0);
    if (parts[0] != "block") return;
    const auto location = parse_number<std::uint32_t>(value);
    const auto prefix =
        parts.size() == 3 ? IpPrefix::parse(parts[2]) : Result<IpPrefix>(damaged("block", value));
    good &= location && *location < collection.locations.size() && prefix;
    if (location && prefix) collection.blocks.push_back({*location, *prefix});
  });
  if (!good || collection.name.empty()) return damaged("CIDR collection", id);
  return collection;
}

Result<std::optional<CidrCollection>> cidr_collection(const Snapshot& state,
                                                      const std::string& id) {
  auto text = state.object({ObjectKind::cidr_collection, id});
  if (!text) return text.error();
  if (!*text) return std::optional<CidrCollection>();
  auto collection = decode_cidr_collection(id, **text);
  if (!collection) return collection.error();
  return std::optional(std::move(*collection));
}

std::optional<Error> fault_of_collection(const std::optional<CidrCollection>& collection,
                                         const std::string& id, const std::string& location) {
  if (!collection)
    return Error(ErrorCode::bad_value, "there is no CIDR collection \"" + id + "\"",
                 "/routing/collection_id");
  if (collection->has_location(location)) return std::nullopt;
  return Error(ErrorCode::bad_value,
               "CIDR collection " + collection->name + " has no location \"" + location + "\"",
               "/routing/location");
}

Result<std::vector<CidrCollection>> cidr_collections(const Snapshot& state) {
  auto objects = state.objects(ObjectKind::cidr_collection);
  if (!objects) return objects.error();
  std::vector<CidrCollection> all;
  for (const auto& [id, text] : *objects) {
    auto one = decode_cidr_collection(id, text);
    if (!one) return one.error();
    all.push_back(std::move(*one));
  }
  return all;
}

std::string encode(std::span<const ClientPlace> places) {
  std::string text;
  for (const ClientPlace& place : places) {
    text += place.prefix.to_string() + "\t" + place.continent + "\t" + place.country + "\t" +
            place.subdivision;
    for (const auto& degrees : {place.latitude, place.longitude})
      text += "\t" + (degrees ? degrees_text(*degrees) : std::string());
    text += '\n';
  }
  return text;
}

Result<std::vector<ClientPlace>> client_places(const Snapshot& state) {
  auto text = state.object(places_key);
  if (!text) return text.error();
  std::vector<ClientPlace> places;
  bool good = true;
  for_each_line(*text ? **text : std::string_view(), [&](std::span<const std::string_view> parts) {
    const auto prefix = IpPrefix::parse(parts[0]);
    good &= parts.size() == 6 && prefix;
    if (parts.size() != 6 || !prefix) return;
    places.push_back({*prefix, std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
                      parse_degrees(parts[4]), parse_degrees(parts[5])});
  });
  if (!good) return damaged("table of places", "locations");
  return places;
}

Result<std::vector<policy::LocationRow>> location_rows(std::span<const ClientPlace> places) {
  std::vector<policy::LocationRow> rows;
  for (const ClientPlace& place : places) {
    auto location = policy::make_location(place.continent, place.country, place.subdivision,
                                          place.latitude, place.longitude);
    if (!location)
      return Error(location.error().code(),
                   place.prefix.to_string() + ": " + location.error().detail());
    rows.push_back({place.prefix, *location});
  }
  return rows;
}

}  // namespace waymark::zones
