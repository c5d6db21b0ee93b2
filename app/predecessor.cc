// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>

#include "app/hand_over.h"
#include "base/log.h"
#include "dns/channel.h"

namespace waymark::app {
namespace {

constexpr timeval patience{20, 0};  // the other control process may take 5 s to end
constexpr std::string_view refusal = "refused ";

[[noreturn]] void give_up(const std::string& why) {
  throw std::runtime_error("can not take over: " + why);
}

HandOverMessage must_receive(const FileDescriptor& socket) {
  auto message = receive_words(socket);
  if (!message) give_up(message.error().detail());
  if (message->text.starts_with(refusal)) give_up(message->text.substr(refusal.size()));
  return *std::move(message);
}

void must_send(const FileDescriptor& socket, std::string_view words) {
  if (const auto sent = send_words(socket, words); !sent) give_up(sent.error().detail());
}

/// "house WORKERS API ROUTE53|- DNS…"
Sockets read_house(const std::string& text) {
  std::istringstream words(text);
  std::string word, api, route53, dns;
  std::size_t workers = 0;
  words >> word >> workers >> api >> route53;
  Sockets sockets;
  const auto address = Endpoint::parse(api);
  if (word != "house" || !address || workers == 0 || workers > dns::Board::max_workers)
    give_up("it says \"" + text + "\"");
  sockets.api_address = *address;
  if (const auto door = Endpoint::parse(route53)) sockets.route53_address = *door;
  while (words >> dns)
    if (const auto one = Endpoint::parse(dns)) sockets.dns.push_back(*one);
  sockets.workers.resize(workers);
  return sockets;
}

bool fits(const Endpoint& bound, const Endpoint& wanted) {
  return bound.address == wanted.address && (wanted.port == 0 || bound.port == wanted.port);
}

}  // namespace

Predecessor Predecessor::ask(const std::string& data_dir) {
  auto socket = connect_to_predecessor(data_dir);
  if (!socket) give_up(socket.error().detail());
  (void)setsockopt(socket->get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const auto peer = peer_of(*socket);
  if (!peer || (geteuid() != 0 && peer->user != geteuid()))
    give_up("the waymark in " + data_dir + " runs as another user");
  must_send(*socket, hand_over_greeting);
  auto house = must_receive(*socket);
  Sockets sockets = read_house(house.text);
  const bool has_route53 = sockets.route53_address != Endpoint();
  if (house.descriptors.size() != (has_route53 ? 4U : 3U)) give_up("it sends no sockets");
  sockets.api = std::move(house.descriptors[2]);
  if (has_route53) sockets.route53 = std::move(house.descriptors[3]);
  for (Sockets::Share& share : sockets.workers)
    for (auto* kind : {&share.udp, &share.tcp}) {
      auto message = must_receive(*socket);
      if (message.text != "share" || message.descriptors.size() != sockets.dns.size())
        give_up("it sends other sockets than it says");
      *kind = std::move(message.descriptors);
    }
  return {*std::move(socket), std::move(sockets), std::move(house.descriptors[0]),
          std::move(house.descriptors[1])};
}

Sockets Predecessor::sockets(const Config& config) {
  const auto refuse = [](const Endpoint& address, const char* flag) {
    give_up("addresses can not change on the way: " + address.to_string() + " is not " + flag +
            " of both; restart instead");
  };
  const auto among = [](const std::vector<Endpoint>& wanted, const Endpoint& bound) {
    return std::any_of(wanted.begin(), wanted.end(),
                       [&](const Endpoint& one) { return fits(bound, one); });
  };
  for (const Endpoint& bound : sockets_.dns)
    if (!among(config.dns, bound)) refuse(bound, "--dns");
  for (const Endpoint& wanted : config.dns) {
    const bool there = std::any_of(sockets_.dns.begin(), sockets_.dns.end(),
                                   [&](const Endpoint& bound) { return fits(bound, wanted); });
    if (!there && config.dns != default_dns()) refuse(wanted, "--dns");
  }
  if (!fits(sockets_.api_address, config.api)) refuse(sockets_.api_address, "--api");
  if (!config.route53_api)
    sockets_.route53 = {};
  else if (!sockets_.route53)
    sockets_.open_route53(config);
  else if (!fits(sockets_.route53_address, *config.route53_api))
    refuse(sockets_.route53_address, "--route53-api");
  if (config.workers != 0 && config.workers != sockets_.workers.size())
    log::warning("workers_kept", {{"workers", sockets_.workers.size()},
                                  {"reason", "their sockets are taken over as they are"}});
  return std::move(sockets_);
}

std::optional<dns::Board> Predecessor::board() const {
  auto board = dns::Board::attach(board_.duplicate());
  if (!board) return std::nullopt;
  return *std::move(board);
}

void Predecessor::keep_cookies(Result<dns::CookieSecrets>& secrets) const {
  const auto before = board();
  if (auto known = before ? before->cookie_secrets() : std::nullopt) secrets = *std::move(known);
}

Generations Predecessor::take_control(dns::Board& board) {
  must_send(socket_, "control");
  auto message = dns::Channel(socket_.duplicate()).receive();
  if (!message) give_up(message.error().detail());
  Generations generations;
  if (!message->manifest || message->manifest->generation == 0) return generations;
  std::vector<std::pair<std::uint64_t, FileDescriptor>> parts;
  for (std::size_t i = 0; i < message->part_ids.size(); ++i) {
    const auto part = dns::Part::open(message->descriptors[i], false);
    if (!part) {  // of another layout: the control process compiles one from the store first
      log::warning("image_damaged", {{"reason", part.error().detail()}});
      return generations;
    }
    parts.emplace_back(message->part_ids[i], std::move(message->descriptors[i]));
  }
  if (const auto added = generations.add(*message->manifest, std::move(parts)); !added)
    give_up(added.error().detail());
  if (const auto before = this->board()) {
    const auto from = before->health().words(), to = board.health().words();
    for (std::size_t i = 0; i < std::min(from.size(), to.size()); ++i)
      to[i].store(from[i].load(std::memory_order_relaxed), std::memory_order_relaxed);
  }
  board.raise_generation(generations.newest());
  return generations;
}

void Predecessor::tell_serving() {
  if (const auto sent = send_words(socket_, "serving"); !sent)
    log::warning("take_over_failed", {{"reason", sent.error().detail()}});
}

}  // namespace waymark::app
