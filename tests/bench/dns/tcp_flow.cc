// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "tests/bench/dns/cpu_meter.h"
#include "tests/bench/dns/flow.h"

namespace waymark::bench {
namespace {

class TcpFlow final : public Flow {
 public:
  TcpFlow(Run& run, const sockaddr_in& server, std::size_t window)
      : Flow(run, window), server_(server), in_(std::size_t{1} << 18) {
    reconnect();
  }

  void receive() override {
    const ssize_t got = recv(socket_, in_.data() + held_, in_.size() - held_, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return reconnect();
    if (got < 0) return;
    const std::uint64_t now = monotonic_ns();
    held_ += static_cast<std::size_t>(got);
    std::size_t at = 0;
    while (held_ - at >= 2) {
      const auto octets = static_cast<std::size_t>(in_[at] << 8 | in_[at + 1]);
      if (held_ - at - 2 < octets) break;
      ledger_.settle({in_.data() + at + 2, octets}, now);
      at += 2 + octets;
    }
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(at),
              in_.begin() + static_cast<std::ptrdiff_t>(held_), in_.begin());
    held_ -= at;
  }

  std::size_t send(std::size_t count, std::uint64_t due, double gap_ns) override {
    count = out_.empty() ? std::min(count, ledger_.free()) : 0;  // first what is left over
    for (std::size_t i = 0; i < count; ++i) {
      const auto message =
          ledger_.ask(due + static_cast<std::uint64_t>(static_cast<double>(i) * gap_ns));
      out_.push_back(static_cast<std::uint8_t>(message.size() >> 8));
      out_.push_back(static_cast<std::uint8_t>(message.size()));
      out_.insert(out_.end(), message.begin(), message.end());
    }
    if (out_.empty()) return count;
    const ssize_t gone = ::send(socket_, out_.data(), out_.size(), MSG_NOSIGNAL);
    if (gone > 0) out_.erase(out_.begin(), out_.begin() + gone);
    return count;
  }

 private:
  /// A server may close; what was outstanding then counts as lost when its time is over.
  void reconnect() {
    if (socket_ >= 0) (void)close(socket_);
    held_ = 0;
    out_.clear();
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    const int on = 1;
    (void)setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0)
      give_up("the server takes no connection");
    (void)fcntl(socket_, F_SETFL, O_NONBLOCK);
  }

  sockaddr_in server_;
  int socket_ = -1;
  std::vector<std::uint8_t> in_, out_;
  std::size_t held_ = 0;
};

}  // namespace

std::unique_ptr<Flow> open_tcp(Run& run, const sockaddr_in& server, std::size_t window) {
  return std::make_unique<TcpFlow>(run, server, window);
}

}  // namespace waymark::bench
