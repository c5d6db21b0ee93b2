// SPDX-License-Identifier: Apache-2.0
#include "zones/store/outside_file.h"

#include <filesystem>
#include <fstream>
#include <unistd.h>

#include <gtest/gtest.h>

namespace waymark::zones {
namespace {

using namespace std::chrono_literals;
using policy::LatencyLearner;

class OutsideFileTest : public testing::Test {
 protected:
  OutsideFileTest() {
    std::filesystem::remove_all(directory);
    std::filesystem::create_directories(directory);
  }
  ~OutsideFileTest() override { std::filesystem::remove_all(directory); }

  static ExternalTarget target(const char* name, dns::RrType type = dns::RrType::A) {
    return {dns::Name::parse(name).value(), type};
  }
  static LatencyLearner::Key key(const char* prefix) {
    return {IpPrefix::parse(prefix).value(), "eu-west-1"};
  }

  const std::string directory = testing::TempDir() + "/outside-" + std::to_string(getpid());
  const TimePoint then{1'800'000'000s};
};

TEST_F(OutsideFileTest, KeepsAnswersAndForgetsWhatIsNotWanted) {
  const ExternalAnswer v4{
      {*IpAddress::parse("192.0.2.1"), *IpAddress::parse("192.0.2.2")}, 60, then};
  const ExternalAnswer v6{{*IpAddress::parse("2001:db8::1")}, 300, then};
  const ExternalAnswer none{{}, 10, then};
  {
    OutsideFile file(directory);
    file.save({{target("lb.example.net."), v4},
               {target("lb.example.net.", dns::RrType::AAAA), v6},
               {target("gone.example.net."), v4},
               {target("none.example.net."), none}});
    file.save(ExternalChanges{{target("gone.example.net."), std::nullopt}});
  }
  const ExternalAnswers wanted{{target("lb.example.net."), v4},
                               {target("lb.example.net.", dns::RrType::AAAA), v6},
                               {target("none.example.net."), none}};
  EXPECT_EQ(OutsideFile(directory).answers(), wanted);
}

TEST_F(OutsideFileTest, KeepsLatenciesInOrderOfTime) {
  const LatencyLearner::Entry late{20.5, 3.25, 7, then + 1h, 21}, early{30, 1, 2, then, 0};
  {
    OutsideFile file(directory);
    file.save(LatencyLearner::Changes{
        {{key("10.0.0.0/8"), late}, {key("2001:db8::/32"), early}, {key("10.9.0.0/16"), early}},
        {}});
    file.save(LatencyLearner::Changes{{}, {key("10.9.0.0/16")}});
  }
  const OutsideFile::Latencies wanted{{key("2001:db8::/32"), early}, {key("10.0.0.0/8"), late}};
  EXPECT_EQ(OutsideFile(directory).latencies(), wanted);
}

TEST_F(OutsideFileTest, WithoutItsFileItKeepsNothingAndStopsNobody) {
  std::ofstream(directory + "/outside.db") << std::string(8'192, 'x');
  OutsideFile file(directory);
  file.save({{target("lb.example.net."), ExternalAnswer{}}});
  EXPECT_TRUE(file.answers().empty());
  EXPECT_TRUE(file.latencies().empty());
}

}  // namespace
}  // namespace waymark::zones
