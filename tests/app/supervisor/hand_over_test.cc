// SPDX-License-Identifier: Apache-2.0
#include "app/hand_over.h"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waymark::app {
namespace {

using ::testing::HasSubstr;

/// A supervisor that serves, as far as a successor sees it.
class HandOverTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "waymark-XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    path = pattern;
    Config config;
    config.dns = {{IpAddress::loopback_v4(), 0}};
    config.api = {IpAddress::loopback_v4(), 0};
    sockets = Sockets::open(config, 1);
    directory.emplace(DataDirectory::open(path));
    board.emplace(*dns::Board::create());
    hand_over.emplace(loop, path,
                      HandOver::Events{[this] { control_ended = true; },
                                       [this] {
                                         control_resumed = true;
                                         loop.stop();
                                       },
                                       [] {}});
    hand_over->listen(sockets, *board, *directory);
  }
  void TearDown() override {
    hand_over.reset();
    std::filesystem::remove_all(path);
  }

  std::string path;
  asio::io_context loop;
  Sockets sockets;
  std::optional<DataDirectory> directory;
  std::optional<dns::Board> board;
  std::optional<HandOver> hand_over;
  bool control_ended = false, control_resumed = false;
};

Peer peer_with(pid_t process) {
  return {process, geteuid(), *seal("a handle", {})};
}

TEST(Peer, IsRefusedWhenItsNumberIsOfNoProcessOrOfOurs) {
  EXPECT_THAT(refusal_of(peer_with(0)), HasSubstr("can not see your process"));
  EXPECT_THAT(refusal_of(peer_with(-1)), HasSubstr("can not see your process"));
  EXPECT_THAT(refusal_of(peer_with(getpid())), HasSubstr("from itself"));
  EXPECT_EQ(refusal_of(peer_with(getpid() + 1)), "");
}

TEST(Peer, IsRefusedWhenItCouldNotBeEnded) {
  EXPECT_THAT(refusal_of({getpid() + 1, geteuid(), {}}), HasSubstr("can not see your process"));
  EXPECT_FALSE(end({getpid(), geteuid(), {}}));  // and nobody is signalled by number
}

TEST_F(HandOverTest, RefusesItsOwnProcess) {
  const FileDescriptor successor = *connect_to_predecessor(path);
  ASSERT_TRUE(send_words(successor, hand_over_greeting));

  loop.run_one();  // is refused
  loop.run_one();  // and has said its greeting

  const auto answer = receive_words(successor);
  ASSERT_TRUE(answer) << answer.error().detail();
  EXPECT_THAT(answer->text, HasSubstr("refused this waymark does not take over from itself"));
  EXPECT_FALSE(control_ended);
}

/// What a successor does that has the control process ended and then talks nonsense.
[[noreturn]] void be_a_bad_successor(const std::string& path) {
  const auto socket = connect_to_predecessor(path);
  const bool asked = socket && send_words(*socket, hand_over_greeting) && receive_words(*socket) &&
                     send_words(*socket, "control") && send_words(*socket, "nonsense");
  while (asked)
    pause();
  _exit(1);
}

TEST_F(HandOverTest, EndsASuccessorThatHadTheControlProcessEndedAndFails) {
  const pid_t successor = fork();
  if (successor == 0) be_a_bad_successor(path);

  loop.run_for(std::chrono::seconds(20));

  EXPECT_TRUE(control_ended);
  EXPECT_TRUE(control_resumed);
  int status = 0;
  if (!control_resumed) (void)kill(successor, SIGKILL);
  ASSERT_EQ(waitpid(successor, &status, 0), successor);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace waymark::app
