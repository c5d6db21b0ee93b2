// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/child_words.h"
#include "app/config.h"
#include "app/cookie_secrets.h"
#include "dns/server/arguments.h"

namespace waymark::app {
namespace {

using ::testing::HasSubstr;

Config config_of(const std::vector<std::string>& words) {
  auto command = parse_serve(words);
  EXPECT_TRUE(command) << command.error().detail();
  return command ? (*command)->config : Config{};
}

/// What a worker understands of the settings.
dns::ResponderSettings told_to_workers(const Config& config) {
  std::vector<std::string> words = worker_words(0, 3, 4, {}, config);
  std::vector<char*> pointers;
  for (std::size_t i = 1; i < words.size(); ++i)
    pointers.push_back(words[i].data());
  auto parsed = dns::WorkerArguments::parse(pointers);
  EXPECT_TRUE(parsed) << parsed.error().detail();
  return parsed ? parsed->settings.answers : dns::ResponderSettings{};
}

TEST(AnswerSettings, ReachTheWorkersByDefault) {
  const dns::ResponderSettings answers = told_to_workers(config_of({}));
  EXPECT_EQ(answers.nsid, "");
  EXPECT_TRUE(answers.report_agent.empty());
  EXPECT_EQ(answers.version, version_text);
  EXPECT_FALSE(answers.require_cookie);
  EXPECT_EQ(answers.rate_limit.per_second, 200U);
  EXPECT_EQ(answers.rate_limit.slip, 2);
  EXPECT_FALSE(answers.rate_limit.log_only);
  ASSERT_EQ(answers.rate_limit.exempt.size(), 2U);
  EXPECT_TRUE(answers.rate_limit.exempt[0].contains(IpAddress::loopback_v4()));
  EXPECT_EQ(answers.log_every, 0U);
  EXPECT_EQ(answers.keepalive, 100);  // 10 s
}

TEST(AnswerSettings, ReachTheWorkersAsGiven) {
  const std::vector<std::string> words{
      "--nsid=fra1",           "--report-agent=Agent.example.com",
      "--hide-version",        "--require-cookie",
      "--rate-limit=0",        "--rate-limit-slip=1",
      "--rate-limit-log-only", "--rate-limit-exempt=192.0.2.0/24,2001:db8::/32",
      "--query-log=1/100",     "--max-udp-octets=1400"};
  for (const Config& config : {config_of(words), config_of(to_words(config_of(words)))}) {
    const dns::ResponderSettings answers = told_to_workers(config);
    EXPECT_EQ(answers.nsid, "fra1");
    EXPECT_EQ(as_text(answers.report_agent), (std::string_view("\5agent\7example\3com\0", 19)));
    EXPECT_EQ(answers.version, "");
    EXPECT_TRUE(answers.require_cookie);
    EXPECT_EQ(answers.rate_limit.per_second, 0U);
    EXPECT_EQ(answers.rate_limit.slip, 1);
    EXPECT_TRUE(answers.rate_limit.log_only);
    EXPECT_EQ(answers.rate_limit.exempt.size(), 2U);
    EXPECT_EQ(answers.log_every, 100U);
    EXPECT_EQ(answers.max_udp_octets, 1400);
  }
}

TEST(AnswerSettings, AreRefusedWithASentence) {
  for (const char* word :
       {"--query-log=1/0", "--query-log=sometimes", "--query-log=1/x",
        "--rate-limit-exempt=10.0.0.1/8", "--rate-limit=-1", "--rate-limit-slip=11"})
    EXPECT_FALSE(parse_serve({word})) << word;
  EXPECT_FALSE(parse_serve({"--nsid=" + std::string(65, 'x')}));
  EXPECT_TRUE(parse_serve({"--nsid=" + std::string(64, 'x')}));
  for (const std::string& agent : {std::string("."), std::string("a..b"), std::string(64, 'x'),
                                   std::string(40, 'x') + "." + std::string(22, 'y')})
    EXPECT_FALSE(parse_serve({"--report-agent=" + agent})) << agent;
  EXPECT_TRUE(parse_serve({"--report-agent=" + std::string(40, 'x') + "." + std::string(21, 'y')}));
}

class CookieSecretFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "waymark-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(root); }
  Result<dns::CookieSecrets> read(const std::string& text) {
    std::ofstream(root / "secrets") << text;
    return read_cookie_secrets(root / "secrets");
  }

  std::filesystem::path root;
  const std::string one = "e5e973e5a6b2a43f48e7dc849e37bfcf", two = std::string(32, '0');
};

TEST_F(CookieSecretFile, HoldsTheCurrentSecretFirst) {
  const auto secrets = read("# rotated on Monday\n" + one + "\n\n" + two + "\r\n");
  ASSERT_TRUE(secrets);
  ASSERT_EQ(secrets->size(), 2U);
  EXPECT_EQ(secrets->at(0), dns::CookieSecret::parse(one));
  EXPECT_EQ(secrets->at(1), dns::CookieSecret{});
}

TEST_F(CookieSecretFile, IsRefusedWithoutTellingASecret) {
  EXPECT_FALSE(read(""));
  EXPECT_FALSE(read("# nothing\n"));
  EXPECT_FALSE(read(one + "\n" + one + "\n" + one + "\n" + one + "\n" + one + "\n"));
  const auto damaged = read(one + "\n" + one.substr(1) + "\n");
  ASSERT_FALSE(damaged);
  EXPECT_THAT(damaged.error().detail(), HasSubstr(":2: not 32 hexadecimal digits"));
  EXPECT_EQ(damaged.error().detail().find(one.substr(1)), std::string::npos);
  EXPECT_FALSE(read_cookie_secrets(root / "absent"));
}

TEST(RandomCookieSecrets, AreAnotherOneEachTime) {
  EXPECT_NE(random_cookie_secrets().at(0), random_cookie_secrets().at(0));
}

}  // namespace
}  // namespace waymark::app
