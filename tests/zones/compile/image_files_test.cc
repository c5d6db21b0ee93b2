// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/image_files.h"

#include <fstream>

#include "dns/board.h"
#include "tests/zones/compile/world.h"

namespace waymark::zones {
namespace {

namespace fs = std::filesystem;

void flip(const fs::path& file, std::uintmax_t at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(at));
  const int octet = stream.get();
  stream.seekp(static_cast<std::streamoff>(at));
  stream.put(static_cast<char>(octet ^ 0x10));
}

class ImageFilesTest : public testing::Test {
 protected:
  void SetUp() override {
    zone = world.create("example.com.");
    compiling.emplace(world.store());
    compiling->step();
    ASSERT_TRUE(files.prepare());
  }
  void another() {
    const std::string owner = "h" + std::to_string(++hosts) + ".example.com.";
    ASSERT_TRUE(world.put(zone, {a(owner)}));
    compiling->step();
  }
  std::uint64_t loaded() const { return ImageFiles(folder.path()).load()->manifest.generation; }
  std::string file(std::string_view prefix, std::uint64_t number) const {
    return folder.path() + "/" + std::string(prefix) + std::to_string(number) + ".img";
  }

  World world;
  Folder folder;
  ZoneId zone;
  std::optional<Compiling> compiling;
  ImageFiles files{folder.path()};
  int hosts = 0;
};

TEST_F(ImageFilesTest, GivesGenerationZeroFromAnEmptyFolder) {
  EXPECT_EQ(loaded(), 0U);
}

TEST_F(ImageFilesTest, GivesBackWhatWasSaved) {
  ASSERT_TRUE(files.save(compiling->image));

  const auto back = files.load();

  ASSERT_TRUE(back);
  EXPECT_EQ(back->note, "");
  EXPECT_EQ(back->manifest.parts, compiling->image.manifest().parts);
  std::vector<std::shared_ptr<const dns::Part>> parts;
  for (const auto& [id, memory] : back->parts) {
    EXPECT_TRUE(is_sealed(memory));
    parts.push_back(dns::Part::open(memory, false).value());
  }
  EXPECT_TRUE(dns::Image::open(back->manifest, std::move(parts)));
}

TEST_F(ImageFilesTest, KeepsThreeGenerationsAndOnlyTheirParts) {
  std::set<std::uint64_t> wanted;
  for (int i = 0; i < 6; ++i) {
    another();
    ASSERT_TRUE(files.save(compiling->image));
    if (i >= 3)
      for (const dns::PartId& part : compiling->image.manifest().parts)
        wanted.insert(part.id);
  }

  std::size_t manifests = 0, parts = 0;
  for (const auto& entry : fs::directory_iterator(folder.path()))
    ++(entry.path().filename().string().starts_with("manifest-") ? manifests : parts);
  EXPECT_EQ(manifests, 3U);
  EXPECT_EQ(parts, wanted.size());
}

TEST_F(ImageFilesTest, GoesBackOneGenerationForDamageAnywhere) {
  ASSERT_TRUE(files.save(compiling->image));
  const std::uint64_t before = compiling->image.generation();
  std::set<std::uint64_t> older;
  for (const dns::PartId& part : compiling->image.manifest().parts)
    older.insert(part.id);
  another();
  ASSERT_TRUE(files.save(compiling->image));
  ASSERT_EQ(loaded(), before + 1);

  std::vector<std::string> damaged{file("manifest-", before + 1)};
  for (const dns::PartId& part : compiling->image.manifest().parts)
    if (!older.contains(part.id)) damaged.push_back(file("part-", part.id));
  ASSERT_GE(damaged.size(), 3U);
  for (const std::string& path : damaged) {
    const std::uintmax_t octets = fs::file_size(path);
    for (const std::uintmax_t at : {std::uintmax_t{0}, octets / 2, octets - 1}) {
      flip(path, at);
      EXPECT_EQ(loaded(), before) << path << " at " << at;
      flip(path, at);
    }
    const fs::path copy = path + ".whole";
    for (const std::uintmax_t length : {std::uintmax_t{0}, octets / 3, octets - 1}) {
      fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
      fs::resize_file(path, length);
      EXPECT_EQ(loaded(), before) << path << " cut to " << length;
      fs::rename(copy, path);
    }
  }
  EXPECT_EQ(loaded(), before + 1);
}

TEST_F(ImageFilesTest, Lkg3KeepsTheKnownGoodGenerationWhateverComesAfterIt) {
  ASSERT_TRUE(files.save(compiling->image));
  const std::uint64_t good = compiling->image.generation();
  Standing standing;
  standing.set_known_good(good);
  ASSERT_TRUE(files.save_standing(standing));

  for (int i = 0; i < 6; ++i) {
    another();
    ASSERT_TRUE(files.save(compiling->image));
  }

  const auto older =
      files.load([&](const dns::Manifest& one) { return one.generation + 3 <= loaded(); });
  EXPECT_EQ(older->manifest.generation, good);
}

TEST_F(ImageFilesTest, Lkg4KeepsThreeBesidesThoseInQuarantine) {
  ASSERT_TRUE(files.save(compiling->image));
  const std::uint64_t good = compiling->image.generation();
  Standing standing;
  for (int i = 0; i < 6; ++i) {
    another();
    standing.quarantine(compiling->image.manifest());
    ASSERT_TRUE(files.save_standing(standing));
    ASSERT_TRUE(files.save(compiling->image));
  }

  const auto served = ImageFiles(folder.path()).standing();
  ASSERT_TRUE(served);
  const auto sound =
      files.load([&](const dns::Manifest& one) { return !served->is_quarantined(one); });
  EXPECT_EQ(sound->manifest.generation, good);
  EXPECT_EQ(loaded(), compiling->image.generation());
}

TEST_F(ImageFilesTest, Lkg4QuarantinesThisVeryGenerationAndNoOtherOfItsNumber) {
  Standing standing;
  standing.quarantine(compiling->image.manifest());
  dns::Manifest other = compiling->image.manifest();
  other.revision += 1;

  const auto read = Standing::decode(standing.encode());

  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is_quarantined(compiling->image.manifest()));
  EXPECT_FALSE(read->is_quarantined(other));
}

