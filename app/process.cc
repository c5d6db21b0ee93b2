// SPDX-License-Identifier: Apache-2.0
#include "app/process.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <sys/wait.h>
#include <utility>

#include "app/child.h"
#include "base/log.h"

namespace waymark::app {

Process::Process(asio::io_context& loop, std::string name, std::uint32_t index, Backoff backoff,
                 Events events)
    : loop_(loop),
      name_(std::move(name)),
      index_(index),
      backoff_(backoff),
      events_(std::move(events)),
      restart_(loop) {}

void Process::start() {
  started_ = std::chrono::steady_clock::now();
  const auto launched = launch();
  if (!launched) {
    log::error(name_ + "_not_started", {{"index", index_}, {"reason", launched.error().detail()}});
    return start_later();
  }
  log::info(name_ + "_started", {{"index", index_}, {"pid", id_}});
  listen();
  events_.started();
}

Result<void> Process::launch() {
  auto channels = dns::Channel::pair();
  if (!channels) return channels.error();
  const int theirs = channels->second.descriptor();
  Command command = events_.command(theirs);
  command.descriptors.push_back(theirs);
  const pid_t child = start_child(*command.executable, command.arguments, command.descriptors);
  if (child < 0) return Error(ErrorCode::io, std::string("fork: ") + std::strerror(errno));
  id_ = child;
  channel_ = std::move(channels->first);
  return {};
}

void Process::listen() {
  if (!readable_) readable_.emplace(loop_, channel_.socket().duplicate().release());
  readable_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this, child = id_](const boost::system::error_code& error) {
                          if (error || child != id_) return;  // another may stand in its place
                          auto message = channel_.receive();
                          // Its end is told by SIGCHLD; anything else is not worth listening to.
                          if (!message) return;
                          events_.message(std::move(*message));
                          if (child == id_) listen();
                        });
}

void Process::ended(int wait_status, bool expected) {
  const bool well = expected || (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0);
  log::event(well ? log::Level::info : log::Level::error, name_ + "_ended",
             {{"index", index_}, {"pid", id_}, {"status", describe_end(wait_status)}});
  id_ = -1;
  readable_.reset();
  channel_ = dns::Channel();
}

void Process::start_later() {
  restart_.expires_after(backoff_.after(std::chrono::steady_clock::now() - started_));
  restart_.async_wait([this](const boost::system::error_code& error) {
    if (!error && !retired_) start();
  });
}

void Process::retire() {
  retired_ = true;
  restart_.cancel();
}

void Process::signal(int number) const noexcept {
  if (running()) (void)kill(id_, number);
}

}  // namespace waymark::app
