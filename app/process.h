// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/backoff.h"
#include "base/async.h"
#include "base/shared_memory.h"
#include "dns/channel.h"

namespace waymark::app {

/// One child of the supervisor: started, listened to, and started again after a pause.
class Process {
 public:
  struct Command {
    const FileDescriptor* executable;
    std::vector<std::string> arguments;
    std::vector<int> descriptors;  // to be inherited, besides the channel
  };
  struct Events {
    std::function<Command(int channel)> command;  // the channel's number in the child
    std::function<void()> started;
    std::function<void(dns::Message)> message;
  };

  /// `name` begins its log events: "worker", "control". `index` tells workers apart.
  Process(asio::io_context& loop, std::string name, std::uint32_t index, Backoff backoff,
          Events events);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void start();
  /// It has ended; the channel is closed. Logs it.
  void ended(int wait_status, bool expected);
  /// Starts it again after the back-off's pause.
  void start_later();
  /// It is not started now, though it was to be.
  void hold() { restart_.cancel(); }
  /// It will not be started again.
  void retire();
  void signal(int number) const noexcept;

  bool running() const noexcept { return id_ > 0; }
  pid_t id() const noexcept { return id_; }
  std::uint32_t index() const noexcept { return index_; }
  const dns::Channel& channel() const noexcept { return channel_; }

 private:
  Result<void> launch();
  void listen();

  asio::io_context& loop_;
  std::string name_;
  std::uint32_t index_;
  Backoff backoff_;
  Events events_;
  pid_t id_ = -1;
  dns::Channel channel_;
  std::optional<asio::posix::stream_descriptor> readable_;  // a duplicate of the channel
  asio::steady_timer restart_;
  MonotonicTime started_;
  bool retired_ = false;
};

}  // namespace waymark::app
