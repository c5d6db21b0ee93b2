// SPDX-License-Identifier: Apache-2.0
#include "app/control.h"

#include <csignal>
#include <memory>
#include <stdexcept>
#include <sys/prctl.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "api/answer_groups.h"
#include "api/server.h"
#include "app/compile_loop.h"
#include "app/control_parts.h"
#include "app/cookie_secrets.h"
#include "app/geo_file.h"
#include "app/health_service.h"
#include "app/outside.h"
#include "app/query_log.h"
#include "app/recorded_clients.h"
#include "app/self_query.h"
#include "app/webhook.h"
#include "base/log.h"
#include "base/tls.h"
#include "dns/board.h"
#include "dns/channel.h"
#include "dns/server/heartbeat.h"
#include "zones/change_pipeline.h"
#include "zones/compile/image_files.h"
#include "zones/store/sqlite_store.h"
#include "zones/store/verdict_history.h"

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
constexpr auto end_look = 10ms;
constexpr auto end_patience = 4s;
constexpr auto query_log_look = 50ms;

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().detail());
  return std::move(*result);
}

/// The composition root of the control process. Members are built in order and end in reverse.
class Control {
 public:
  Control(const Config& config, ControlDescriptors descriptors)
      : config_(config),
        dns_(std::move(descriptors.dns)),
        api_(bound_to(descriptors.api_socket)),
        doors_(doors_of(descriptors)),
        channel_(std::move(descriptors.channel)),
        board_(must(dns::Board::attach(std::move(descriptors.board)))),
        image_(std::make_shared<const dns::Image>(must(receive_image(channel_)))),
        files_(config.data_dir + "/images"),
        store_(open_store(config, *image_)),
        store_is_real_(store_->fault().empty()),
        random_(config.seed ? Random(*config.seed) : Random::from_system()),
        rules_(config.health_allow, config.health_deny, own_endpoints(doors_)),
        history_(config.data_dir),
        health_(board_.health(), clock_, prober_settings(config, rules_),
                [this](const health::Transition& one) { on_transition(one); }),
        pipeline_(*store_, clock_, Random(random_.next()),
                  {config.name_servers, config.hostmaster, config.onion_zones}),
        geo_(config.geo_database),
        outside_(io_, clock_, config, Random(random_.next())),
        loop_(*store_, channel_, board_, *image_, files_, health_, Random(random_.next()),
              config.health_panic_percent,
              config.geo_database.empty() ? zones::GeoRows()
                                          : zones::GeoRows([this] { return geo_.rows(); }),
              outside_.known(), clock_,
              {[this](std::shared_ptr<const dns::Image> image) { on_published(std::move(image)); },
               [this](std::string fault) {
                 asio::post(io_, [this, fault = std::move(fault)] { compile_fault_ = fault; });
               },
               [this](std::vector<zones::CountedGroup> groups) {
                 asio::post(io_, [this, groups = std::move(groups)] { groups_.add(groups); });
               },
               [this](zones::ExternalNews news) {
                 asio::post(io_, [this, news = std::move(news)] { outside_.hear(news); });
               }}),
        server_(io_, std::move(descriptors.api_socket), services(), config.auth,
                {std::move(descriptors.route53_socket), config.aws_auth}),
        messages_(io_, channel_.socket().duplicate().release()) {
    pipeline_.compiled({image_->manifest().epoch, image_->manifest().revision},
                       image_->generation());
    outside_.start({[this](auto changes) { loop_.external_changed(std::move(changes)); },
                    [this](auto learned) { loop_.latency_learned(std::move(learned)); }});
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
    warn_of_resolvers(*store_, config_.resolvers);
    spawn(io_, save_health());
    spawn(io_, watch_store());
    if (config_.query_log != 0) spawn(io_, drain_query_log());
    spawn(io_, watch_geo_database());
    io_.run();
    disk_.join();
    loop_.stop();
    health_.stop();
    (void)files_.save_health(board_.health(), image_->slot_epoch());
    log::info("control_stopped");
    return exit_code_;
  }

