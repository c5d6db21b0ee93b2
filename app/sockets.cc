// SPDX-License-Identifier: Apache-2.0
#include "app/sockets.h"

#include <cerrno>
#include <chrono>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/socket.h>
#include <thread>

#include "base/log.h"

namespace waymark::app {
namespace {

constexpr int receive_buffer_octets = 4 << 20;  // the usual default holds some 256 datagrams
constexpr int port_attempts = 200;              // two seconds for a port that was named

/// `exclusive` finds out whether a port is taken: SO_REUSEPORT would share it, silently, with
/// another waymark of the same user.
enum class Claim : std::uint8_t { exclusive, shared };

void set_option(const FileDescriptor& socket, int level, int option, int value) {
  (void)setsockopt(socket.get(), level, option, &value, sizeof value);
}

/// A bound, non-blocking socket (listening when TCP), or none with errno.
FileDescriptor bind_socket(const Endpoint& address, int type, Claim claim) {
  const int family = address.address.is_v4() ? AF_INET : AF_INET6;
  FileDescriptor socket(::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return socket;
  if (family == AF_INET6) set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (type == SOCK_STREAM) set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);  // despite TIME_WAIT
  if (claim == Claim::shared) set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
  sockaddr_storage storage{};
  const socklen_t octets = address.to(storage);
  if (bind(socket.get(), reinterpret_cast<const sockaddr*>(&storage), octets) != 0) return {};
  if (type == SOCK_STREAM && listen(socket.get(), SOMAXCONN) != 0) return {};
  return socket;
}

Endpoint bound_address(const FileDescriptor& socket) {
  sockaddr_storage storage{};
  socklen_t octets = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (getsockname(socket.get(), address, &octets) != 0)
    throw std::runtime_error(std::string("getsockname: ") + std::strerror(errno));
  return Endpoint::from(*address);
}

/// Processes of a waymark that was just killed may hold a port for some milliseconds more.
void let_the_killed_go() {
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

/// The address with a port that is free for both UDP and TCP; none with errno.
std::optional<Endpoint> find_free(const Endpoint& wanted) {
  for (int attempt = 0; attempt < port_attempts; ++attempt) {
    const FileDescriptor udp = bind_socket(wanted, SOCK_DGRAM, Claim::exclusive);
    if (udp) {
      const Endpoint address = bound_address(udp);
      if (bind_socket(address, SOCK_STREAM, Claim::exclusive)) return address;
    }
    if (errno != EADDRINUSE) return std::nullopt;
    if (wanted.port != 0) let_the_killed_go();
  }
  errno = EADDRINUSE;
  return std::nullopt;
}

FileDescriptor open_api(const Endpoint& address) {
  FileDescriptor socket = bind_socket(address, SOCK_STREAM, Claim::exclusive);
  for (int i = 1; !socket && errno == EADDRINUSE && i < port_attempts; ++i) {
    let_the_killed_go();
    socket = bind_socket(address, SOCK_STREAM, Claim::exclusive);
  }
  return socket;
}

/// What errno says of it.
std::string refusal(const Endpoint& address, const char* flag) {
  const std::string where = "can not listen on " + address.to_string() + ": ";
  if (errno == EADDRINUSE) return where + "address already in use; choose another with " + flag;
  if (errno == EACCES) return where + "ports under 1024 need root or CAP_NET_BIND_SERVICE";
  return where + std::strerror(errno);
}

[[noreturn]] void refuse(const Endpoint& address, const char* flag) {
  throw std::runtime_error(refusal(address, flag));
}

/// [::1]:5300 stands beside 127.0.0.1:5300 without being asked for; not every machine has IPv6.
bool may_be_missing(const Config& config, const Endpoint& address) {
  static const std::vector<Endpoint> unasked{*Endpoint::parse("127.0.0.1:5300"),
                                             *Endpoint::parse("[::1]:5300")};
  return config.dns == unasked && !address.address.is_v4() &&
         (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL);
}

/// Asks for 4 MiB and says what was granted, when that is less.
int enlarge_receive_buffer(const FileDescriptor& socket) {
  int granted = receive_buffer_octets;
  if (setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &granted, sizeof granted) != 0)
    set_option(socket, SOL_SOCKET, SO_RCVBUF, receive_buffer_octets);
  socklen_t octets = sizeof granted;
  (void)getsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &granted, &octets);
  return granted / 2;  // the kernel counts its own bookkeeping in
}

void open_dns(Sockets& sockets, const Endpoint& address) {
  int granted = receive_buffer_octets;
  for (Sockets::Share& share : sockets.workers) {
    FileDescriptor udp = bind_socket(address, SOCK_DGRAM, Claim::shared);
    if (!udp) refuse(address, "--dns");
    granted = enlarge_receive_buffer(udp);
    share.udp.push_back(std::move(udp));
    FileDescriptor tcp = bind_socket(address, SOCK_STREAM, Claim::shared);
    if (!tcp) refuse(address, "--dns");
    share.tcp.push_back(std::move(tcp));
  }
  sockets.dns.push_back(address);
  if (granted < receive_buffer_octets)
    log::warning(
        "receive_buffer_small",
        {{"address", address.to_string()}, {"octets", granted}, {"wanted", receive_buffer_octets}});
}

}  // namespace

Sockets Sockets::open(const Config& config, std::uint32_t workers) {
  Sockets sockets;
  sockets.workers.resize(workers);
  for (const Endpoint& wanted : config.dns) {
    if (const auto address = find_free(wanted)) {
      open_dns(sockets, *address);
    } else if (may_be_missing(config, wanted)) {
      log::warning("address_unavailable",
                   {{"address", wanted.to_string()}, {"reason", std::strerror(errno)}});
    } else {
      refuse(wanted, "--dns");
    }
  }
  if (sockets.dns.empty()) throw std::runtime_error("no address to answer DNS queries on");
  sockets.api = open_api(config.api);
  if (!sockets.api) refuse(config.api, "--api");
  sockets.api_address = bound_address(sockets.api);
  sockets.open_route53(config);
  return sockets;
}

std::vector<std::string> Sockets::faults(const Config& config) {
  std::vector<std::string> found;
  for (const Endpoint& wanted : config.dns)
    if (!find_free(wanted) && !may_be_missing(config, wanted))
      found.push_back(refusal(wanted, "--dns"));
  if (!open_api(config.api)) found.push_back(refusal(config.api, "--api"));
  if (config.route53_api && *config.route53_api != default_route53() &&
      !open_api(*config.route53_api))
    found.push_back(refusal(*config.route53_api, "--route53-api"));
  return found;
}

void Sockets::open_route53(const Config& config) {
  if (!config.route53_api) return;
  route53 = open_api(*config.route53_api);
  if (!route53 && *config.route53_api != default_route53())
    refuse(*config.route53_api, "--route53-api");
  if (route53)
    route53_address = bound_address(route53);
  else
    log::warning("address_unavailable",
                 {{"address", config.route53_api->to_string()}, {"reason", std::strerror(errno)}});
}

}  // namespace waymark::app
