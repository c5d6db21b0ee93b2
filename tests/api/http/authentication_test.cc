// SPDX-License-Identifier: Apache-2.0
#include "api/http/authentication.h"

#include <filesystem>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include "zones/change_pipeline.h"
#include "zones/store/sqlite_store.h"

namespace waymark::api {
namespace {

/// One stored token that lives for an hour, and the door that judges it.
class Tokens : public testing::Test {
 protected:
  Tokens() {
    char folder[] = "/tmp/waymark-tokens-XXXXXX";
    directory_ = ::mkdtemp(folder);
    store_ = std::move(*zones::SqliteStore::open(directory_, true));
    zones::ChangePipeline pipeline(*store_, clock_, Random(1), zones::ZoneDefaults{});
    token_.name = "for an hour";
    token_.may_write = true;
    token_.created = clock_.now();
    token_.expires = clock_.now() + std::chrono::hours(1);
    secret_ = make_secret(token_);
    asio::io_context io;
    const zones::ObjectKey key{zones::ObjectKind::token, token_.id};
    const std::string stored = encode_token(token_);
    auto done = asio::co_spawn(io, pipeline.put_object(key, stored, "test"), asio::use_future);
    io.run();
    EXPECT_TRUE(done.get());
    door_.emplace(*store_, clock_, directory_, true);
  }
  ~Tokens() override {
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  Result<Principal> ask(const std::string& secret) {
    return door_->authenticate("Bearer " + secret);
  }

  std::string directory_, secret_;
  ManualClock clock_;
  Token token_;
  std::unique_ptr<zones::Store> store_;
  std::optional<Authenticator> door_;
};

TEST_F(Tokens, AreKnownByTheirWholeSecret) {
  std::string other = secret_;
  other.back() = other.back() == '0' ? '1' : '0';

  ASSERT_TRUE(ask(secret_));
  EXPECT_EQ(ask(secret_)->id, token_.id);
  for (const std::string& wrong : {other, secret_ + "0", secret_.substr(0, secret_.size() - 1),
                                   "wm_" + token_.id + "_", "wm_" + token_.id})
    EXPECT_FALSE(ask(wrong)) << wrong;
}

TEST_F(Tokens, AreRefusedWithTheSameWordsWhetherTheIdIsKnownOrNot) {
  const auto bad_secret = ask("wm_" + token_.id + "_00");
  const auto unknown = ask("wm_000000000000_00");

  ASSERT_FALSE(bad_secret);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(bad_secret.error().detail(), unknown.error().detail());
  EXPECT_EQ(bad_secret.error().code(), unknown.error().code());
}

TEST_F(Tokens, EndAtTheirTime) {
  clock_.advance(std::chrono::minutes(59));
  EXPECT_TRUE(ask(secret_));

  clock_.advance(std::chrono::minutes(1));
  EXPECT_FALSE(ask(secret_));
}

TEST(StoredToken, OfAnotherFormIsAnErrorAndNoException) {
  for (const char* row : {"7", "[]", "null", R"({"name":1})", R"({"zones":"Z1"})",
                          R"({"zones":[1]})", R"({"hash":{}})", R"({"expires":"never"})", ""})
    EXPECT_FALSE(decode_token("000000000000", row)) << row;
}

}  // namespace
}  // namespace waymark::api
