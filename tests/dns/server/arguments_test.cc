// SPDX-License-Identifier: Apache-2.0
#include "dns/server/arguments.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace waymark::dns {
namespace {

Result<WorkerArguments> parse(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (std::string& argument : arguments)
    pointers.push_back(argument.data());
  return WorkerArguments::parse(pointers);
}

TEST(WorkerArguments, ReadsWhatTheSupervisorWrites) {
  const auto parsed = parse({"--index",
                             "2",
                             "--channel",
                             "9",
                             "--board",
                             "4",
                             "--udp",
                             "5,6",
                             "--tcp",
                             "7,8",
                             "--log-level",
                             "warning",
                             "--log-format",
                             "json",
                             "--max-udp-octets",
                             "1400",
                             "--seed",
                             "42",
                             "--wait-for-image",
                             "2000"});

  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->settings.index, 2U);
  EXPECT_EQ(parsed->channel, 9);
  EXPECT_EQ(parsed->board, 4);
  EXPECT_EQ(parsed->udp, (std::vector{5, 6}));
  EXPECT_EQ(parsed->tcp, (std::vector{7, 8}));
  EXPECT_EQ(parsed->log_level, log::Level::warning);
  EXPECT_EQ(parsed->log_format, log::Format::json);
  EXPECT_EQ(parsed->settings.answers.max_udp_octets, 1400);
  EXPECT_EQ(parsed->settings.seed, 42U);
  EXPECT_EQ(parsed->settings.wait_for_image, std::chrono::seconds(2));
}

TEST(WorkerArguments, ReadsWhatToAnswer) {
  const auto parsed = parse({"--channel",
                             "9",
                             "--board",
                             "4",
                             "--nsid",
                             "fra1",
                             "--version-text",
                             "waymark 1",
                             "--require-cookie",
                             "yes",
                             "--rate-limit",
                             "200",
                             "--rate-limit-slip",
                             "3",
                             "--rate-limit-log-only",
                             "no",
                             "--rate-limit-exempt",
                             "127.0.0.0/8,::1/128",
                             "--query-log",
                             "100"});

  ASSERT_TRUE(parsed);
  const ResponderSettings& answers = parsed->settings.answers;
  EXPECT_EQ(answers.nsid, "fra1");
  EXPECT_EQ(answers.version, "waymark 1");
  EXPECT_TRUE(answers.require_cookie);
  EXPECT_EQ(answers.rate_limit.per_second, 200U);
  EXPECT_EQ(answers.rate_limit.slip, 3);
  EXPECT_FALSE(answers.rate_limit.log_only);
  EXPECT_EQ(answers.rate_limit.exempt.size(), 2U);
  EXPECT_EQ(answers.log_every, 100U);
}

TEST(WorkerArguments, RefusesWhatItDoesNotKnow) {
  EXPECT_FALSE(parse({}));
  EXPECT_FALSE(parse({"--channel", "3", "--board"}));
  EXPECT_FALSE(parse({"--channel", "3", "--board", "4", "--udp", "5,x"}));
  EXPECT_FALSE(parse({"--channel", "3", "--board", "4", "--index", "64"}));
  EXPECT_FALSE(parse({"--channel", "3", "--board", "4", "--colour", "red"}));
  EXPECT_FALSE(parse({"--channel", "3", "--board", "4", "--require-cookie", "perhaps"}));
  EXPECT_FALSE(parse({"--channel", "3", "--board", "4", "--rate-limit-exempt", "10.0.0.0/99"}));
  EXPECT_FALSE(parse({"--channel", "3", "--board", "4", "--nsid", std::string(65, 'x')}));
}

}  // namespace
}  // namespace waymark::dns