TEST_F(ImageFilesTest, SaysThatADamagedStandingIsNone) {
  EXPECT_TRUE(files.standing());
  ASSERT_TRUE(files.save_standing({}));
  EXPECT_TRUE(files.standing());

  flip(folder.path() + "/standing.img", 3);

  EXPECT_FALSE(files.standing());
}

TEST_F(ImageFilesTest, WritesADamagedPartAnew) {
  ASSERT_TRUE(files.save(compiling->image));
  flip(file("part-", compiling->image.manifest().parts.front().id), 100);
  ASSERT_EQ(loaded(), 0U);

  ASSERT_TRUE(ImageFiles(folder.path()).save(compiling->image));

  EXPECT_EQ(loaded(), compiling->image.generation());
}

TEST_F(ImageFilesTest, KeepsHealthBitsOfOneSlotEpoch) {
  const dns::Board saved = dns::Board::create().value();
  saved.health().set(health::HealthSlot{70}, false);
  ASSERT_TRUE(files.save_health(saved.health(), 5));
  const dns::Board board = dns::Board::create().value();

  EXPECT_FALSE(files.load_health(board.health(), 6));
  EXPECT_TRUE(board.health().healthy(health::HealthSlot{70}));
  EXPECT_TRUE(files.load_health(board.health(), 5));
  EXPECT_FALSE(board.health().healthy(health::HealthSlot{70}));
  EXPECT_TRUE(board.health().healthy(health::HealthSlot{71}));

  flip(folder.path() + "/health.img", 4000);
  EXPECT_FALSE(files.load_health(board.health(), 5));
}

}  // namespace
}  // namespace waymark::zones
