// SPDX-License-Identifier: Apache-2.0
//
// Files are made by MaxMind's own writer (libmaxmind-db-writer-perl).
#include "policy/geo_database.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

namespace waymark::policy {
namespace {

class GeoDatabase : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = (std::filesystem::temp_directory_path() / "waymark-XXXXXX").string();
    folder_ = ::mkdtemp(made.data());
    path_ = folder_ + "/places.mmdb";
    const char* source = std::getenv("WAYMARK_SOURCE_DIR");
    ASSERT_NE(source, nullptr);
    const std::string command = "perl " + std::string(source) + "/tests/data/make_mmdb.pl " + path_;
    ASSERT_EQ(std::system(command.c_str()), 0) << "needs libmaxmind-db-writer-perl (scripts/deps)";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string folder_, path_;
};

TEST_F(GeoDatabase, PlacesClientsAsItsNetworksSay) {
  const auto rows = read_geo_database(path_);
  ASSERT_TRUE(rows) << rows.error().detail();
  const Bytes bytes = write_location_table(*rows, {});
  const LocationTable table = *LocationTable::open(bytes);
  const auto at = [&](const char* text) { return table.find(*IpAddress::parse(text)); };

  EXPECT_EQ(*at("198.51.100.7").location, *make_location("EU", "DE", "", 52.52, 13.40));
  EXPECT_EQ(at("198.51.100.7").scope, 24);
  EXPECT_EQ(*at("203.0.113.1").location, *make_location("NA", "US", "WA", 47.61, -122.33));
  EXPECT_EQ(at("203.0.113.1").scope, 25);
  EXPECT_EQ(*at("2001:db8:77::1").location, *make_location("AS", "JP", "", {}, {}));
  EXPECT_EQ(*at("192.0.2.200").location, *make_location("OC", "", "", {}, {}));
  EXPECT_EQ(at("203.0.113.200").location, nullptr);
  EXPECT_EQ(at("2001:db8:78::1").location, nullptr);
}

TEST_F(GeoDatabase, ReadsTheIpv4PartOnce) {
  const auto rows = read_geo_database(path_);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->size(), 4U);
}

TEST_F(GeoDatabase, RefusesWhatIsNoDatabase) {
  EXPECT_FALSE(read_geo_database(folder_ + "/none.mmdb"));
  std::ofstream(folder_ + "/text.mmdb") << "no database";
  EXPECT_FALSE(read_geo_database(folder_ + "/text.mmdb"));
}

TEST_F(GeoDatabase, ACutFileIsRefusedOrReadsLess) {
  const auto whole = std::filesystem::file_size(path_);
  for (std::uintmax_t octets = whole - 40; octets > 40; octets -= 97) {
    std::filesystem::copy_file(path_, folder_ + "/cut.mmdb",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder_ + "/cut.mmdb", octets);
    const auto rows = read_geo_database(folder_ + "/cut.mmdb");
    if (rows) {
      EXPECT_LE(rows->size(), 4U);
    }
    if (octets < 97) break;
  }
}

}  // namespace
}  // namespace waymark::policy
