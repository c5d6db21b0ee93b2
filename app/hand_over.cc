// SPDX-License-Identifier: Apache-2.0
#include "app/hand_over.h"

#include <array>
#include <sys/socket.h>
#include <utility>

#include "base/log.h"
#include "dns/channel.h"

namespace waymark::app {
namespace {

using namespace std::chrono_literals;

constexpr auto most_silence = 10s;  // of a successor before it asks for the control process
constexpr auto most_start = 30s;    // from there until it serves

std::vector<int> numbers(const std::vector<FileDescriptor>& descriptors) {
  std::vector<int> out;
  for (const FileDescriptor& one : descriptors)
    out.push_back(one.get());
  return out;
}

}  // namespace

HandOver::HandOver(asio::io_context& loop, std::string data_dir, Events events)
    : loop_(loop), data_dir_(std::move(data_dir)), events_(std::move(events)), patience_(loop) {}

void HandOver::listen(const Sockets& sockets, const dns::Board& board,
                      const DataDirectory& directory) {
  sockets_ = &sockets;
  board_ = &board;
  directory_ = &directory;
  auto socket = listen_for_successor(data_dir_);
  if (!socket) return log::warning("take_over_impossible", {{"reason", socket.error().detail()}});
  listener_.emplace(loop_, socket->release());
  accept();
}

void HandOver::stop() {
  listener_.reset();
  refused_.reset();
  patience_.cancel();
  readable_.reset();
  successor_ = {};
  control_asked_ = false;
}

void HandOver::accept() {
  listener_->async_wait(
      asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        FileDescriptor one(accept4(listener_->native_handle(), nullptr, nullptr, SOCK_CLOEXEC));
        if (auto peer = one ? peer_of(one) : Result<Peer>(Error())) consider(std::move(one), *peer);
        accept();
      });
}

void HandOver::consider(FileDescriptor one, Peer& peer) {
  std::string refusal = refusal_of(peer);
  if (refusal.empty() && successor_) refusal = "another waymark is taking over";
  if (!refusal.empty()) return refuse(std::move(one), refusal);
  successor_ = std::move(one);
  peer_ = std::move(peer);
  greet();
}

/// Closed only when it has said something, or has hung up: a socket that is closed with words
/// unread takes those away that it has sent.
void HandOver::refuse(FileDescriptor one, const std::string& why) {
  (void)send_words(one, "refused " + why);
  refused_.emplace(loop_, one.release());
  refused_->async_wait(
      asio::posix::stream_descriptor::wait_read, [this](const boost::system::error_code& error) {
        if (error) return;
        std::array<char, 64> words{};
        (void)recv(refused_->native_handle(), words.data(), words.size(), MSG_DONTWAIT);
        refused_.reset();
      });
}

void HandOver::greet() {
  readable_.emplace(loop_, successor_.duplicate().release());
  patience_.expires_after(most_silence);
  patience_.async_wait([this](const boost::system::error_code& error) {
    if (!error) let_go("it says nothing");
  });
  next_words();
}

void HandOver::next_words() {
  readable_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this](const boost::system::error_code& error) {
                          if (error || !successor_) return;
                          const auto words = receive_words(successor_);
                          if (!words) return let_go(words.error().detail());
                          on_words(words->text);
                          if (successor_) next_words();
                        });
}

void HandOver::on_words(const std::string& words) {
  if (words == hand_over_greeting) {
    log::info("take_over_asked", {{"process", peer_.process}});
    if (const auto sent = hand_sockets(); !sent) let_go(sent.error().detail());
  } else if (words == "control" && !control_asked_) {
    control_asked_ = true;
    patience_.expires_after(most_start);
    patience_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      let_go("it did not serve in time");
    });
    events_.end_control();
  } else if (words == "serving" && control_asked_) {
    log::info("handed_over", {{"process", peer_.process}});
    stop();
    events_.give_way();
  } else {
    (void)send_words(successor_, "refused this waymark speaks another protocol; restart it");
    let_go("it speaks another protocol");
  }
}

Result<void> HandOver::hand_sockets() {
  std::string house =
      "house " + std::to_string(sockets_->workers.size()) + ' ' + sockets_->api_address.to_string();
  house += ' ' + (sockets_->route53 ? sockets_->route53_address.to_string() : "-");
  for (const Endpoint& address : sockets_->dns)
    house += ' ' + address.to_string();
  if (sockets_->dns.size() > most_handed_descriptors)
    return send_words(successor_, "refused there are too many addresses to hand over");
  std::vector<int> descriptors{directory_->lock().get(), board_->descriptor().get(),
                               sockets_->api.get()};
  if (sockets_->route53) descriptors.push_back(sockets_->route53.get());
  if (auto sent = send_words(successor_, house, descriptors); !sent) return sent;
  for (const Sockets::Share& share : sockets_->workers)
    for (const auto* kind : {&share.udp, &share.tcp})
      if (auto sent = send_words(successor_, "share", numbers(*kind)); !sent) return sent;
  return {};
}

void HandOver::control_ended(const Generations& generations) {
  const dns::Channel channel(successor_.duplicate());
  if (const auto sent = channel.send(generations.newest_message()); !sent)
    let_go(sent.error().detail());
}

void HandOver::let_go(const std::string& why) {
  log::warning("take_over_failed", {{"process", peer_.process}, {"reason", why}});
  patience_.cancel();
  readable_.reset();
  successor_ = {};
  if (!std::exchange(control_asked_, false)) return;
  // Two control processes must not write: that one's ends with it.
  (void)end(peer_);
  events_.resume_control();
}

}  // namespace waymark::app
