// SPDX-License-Identifier: Apache-2.0
#include "dns/server/worker.h"

#include <chrono>
#include <unistd.h>
#include <utility>

#include "dns/server/heartbeat.h"

namespace waymark::dns {
namespace {

constexpr auto beat_interval = std::chrono::milliseconds(200);
constexpr auto most_drain = std::chrono::seconds(10);  // as long as a connection may be idle

Random make_random(const WorkerSettings& settings) {
  return settings.seed ? Random(*settings.seed + settings.index) : Random::from_system();
}

}  // namespace

Worker::Worker(asio::io_context& loop, Board& board, WorkerDescriptors descriptors,
               const WorkerSettings& settings)
    : loop_(loop),
      slot_(board.worker(settings.index)),
      responder_(board.health(), slot_, make_random(settings), settings.answers,
                 &board.query_log(settings.index), &board.answer_counts(settings.index)),
      board_(board),
      image_(std::make_shared<const Image>()),  // REFUSED, until the first generation comes
      tcp_(loop, std::move(descriptors.tcp), responder_, slot_, settings.tcp),
      stand_by_(settings.stand_by),
      first_image_(loop, settings.wait_for_image),
      heartbeat_(loop),
      adoption_(
          loop, std::move(descriptors.channel), settings.index,
          [this](std::shared_ptr<const Image>& image) {
            exchange(image);
            begin();
          },
          [&loop] { loop.stop(); }) {
  slot_.process.store(static_cast<std::uint32_t>(getpid()), std::memory_order_relaxed);
  responder_.use(*image_);
  for (FileDescriptor& socket : descriptors.udp)
    udp_.push_back(std::make_unique<UdpSocket>(loop, std::move(socket), batch_, responder_, slot_));
  if (settings.wait_for_image == Duration::zero())
    begin();
  else
    first_image_.async_wait([this](const boost::system::error_code& error) {
      if (!error) begin();
    });
  keep_beating();
}

void Worker::begin() {
  if (stand_by_ || std::exchange(begun_, true)) return;
  first_image_.cancel();
  for (const auto& socket : udp_)
    socket->start();
  tcp_.start();
}

void Worker::release() {
  stand_by_ = false;
  begin();
}

void Worker::drain() {
  begun_ = true;  // and nothing begins from here on
  first_image_.cancel();
  for (const auto& socket : udp_)
    socket->stop();
  tcp_.drain(most_drain, [this] { loop_.stop(); });
}

void Worker::exchange(std::shared_ptr<const Image>& image) noexcept {
  const std::uint64_t begun = monotonic_ns();
  std::swap(image_, image);
  responder_.use(*image_);
  slot_.adoptions.add(monotonic_ns() - begun);
  slot_.adopted.store(image_->generation(), std::memory_order_release);
}

void Worker::renew_cookie_secrets() noexcept {
  const std::uint64_t version = board_.cookie_version();
  if (version == cookie_version_) return;
  const auto secrets = board_.cookie_secrets();
  if (!secrets) return;  // being changed; at the next beat, then
  responder_.use(*secrets);
  cookie_version_ = version;
}

void Worker::keep_beating() {
  responder_.set_time(beat(slot_));
  renew_cookie_secrets();
  heartbeat_.expires_after(beat_interval);
  heartbeat_.async_wait([this](const boost::system::error_code& error) {
    if (!error) keep_beating();
  });
}

}  // namespace waymark::dns