 private:
  api::Services services() {
    return {
        .clock = clock_,
        .store = *store_,
        .pipeline = pipeline_,
        .board = board_,
        .target_rules = rules_,
        .max_zonefile = config_.max_zonefile,
        .dns_endpoints = dns_,
        .data_dir = config_.data_dir,
        .health_tls_directory = tls_directory(config_),
        .resolves_targets = !config_.resolvers.empty(),
        .resolvers = config_.resolvers,
        .image = [this] { return image_; },
        .check_status = [this](health::CheckId id) { return health_.status(std::move(id)); },
        .check_statuses = [this] { return health_.statuses(); },
        .probe_totals = [this] { return health_.totals(); },
        .trust = [this] { return health_.trust(); },
        .heartbeat =
            [this](health::CheckId id, bool passed, std::string reason) {
              return health_.heartbeat(std::move(id), passed, std::move(reason));
            },
        .verdicts = [this](health::CheckId id, std::optional<std::uint64_t> before,
                           std::size_t limit) { return history_.of(std::move(id), before, limit); },
        .webhook_counts = [this] { return webhook_counts(); },
        .verdicts_dropped = [this] { return history_.dropped(); },
        .compile_fault = [this] { return compile_fault_; },
        .recorded_clients = [this] { return recorded_.all(); },
        .policy_answers =
            [this](std::size_t most) { return groups_.family(board_, *store_, most); },
        .self_query = [this] { return self_query(dns_); },
        .outside = outside_.services()};
  }

  /// Health thread. The bit is set already: nothing here may hold it up.
  void on_transition(const health::Transition& one) {
    history_.add({0, one.id, one.healthy, one.reason, one.at});
    if (webhook_) asio::post(io_, [this, one] { webhook_->notify(one); });
  }

  api::WebhookCounts webhook_counts() const {
    return webhook_ ? webhook_->counts() : api::WebhookCounts{};
  }

  void on_published(std::shared_ptr<const dns::Image> image) {  // compiler thread
    asio::post(io_, [this, image = std::move(image)] {
      image_ = image;
      pipeline_.compiled({image->manifest().epoch, image->manifest().revision},
                         image->generation());
      look_at_workers();
    });
  }

