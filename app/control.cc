// SPDX-License-Identifier: Apache-2.0
#include "app/control.h"

#include <csignal>
#include <memory>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include "api/server.h"
#include "app/compile_loop.h"
#include "app/geo_file.h"
#include "app/health_service.h"
#include "app/self_query.h"
#include "base/log.h"
#include "dns/board.h"
#include "dns/channel.h"
#include "zones/change_pipeline.h"
#include "zones/compile/image_files.h"
#include "zones/store/sqlite_store.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;

constexpr int exit_restart =
    75;  // the database is back: the supervisor starts another in this one's place
constexpr auto store_look = 5s;
constexpr auto geo_look = 5s;
constexpr auto health_save = 1s;
constexpr auto ready_look = 50ms;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail());
  return std::move(*result);
}

/// The first message of the supervisor: what the workers answer from now.
dns::Image receive_image(const dns::Channel& channel) {
  dns::Message start = must(channel.receive());
  if (start.kind != dns::Message::Kind::publish || !start.manifest)
    throw std::runtime_error("the supervisor's first message is not a generation");
  if (start.manifest->generation == 0) return {};
  std::vector<std::shared_ptr<const dns::Part>> parts;
  for (const FileDescriptor& descriptor : start.descriptors)
    parts.push_back(must(dns::Part::open(descriptor, false)));
  return must(dns::Image::open(*start.manifest, std::move(parts)));
}

/// Opens the database, or stands in for it: answers go on from the image either way.
std::unique_ptr<zones::Store> open_store(const Config& config, const dns::Image& image) {
  auto store = zones::SqliteStore::open(config.data_dir, image.generation() == 0);
  if (store) return std::move(*store);
  log::error("store_unavailable", {{"reason", store.error().detail()}});
  return zones::make_absent_store(store.error().detail());
}

Endpoint bound_to(const FileDescriptor& socket) {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  getsockname(socket.get(), reinterpret_cast<sockaddr*>(&storage), &octets);
  return Endpoint::from(reinterpret_cast<const sockaddr&>(storage));
}

/// The composition root of the control process. Members are built in order and end in reverse.
class Control {
 public:
  Control(const Config& config, ControlDescriptors descriptors)
      : config_(config),
        dns_(std::move(descriptors.dns)),
        api_(bound_to(descriptors.api_socket)),
        channel_(std::move(descriptors.channel)),
        board_(must(dns::Board::attach(std::move(descriptors.board)))),
        image_(std::make_shared<const dns::Image>(receive_image(channel_))),
        files_(config.data_dir + "/images"),
        store_(open_store(config, *image_)),
        store_is_real_(store_->fault().empty()),
        random_(config.seed ? Random(*config.seed) : Random::from_system()),
        rules_(config.health_allow, config.health_deny, {api_}),
        health_(board_.health(), clock_, rules_, config.seed.value_or(0)),
        pipeline_(*store_, clock_, Random(random_.next()),
                  {config.name_servers, config.hostmaster}),
        geo_(config.geo_database),
        loop_(*store_, channel_, board_, *image_, files_, health_, Random(random_.next()),
              config.geo_database.empty() ? zones::GeoRows() : zones::GeoRows([this] { return geo_.rows(); }),
              {[this](std::shared_ptr<const dns::Image> image) { on_published(std::move(image)); },
               [this](std::string fault) {
                 asio::post(io_, [this, fault = std::move(fault)] { compile_fault_ = fault; });
               }}),
        server_(io_, std::move(descriptors.api_socket), services(), config.auth),
        messages_(io_, channel_.socket().duplicate().release()) {
    pipeline_.compiled({image_->manifest().epoch, image_->manifest().revision},
                       image_->generation());
    store_->on_commit([this](zones::Revision, zones::Origin) { loop_.wake(); });
  }

  int run() {
    if (const auto prepared = files_.prepare(); !prepared)
      log::warning("image_not_saved", {{"reason", prepared.error().detail()}});
    signals_.async_wait([this](const error_code& failed, int) {
      if (!failed) end(0);
    });
    hang_ups();
    listen_to_supervisor();
    spawn(io_, start());
    spawn(io_, save_health());
    spawn(io_, watch_store());
    spawn(io_, watch_geo_database());
    io_.run();
    loop_.stop();
    health_.stop();
    (void)files_.save_health(board_.health(), image_->slot_epoch());
    log::info("control_stopped");
    return exit_code_;
  }

 private:
  api::Services services() {
    return {.clock = clock_,
            .store = *store_,
            .pipeline = pipeline_,
            .board = board_,
            .target_rules = rules_,
            .max_zonefile = config_.max_zonefile,
            .dns_endpoints = dns_,
            .data_dir = config_.data_dir,
            .image = [this] { return image_; },
            .check_status = [this](health::CheckId id) { return health_.status(std::move(id)); },
            .check_statuses = [this] { return health_.statuses(); },
            .probe_totals = [this] { return health_.totals(); },
            .compile_fault = [this] { return compile_fault_; },
            .self_query = [this] { return self_query(dns_); }};
  }

