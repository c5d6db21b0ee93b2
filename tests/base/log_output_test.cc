// SPDX-License-Identifier: Apache-2.0
#include "base/log_output.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/shared_memory.h"

namespace waymark::log {
namespace {

struct Ends {
  FileDescriptor reader, writer;
};

Ends small_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  EXPECT_GT(fcntl(ends[1], F_SETPIPE_SZ, 4096), 0);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// What stands there now.
std::string read_all(const FileDescriptor& from) {
  fcntl(from.get(), F_SETFL, O_NONBLOCK);
  std::string text;
  std::array<char, 65536> some{};
  for (ssize_t octets = 0; (octets = read(from.get(), some.data(), some.size())) > 0;)
    text.append(some.data(), static_cast<std::size_t>(octets));
  return text;
}

/// Writes until a line is left out; how many were not.
int fill(LogOutput& output) {
  int lines = 0;
  while (lines < 100'000 && output.write("a line of the log\n"))
    ++lines;
  return lines;
}

TEST(LogOutput, LeavesOutWhatNobodyReads) {  // OBS-1
  std::array<int, 2> pair{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
  for (const Ends& ends : {small_pipe(), Ends{FileDescriptor(pair[0]), FileDescriptor(pair[1])}}) {
    LogOutput output(ends.writer.get());
    const int taken = fill(output);
    EXPECT_GT(taken, 50);
    EXPECT_LT(taken, 100'000);

    std::string text = read_all(ends.reader);

    EXPECT_TRUE(output.write("and another\n"));
    text += read_all(ends.reader);
    std::string wanted;
    for (int i = 0; i < taken; ++i)
      wanted += "a line of the log\n";
    // A socket may have taken a part of the first line that it had no room for.
    const std::string middle = text.substr(wanted.size(), text.size() - wanted.size() - 12);
    EXPECT_EQ(text, wanted + middle + "and another\n");
    EXPECT_TRUE(middle.empty() || middle.ends_with('\n')) << middle;
    EXPECT_LE(middle.size(), std::string("a line of the log\n").size());
  }
}

TEST(LogOutput, SaysSoWhenNobodyIsThere) {
  Ends ends = small_pipe();
  ends.reader = {};
  signal(SIGPIPE, SIG_IGN);  // as in the programs

  EXPECT_FALSE(LogOutput(ends.writer.get()).write("a line of the log\n"));
}

TEST(Log, TellsHowManyLinesWereLeftOut) {  // OBS-1
  start(Level::info, Format::text, "test");
  const FileDescriptor usual(dup(STDERR_FILENO));
  Ends ends = small_pipe();
  dup2(ends.writer.get(), STDERR_FILENO);
  for (int i = 0; i < 1'000; ++i)
    info("something_" + std::to_string(i % 10), {{"number", i}});  // none too often
  const std::string before = read_all(ends.reader);

  info("again");

  const std::string after = read_all(ends.reader);
  dup2(usual.get(), STDERR_FILENO);
  const auto written = std::count(before.begin(), before.end(), '\n');
  EXPECT_TRUE(before.ends_with('\n'));
  EXPECT_GT(written, 10);
  const std::string count = std::to_string(1'000 - written);
  EXPECT_NE(after.find("warning test event=log_lines_lost count=" + count + "\n"),
            std::string::npos)
      << after;
  EXPECT_NE(after.find("event=again\n"), std::string::npos) << after;
}

}  // namespace
}  // namespace waymark::log
