// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <boost/asio/signal_set.hpp>

#include "base/log.h"
#include "dns/server/arguments.h"
#include "dns/server/worker.h"

namespace {

using namespace waymark;

/// Every TCP connection is a descriptor; the hard limit is the one that the operator chose. So many
/// stay for the loop, the log and the parts of a new generation: without those the worker ends.
constexpr rlim_t own_descriptors = 48;

void fit_to_descriptor_limit(dns::WorkerArguments& arguments) noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)setrlimit(RLIMIT_NOFILE, &limit);
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t taken = own_descriptors + arguments.udp.size() + arguments.tcp.size();
  const rlim_t left = limit.rlim_cur > taken ? limit.rlim_cur - taken : 1;
  std::size_t& connections = arguments.settings.tcp.connections;
  connections = std::min<rlim_t>(connections, left);
}

std::vector<FileDescriptor> own(const std::vector<int>& numbers) {
  std::vector<FileDescriptor> descriptors;
  for (const int number : numbers)
    descriptors.emplace_back(number);
  return descriptors;
}

int run(const dns::WorkerArguments& arguments) {
  auto board = dns::Board::attach(FileDescriptor(arguments.board));
  if (!board) {
    log::error("worker_failed", {{"reason", board.error().detail()}});
    return 1;
  }
  asio::io_context loop(1);
  asio::signal_set terminate(loop, SIGTERM);
  terminate.async_wait([&loop](const boost::system::error_code& error, int) {
    if (!error) loop.stop();
  });
  // Before the worker says that it is there: another supervisor's workers have the sockets, too.
  asio::signal_set drain(loop, SIGUSR1), release(loop, SIGUSR2);
  dns::Worker worker(loop, *board,
                     {.channel = dns::Channel(FileDescriptor(arguments.channel)),
                      .udp = own(arguments.udp),
                      .tcp = own(arguments.tcp)},
                     arguments.settings);
  drain.async_wait([&worker](const boost::system::error_code& error, int) {
    if (!error) worker.drain();
  });
  release.async_wait([&worker](const boost::system::error_code& error, int) {
    if (!error) worker.release();
  });
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  auto arguments =
      dns::WorkerArguments::parse({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!arguments) {
    (void)std::fprintf(stderr, "waymark-dns: %s; it is started by `waymark serve`\n",
                       arguments.error().detail().c_str());
    return 2;
  }
  // The terminal's signals go to every process; when to end is the supervisor's decision.
  (void)std::signal(SIGINT, SIG_IGN);
  (void)std::signal(SIGHUP, SIG_IGN);
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)prctl(PR_SET_NAME, "waymark-dns");  // executed by descriptor, it would be called "3"
  log::start(arguments->log_level, arguments->log_format,
             "worker-" + std::to_string(arguments->settings.index));
  fit_to_descriptor_limit(*arguments);
  return run(*arguments);
}
