// SPDX-License-Identifier: Apache-2.0
#include "api/http/access_keys.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

namespace waymark::api {
namespace {

class AccessKeyFile : public testing::Test {
 protected:
  AccessKeyFile() {
    char folder[] = "/tmp/waymark-keys-XXXXXX";
    directory_ = ::mkdtemp(folder);
  }
  ~AccessKeyFile() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
};

TEST_F(AccessKeyFile, IsMadeOnceAndOnlyForItsOwner) {
  EXPECT_FALSE(KeyVault::open(directory_));
  const auto first = KeyVault::open_or_make(directory_);
  ASSERT_TRUE(first) << first.error().detail();
  struct stat file {};
  ASSERT_EQ(::stat((directory_ + "/key.secret").c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777U, 0600U);
  const auto again = KeyVault::open_or_make(directory_);
  EXPECT_EQ(again->unseal(first->seal("secret", "id"), "id"), "secret");
}

TEST_F(AccessKeyFile, OpensOnlyWhatItSealedForTheSameKey) {
  const KeyVault vault = *KeyVault::open_or_make(directory_);
  const std::string sealed = vault.seal("secret", "AKWM1");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_NE(sealed, vault.seal("secret", "AKWM1"));
  EXPECT_EQ(vault.unseal(sealed, "AKWM1"), "secret");
  EXPECT_EQ(vault.unseal(sealed, "AKWM2"), std::nullopt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string other = sealed;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_EQ(vault.unseal(other, "AKWM1"), std::nullopt) << i;
  }
  EXPECT_EQ(vault.unseal("", "AKWM1"), std::nullopt);
  EXPECT_EQ(vault.unseal("xyz", "AKWM1"), std::nullopt);

  std::filesystem::remove(directory_ + "/key.secret");
  EXPECT_EQ(KeyVault::open_or_make(directory_)->unseal(sealed, "AKWM1"), std::nullopt);
}

TEST_F(AccessKeyFile, IsRefusedWhenItHoldsNoKey) {
  std::ofstream(directory_ + "/key.secret") << "abcdef\n";
  EXPECT_EQ(KeyVault::open_or_make(directory_).error().code(), ErrorCode::io);
}

TEST_F(AccessKeyFile, OfAnInterruptedStartIsMadeAnew) {
  std::ofstream(directory_ + "/key.secret.new") << "abc";
  const auto vault = KeyVault::open_or_make(directory_);
  ASSERT_TRUE(vault) << vault.error().detail();
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/key.secret.new"));
  EXPECT_EQ(KeyVault::open(directory_)->unseal(vault->seal("secret", "id"), "id"), "secret");
}

TEST_F(AccessKeyFile, KeysAreStoredWithoutTheirSecret) {
  const KeyVault vault = *KeyVault::open_or_make(directory_);
  AccessKey key;
  key.name = "ci";
  key.zones = {"Z1"};
  const std::string secret = make_access_key(key, vault);
  EXPECT_EQ(secret.size(), 40U);
  EXPECT_EQ(key.id.size(), 20U);
  const std::string stored = encode_access_key(key);
  EXPECT_EQ(stored.find(secret), std::string::npos);
  const auto read = decode_access_key(key.id, stored);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->zones, key.zones);
  EXPECT_FALSE(read->may_write);
  EXPECT_EQ(vault.unseal(read->sealed_secret, read->id), secret);
}

}  // namespace
}  // namespace waymark::api