  void on_published(std::shared_ptr<const dns::Image> image) {  // compiler thread
    asio::post(io_, [this, image = std::move(image)] {
      image_ = image;
      pipeline_.compiled({image->manifest().epoch, image->manifest().revision},
                         image->generation());
      look_at_workers();
    });
  }

  /// The lowest generation of the workers that answer.
  std::uint64_t adopted() const noexcept {
    std::uint64_t least = 0;
    for (std::uint32_t i = 0; i < board_.workers(); ++i) {
      const std::uint64_t one = board_.worker(i).adopted.load(std::memory_order_acquire);
      if (one != 0 && (least == 0 || one < least)) least = one;
    }
    return least;
  }
  void look_at_workers() {
    if (const std::uint64_t generation = adopted(); generation != 0) pipeline_.adopted(generation);
  }

  void listen_to_supervisor() {
    messages_.async_wait(asio::posix::stream_descriptor::wait_read,
                         [this](const error_code& failed) {
                           if (failed) return;
                           const auto message = channel_.receive();
                           if (!message) return end(1);  // the supervisor is gone
                           if (message->kind == dns::Message::Kind::refused)
                             log::error("generation_refused", {{"worker", message->worker},
                                                               {"generation", message->generation},
                                                               {"reason", message->reason}});
                           look_at_workers();
                           listen_to_supervisor();
                         });
  }

  void hang_ups() {
    hang_up_.async_wait([this](const error_code& failed, int) {
      if (failed) return;
      log::info("reload", {{"geo_database", config_.geo_database}});
      if (!config_.geo_database.empty()) loop_.geo_database_changed();
      hang_ups();
    });
  }

  Awaitable<void> pause(Duration length) {
    asio::steady_timer timer(io_, length);
    error_code ended;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ended));
  }

  Awaitable<void> start() {
    if (store_->fault().empty()) {
      if (const auto token = co_await api::ensure_admin_token(services()); !token)
        log::error("admin_token_failed", {{"reason", token.error().detail()}});
    }
    server_.start();
    for (bool answered = false; !answered;) {
      if (adopted() != 0) answered = co_await self_query(dns_);
      if (!answered) co_await pause(ready_look);
    }
    std::string dns;
    for (const Endpoint& endpoint : dns_)
      dns += (dns.empty() ? "" : ",") + endpoint.to_string();
    log::info("ready",
              {{"dns", dns},
               {"api", "http://" + api_.to_string()},
               {"generation", image_->generation()},
               {"names", image_->names().names()},
               {"name_servers",
                config_.name_servers.empty() ? "unset: new zones say ns1.<zone>" : "set"}});
  }

  Awaitable<void> save_health() {
    for (bool warned = false;;) {
      co_await pause(health_save);
      const auto saved = files_.save_health(board_.health(), image_->slot_epoch());
      if (!saved && !warned) log::warning("health_not_saved", {{"reason", saved.error().detail()}});
      warned = !saved;
    }
  }

  /// Without its database, or with one that failed, this process makes room for one that has it.
  Awaitable<void> watch_store() {
    for (;;) {
      co_await pause(store_look);
      if (store_->fault().empty()) continue;
      const bool can_be_opened = store_is_real_ ? zones::SqliteStore::check(config_.data_dir).has_value() &&
                                                      access((config_.data_dir + "/waymark.db").c_str(), W_OK) == 0
                                                : zones::SqliteStore::open(config_.data_dir, false).has_value();
      if (!can_be_opened) continue;
      log::info("store_back", {{"note", "restarting the control process on it"}});
      co_return end(exit_restart);
    }
  }

  Awaitable<void> watch_geo_database() {
    for (;;) {
      co_await pause(geo_look);
      if (geo_.changed()) loop_.geo_database_changed();
    }
  }

  void end(int code) {
    exit_code_ = code;
    server_.stop();
    io_.stop();
  }

  const Config& config_;
  std::vector<Endpoint> dns_;
  Endpoint api_;
  SystemClock clock_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGTERM, SIGINT};
  asio::signal_set hang_up_{io_, SIGHUP};
  dns::Channel channel_;
  dns::Board board_;
  std::shared_ptr<const dns::Image> image_;
  zones::ImageFiles files_;
  std::unique_ptr<zones::Store> store_;
  bool store_is_real_;  // or stands in for one that could not be opened
  Random random_;
  health::TargetRules rules_;
  HealthService health_;
  zones::ChangePipeline pipeline_;
  GeoFile geo_;
  CompileLoop loop_;
  std::string compile_fault_;
  api::Server server_;
  asio::posix::stream_descriptor messages_;
  int exit_code_ = 0;
};

}  // namespace

int run_control(const Config& config, ControlDescriptors descriptors) {
  log::start(config.log_level, config.log_format, "control");
  std::signal(SIGPIPE, SIG_IGN);
  (void)prctl(PR_SET_NAME, "waymark-control");  // run by descriptor, it has a number for a name
  Control control(config, std::move(descriptors));
  return control.run();
}

}  // namespace waymark::app