  /// The lowest generation of the workers that answer, or will again: a worker that stands still
  /// is waited for until the supervisor has ended it (watchdog.h), and then some.
  std::uint64_t adopted() const noexcept {
    std::uint64_t least = 0;
    for (std::uint32_t i = 0; i < board_.workers(); ++i) {
      if (!dns::beats(board_.worker(i), clock_.monotonic(), std::chrono::seconds(15))) continue;
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
      reload();
      renew_cookie_secrets();
      if (!config_.geo_database.empty()) loop_.geo_database_changed();
      hang_ups();
    });
  }

  /// A certificate that can not be read leaves the one in use.
  void reload() {
    if (config_.api_cert.empty()) return log::info("reload", {{"note", "no certificate in use"}});
    if (!api_open_) return open_api();
    auto tls = server_tls(config_.api_cert, config_.api_key);
    if (!tls) return log::error("reload_failed", {{"reason", tls.error().detail()}});
    server_.use(std::move(*tls));
    log::info("reload", {{"certificate", config_.api_cert}});
  }

  /// The supervisor could read the certificate, perhaps as root; this process's user may not. Then
  /// the API stays shut, for it must not speak in the clear, and answers go on.
  void open_api() {
    if (!config_.api_cert.empty()) {
      auto tls = server_tls(config_.api_cert, config_.api_key);
      if (!tls) return log::error("api_shut", {{"reason", tls.error().detail()}});
      server_.use(std::move(*tls));
    }
    server_.start();
    api_open_ = true;
  }

  void renew_cookie_secrets() {
    if (config_.cookie_secret_file.empty()) return;
    const auto secrets = read_cookie_secrets(config_.cookie_secret_file);
    if (!secrets)
      return log::error("cookie_secrets_refused", {{"reason", secrets.error().detail()}});
    board_.set_cookie_secrets(*secrets);
    log::info("cookie_secrets_renewed", {{"secrets", secrets->size()}});
  }

  Awaitable<void> drain_query_log() {
    for (;;) {
      co_await pause(query_log_look);
      drain_query_logs(board_, [this](const IpAddress& client) { recorded_.add(client); });
    }
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
    open_api();
    for (bool answered = false; !answered;) {
      if (adopted() != 0) answered = co_await self_query(dns_);
      if (!answered) co_await pause(ready_look);
    }
    std::string dns;
    for (const Endpoint& endpoint : dns_)
      dns += (dns.empty() ? "" : ",") + endpoint.to_string();
    const std::string scheme = config_.api_cert.empty() ? "http://" : "https://";
    dns::Message ready;
    ready.kind = dns::Message::Kind::ready;
    if (const auto told = channel_.send(ready); !told)
      log::warning("supervisor_not_told", {{"reason", told.error().detail()}});
    log::info("ready",
              {{"dns", dns},
               {"api", scheme + api_.to_string()},
               {"route53", doors_.size() > 1 ? scheme + doors_[1].to_string() : "off"},
               {"generation", image_->generation()},
               {"names", image_->names().names()},
               {"name_servers",
                config_.name_servers.empty() ? "unset: new zones say ns1.<zone>" : "set"}});
  }

  Awaitable<void> save_health() {
    for (bool warned = false;;) {
      co_await pause(health_save);
      look_at_workers();  // one that stood still may have been waited for
      auto work = [this, epoch = image_->slot_epoch()]() -> Awaitable<Result<void>> {
        co_return files_.save_health(board_.health(), epoch);
      };
      const auto saved = co_await asio::co_spawn(disk_, work(), asio::use_awaitable);
      if (!saved && !warned) log::warning("health_not_saved", {{"reason", saved.error().detail()}});
      warned = !saved;
    }
  }

  /// Without its database, or with one that failed, this process makes room for one that has it.
  Awaitable<void> watch_store() {
    for (;;) {
      co_await pause(store_look);
      if (store_->fault().empty()) continue;
      // One that has failed must be whole before it is written again; the lock is ours until then.
      auto work = [this]() -> Awaitable<bool> {
        if (!store_is_real_) co_return open_fitting(config_, *image_).has_value();
        co_return access((config_.data_dir + "/waymark.db").c_str(), W_OK) == 0 &&
            zones::SqliteStore::verify(config_.data_dir).has_value();
      };
      if (!co_await asio::co_spawn(disk_, work(), asio::use_awaitable)) continue;
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

  /// Requests under way are answered first, as long as they take no more than 4 s: the supervisor
  /// waits for 5.
  void end(int code) {
    if (std::exchange(ending_, true)) return io_.stop();
    exit_code_ = code;
    server_.stop();
    spawn(io_, stop_when_idle());
  }
  Awaitable<void> stop_when_idle() {
    for (Duration waited{}; server_.sessions() > 0 && waited < end_patience; waited += end_look)
      co_await pause(end_look);
    io_.stop();
  }

  const Config& config_;
  std::vector<Endpoint> dns_;
  Endpoint api_;
  std::vector<Endpoint> doors_;  // REST's, and Route 53's when it is open
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
  std::unique_ptr<Webhook> webhook_ =
      make_webhook(config_, io_, clock_, rules_, Random(random_.next()));
  RecordedClients recorded_;
  api::AnswerGroups groups_;
  zones::VerdictHistory history_;
  HealthService health_;
  zones::ChangePipeline pipeline_;
  GeoFile geo_;
  Outside outside_;
  CompileLoop loop_;
  std::string compile_fault_;
  api::Server server_;
  asio::posix::stream_descriptor messages_;
  int exit_code_ = 0;
  bool ending_ = false;
  bool api_open_ = false;
  asio::thread_pool disk_{1};  // for what may wait for the disk
};

}  // namespace

int run_control(const Config& config, ControlDescriptors descriptors) {
  log::start(config.log_level, config.log_format, "control");
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  (void)prctl(PR_SET_NAME, "waymark-control");  // run by descriptor, it has a number for a name
  Control control(config, std::move(descriptors));
  return control.run();
}

}  // namespace waymark::app
