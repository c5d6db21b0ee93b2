// SPDX-License-Identifier: Apache-2.0
#include "policy/geo_database.h"

#include <maxminddb.h>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace waymark::policy {
namespace {

constexpr int v4_in_v6_bits = 96;  // ::/96 holds IPv4

class Reader {
 public:
  explicit Reader(const std::string& path) : path_(path) {
    status_ = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &database_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  ~Reader() {
    if (status_ == MMDB_SUCCESS) MMDB_close(&database_);
  }

  Result<std::vector<LocationRow>> rows() {
    if (status_ != MMDB_SUCCESS) return bad(MMDB_strerror(status_));
    six_ = database_.metadata.ip_version == 6;
    if (six_) v4_root_ = database_.ipv4_start_node;
    IpAddress address;
    address.family = six_ ? IpAddress::Family::v6 : IpAddress::Family::v4;
    if (auto walked = walk(0, address, 0); !walked) return walked.error();
    return std::move(rows_);
  }

 private:
  Error bad(const std::string& what) const {
    return {ErrorCode::io, "geo database " + path_ + ": " + what};
  }

  /// In an IPv6 tree other prefixes lead to the IPv4 part as well (6to4, mapped addresses): such
  /// clients come as IPv4, so it is read once, at ::/96.
  bool is_another_way_to_v4(std::uint32_t node, const IpAddress& address, int depth) const {
    if (!six_ || v4_root_.netmask != v4_in_v6_bits || node != v4_root_.node_value) return false;
    return depth != v4_in_v6_bits || address != IpAddress{IpAddress::Family::v6, {}};
  }

  Result<void> walk(std::uint32_t node, const IpAddress& address, int depth) {
    if (depth >= address.bits()) return bad("a branch is too deep");
    if (is_another_way_to_v4(node, address, depth)) return {};
    MMDB_search_node_s records;
    if (MMDB_read_node(&database_, node, &records) != MMDB_SUCCESS) return bad("a node is damaged");
    if (auto left = take(records.left_record_type, records.left_record, records.left_record_entry,
                         address, depth + 1);
        !left)
      return left;
    IpAddress right = address;
    right.octets[static_cast<std::size_t>(depth / 8)] |= static_cast<Octet>(0x80 >> depth % 8);
    return take(records.right_record_type, records.right_record, records.right_record_entry, right,
                depth + 1);
  }

  Result<void> take(std::uint8_t type, std::uint64_t record, MMDB_entry_s entry,
                    const IpAddress& address, int depth) {
    switch (type) {
      case MMDB_RECORD_TYPE_SEARCH_NODE:
        return walk(static_cast<std::uint32_t>(record), address, depth);
      case MMDB_RECORD_TYPE_DATA:
        add(entry, address, depth);
        return {};
      case MMDB_RECORD_TYPE_EMPTY:
        return {};
      default:
        return bad("a record is damaged");
    }
  }

  void add(MMDB_entry_s entry, const IpAddress& address, int depth) {
    const auto [known, fresh] = places_.try_emplace(entry.offset);
    if (fresh) known->second = place(entry);
    if (known->second == Location{}) return;
    IpPrefix prefix{address, static_cast<std::uint8_t>(depth)};
    if (six_ && depth >= v4_in_v6_bits && is_v4(address)) {
      prefix.address = IpAddress::v4(load32(address.octets.data() + 12));
      prefix.length = static_cast<std::uint8_t>(depth - v4_in_v6_bits);
    }
    rows_.push_back({prefix, known->second});
  }

  static bool is_v4(const IpAddress& address) {
    for (std::size_t i = 0; i < 12; ++i)
      if (address.octets[i] != 0) return false;
    return true;
  }

  /// What is not known or can not be read is left out: a new country code loses no more than
  /// itself.
  static Location place(MMDB_entry_s entry) {
    Location location{};
    const std::string country = text(entry, {"country", "iso_code", nullptr});
    location.country = country_code(country);
    location.continent = location.country != 0
                             ? continent_of(location.country)
                             : continent_code(text(entry, {"continent", "code", nullptr}));
    location.subdivision =
        subdivision_code(country, text(entry, {"subdivisions", "0", "iso_code", nullptr}));
    const auto latitude = number(entry, {"location", "latitude", nullptr});
    const auto longitude = number(entry, {"location", "longitude", nullptr});
    if (latitude && longitude)
      if (const auto point = make_location("", "", "", latitude, longitude)) {
        location.has_point = 1;
        location.point = point->point;
      }
    return location;
  }

  using Path = std::vector<const char*>;  // ends with a null

  static std::optional<MMDB_entry_data_s> find(MMDB_entry_s entry, const Path& path) {
    MMDB_entry_data_s data;
    if (MMDB_aget_value(&entry, &data, path.data()) != MMDB_SUCCESS || !data.has_data)
      return std::nullopt;
    return data;
  }
  static std::string text(MMDB_entry_s entry, const Path& path) {
    const auto data = find(entry, path);
    if (!data || data->type != MMDB_DATA_TYPE_UTF8_STRING) return {};
    return {data->utf8_string, data->data_size};
  }
  static std::optional<double> number(MMDB_entry_s entry, const Path& path) {
    const auto data = find(entry, path);
    if (data && data->type == MMDB_DATA_TYPE_DOUBLE) return data->double_value;
    if (data && data->type == MMDB_DATA_TYPE_FLOAT) return data->float_value;
    return std::nullopt;
  }

  std::string path_;
  MMDB_s database_{};
  int status_ = 0;
  bool six_ = false;
  MMDB_ipv4_start_node_s v4_root_{};
  std::unordered_map<std::uint32_t, Location> places_;  // by offset of the data
  std::vector<LocationRow> rows_;
};

}  // namespace

Result<std::vector<LocationRow>> read_geo_database(const std::string& path) {
  return Reader(path).rows();
}

}  // namespace waymark::policy
