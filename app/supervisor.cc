// SPDX-License-Identifier: Apache-2.0
#include "app/supervisor.h"

#include <algorithm>
#include <csignal>
#include <optional>
#include <sched.h>
#include <stdexcept>
#include <sys/stat.h>
#include <utility>

#include "app/cookie_secrets.h"
#include "app/last_known_good.h"
#include "app/preflight.h"
#include "app/rights.h"
#include "app/supervision.h"
#include "base/log.h"

namespace waymark::app {
namespace {

std::uint32_t worker_count(const Config& config) {
  cpu_set_t cores;
  const std::uint32_t usable = sched_getaffinity(0, sizeof cores, &cores) == 0
                                   ? static_cast<std::uint32_t>(CPU_COUNT(&cores))
                                   : 1;
  return std::clamp(config.workers == 0 ? usable : config.workers, 1U, dns::Board::max_workers);
}

}  // namespace

int run_supervisor(const Config& config, const std::vector<std::string>& serve_arguments,
                   bool take_over) {
  log::start(config.log_level, config.log_format, "supervisor");
  warn_of_low_limits();
  (void)std::signal(SIGPIPE, SIG_IGN);
  (void)umask(077);  // what stands in the data directory is for its owner: token hashes, records
  Executables executables = Executables::open();
  std::optional<Predecessor> before;
  if (take_over) before = Predecessor::ask(config.data_dir);
  DataDirectory directory = before ? DataDirectory::take_over(config.data_dir, before->lock())
                                   : DataDirectory::open(config.data_dir);
  Sockets sockets = before ? before->sockets(config) : Sockets::open(config, worker_count(config));
  // Before the rights are dropped: the file may be root's. Every worker gets the same secrets.
  auto cookies = config.cookie_secret_file.empty() ? random_cookie_secrets()
                                                   : read_cookie_secrets(config.cookie_secret_file);
  if (before && config.cookie_secret_file.empty()) before->keep_cookies(cookies);
  if (!cookies) throw std::runtime_error("--cookie-secret-file: " + cookies.error().detail());
  drop_rights(config.user, directory);

  auto board = dns::Board::create();
  if (!board) throw std::runtime_error("no shared memory: " + board.error().detail());
  board->set_cookie_secrets(*cookies);
  board->set_workers(static_cast<std::uint32_t>(sockets.workers.size()));
  LastKnownGood last_known_good(config.data_dir);
  Generations generations = before ? before->take_control(*board) : last_known_good.load(*board);
  last_known_good.settle(generations, *board);
  for (const Endpoint& address : sockets.dns)
    log::info("listening", {{"address", address.to_string()}, {"service", "dns"}});
  log::info("listening", {{"address", sockets.api_address.to_string()}, {"service", "api"}});
  if (sockets.route53)
    log::info("listening",
              {{"address", sockets.route53_address.to_string()}, {"service", "route53"}});
  return Supervisor(config, serve_arguments, std::move(executables), std::move(directory),
                    std::move(sockets), std::move(*board), std::move(generations),
                    std::move(last_known_good), std::move(before))
      .run();
}

}  // namespace waymark::app
