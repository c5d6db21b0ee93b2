// SPDX-License-Identifier: Apache-2.0
//
// What one changed record costs after its commit: compile, publish, and adoption by a real worker,
// in zones of the sizes given (1,000 and 1,000,000 records).
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "dns/board.h"
#include "dns/channel.h"
#include "dns/server/worker.h"
#include "zones/change_pipeline.h"
#include "zones/compile/folder.h"
#include "zones/compile/image_compiler.h"
#include "zones/compile/publisher.h"
#include "zones/store/sqlite_store.h"

namespace {

using namespace waymark;  // NOLINT(google-build-using-namespace)
using SteadyClock = std::chrono::steady_clock;

constexpr int changes = 300;

template <class T>
T must(Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "compile_bench: %s\n", result.error().detail().c_str());
    std::exit(1);
  }
  return std::move(*result);
}

zones::RecordSet address(const std::string& owner, std::uint32_t value) {
  zones::RecordSet set;
  set.owner = must(dns::Name::parse(owner));
  set.type = dns::RrType::A;
  set.ttl = 60;
  set.rdata = {Bytes{10, static_cast<Octet>(value >> 16), static_cast<Octet>(value >> 8),
                     static_cast<Octet>(value)}};
  return set;
}

std::string host(int number) {
  return "h" + std::to_string(number) + ".bench.test.";
}

/// A store with one zone, a compiler, and one worker behind a real channel.
class Bench {
 public:
  explicit Bench(int records) : records_(records) {
    std::string pattern = "/tmp/waymark-compile-bench-XXXXXX";
    directory_ = mkdtemp(pattern.data());
    store_ = must(zones::SqliteStore::open(directory_, true));
    pipeline_ =
        std::make_unique<zones::ChangePipeline>(*store_, clock_, Random(1), zones::ZoneDefaults{});
    board_.set_workers(1);
    auto [ours, theirs] = must(dns::Channel::pair());
    channel_ = std::move(ours);
    worker_ = std::make_unique<dns::Worker>(
        loop_, board_, dns::WorkerDescriptors{std::move(theirs), {}, {}}, dns::WorkerSettings{});
    thread_ = std::thread([this] { loop_.run(); });
    compiler_ = std::make_unique<zones::ImageCompiler>(*store_, dns::Image(), Random(2));
    publisher_ = std::make_unique<zones::Publisher>(channel_, board_, dns::Image());
    fill();
    turn();
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;
  ~Bench() {
    loop_.stop();
    thread_.join();
    std::filesystem::remove_all(directory_);
  }

  /// Milliseconds of each of `changes` one-record changes, their commits left out.
  std::vector<double> measure() {
    std::vector<double> times;
    for (int i = 0; i < changes; ++i) {
      zones::ChangeBatch batch;
      batch.zone = zone_;
      const int number = static_cast<int>((i * 7919LL) % records_);
      batch.changes.push_back({zones::Change::Action::upsert,
                               address(host(number), 0x800000U + static_cast<std::uint32_t>(i))});
      (void)finish([&] { return pipeline_->apply(batch, "bench"); });
      const auto begun = SteadyClock::now();
      turn();
      times.push_back(
          std::chrono::duration<double, std::milli>(SteadyClock::now() - begun).count());
    }
    std::sort(times.begin(), times.end());
    return times;
  }

 private:
  template <class Start>
  zones::Committed finish(Start start) {
    asio::io_context io;
    std::optional<Result<zones::Committed>> done;
    auto run = [&]() -> Awaitable<void> { done = co_await start(); };
    spawn(io, run());
    io.run();
    return must(std::move(*done));
  }

  void fill() {
    const dns::Name apex = must(dns::Name::parse("bench.test."));
    const auto created = finish([&] { return pipeline_->create_zone({apex}, "bench"); });
    zone_ = std::get<zones::ZoneId>(created.commit.scope);
    const auto state = must(store_->snapshot());
    const auto hosted = must(state->zone(zone_));
    std::vector<zones::RecordSet> sets = must(state->record_sets_at(*hosted, apex));
    for (int i = 0; i < records_; ++i)
      sets.push_back(address(host(i), static_cast<std::uint32_t>(i)));
    (void)finish([&] {
      return pipeline_->import_zone(apex, std::move(sets), false, std::nullopt, "bench");
    });
  }

  /// Compile, publish, and the worker's word that it answers from it.
  void turn() {
    auto generation = must(compiler_->compile());
    if (generation.manifest.generation == 0) return;
    const std::uint64_t wanted = generation.manifest.generation;
    dns::Image image = must(publisher_->publish(std::move(generation)));
    compiler_->published(std::move(image));
    relay(wanted);
  }

  /// Stands in for the supervisor, which passes on what it gets: the worker is at the other end.
  void relay(std::uint64_t wanted) {
    for (;;) {
      const dns::Message message = must(channel_.receive());
      if (message.kind == dns::Message::Kind::adopted && message.generation == wanted) return;
    }
  }

  int records_;
  std::string directory_;
  SystemClock clock_;
  std::unique_ptr<zones::Store> store_;
  std::unique_ptr<zones::ChangePipeline> pipeline_;
  zones::ZoneId zone_;
  dns::Board board_ = must(dns::Board::create());
  dns::Channel channel_;
  asio::io_context loop_{1};
  std::unique_ptr<dns::Worker> worker_;
  std::thread thread_;
  std::unique_ptr<zones::ImageCompiler> compiler_;
  std::unique_ptr<zones::Publisher> publisher_;
};

}  // namespace

int main(int count, char** words) {
  std::vector<int> sizes;
  for (int i = 1; i < count; ++i)
    sizes.push_back(std::atoi(words[i]));
  if (sizes.empty()) sizes = {1'000, 1'000'000};
  std::vector<double> medians;
  std::printf("%9s  %8s  %8s  %8s   compile + publish + adopt, %d changes\n", "records", "p50 ms",
              "p99 ms", "max ms", changes);
  for (const int records : sizes) {
    const std::vector<double> times = Bench(records).measure();
    const auto at = [&](double part) {
      return times[static_cast<std::size_t>(part * (changes - 1))];
    };
    std::printf("%9d  %8.3f  %8.3f  %8.3f\n", records, at(0.5), at(0.99), at(1));
    std::fflush(stdout);
    medians.push_back(at(0.5));
  }
  if (medians.size() > 1)
    std::printf("%d records cost %.2f times what %d cost (bar: 3)\n", sizes.back(),
                medians.back() / medians.front(), sizes.front());
}
