// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "tests/bench/dns/cpu_meter.h"
#include "tests/bench/dns/flow.h"

namespace waymark::bench {
namespace {

constexpr std::size_t batch = 64, reply_room = 4096;

class UdpFlow final : public Flow {
 public:
  UdpFlow(Run& run, const sockaddr_in& server, std::size_t window, const sockaddr_in& from)
      : Flow(run, window), socket_(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0)) {
    const int octets = 4 << 20;
    (void)setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    (void)setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &octets, sizeof octets);
    if (bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0)
      give_up("bind failed");
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0)
      give_up("connect failed");
    for (std::size_t i = 0; i < batch; ++i) {
      in_pieces_[i] = {replies_[i].data(), reply_room};
      in_[i].msg_hdr.msg_iov = &in_pieces_[i];
      in_[i].msg_hdr.msg_iovlen = 1;
      out_[i].msg_hdr.msg_iov = &out_pieces_[i];
      out_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void receive() override {
    const int count = recvmmsg(socket_, in_.data(), batch, 0, nullptr);
    const std::uint64_t now = monotonic_ns();
    for (int i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      ledger_.settle({replies_[at].data(), in_[at].msg_len}, now);
    }
  }

  std::size_t send(std::size_t count, std::uint64_t due, double gap_ns) override {
    count = std::min({count, batch, ledger_.free()});
    for (std::size_t i = 0; i < count; ++i) {
      const auto message =
          ledger_.ask(due + static_cast<std::uint64_t>(static_cast<double>(i) * gap_ns));
      out_pieces_[i] = {const_cast<std::uint8_t*>(message.data()), message.size()};
    }
    // What the kernel refuses is lost, and counted so when its time is over.
    if (count > 0) (void)sendmmsg(socket_, out_.data(), static_cast<unsigned>(count), 0);
    return count;
  }

 private:
  int socket_;
  std::array<std::array<std::uint8_t, reply_room>, batch> replies_;
  std::array<mmsghdr, batch> in_{}, out_{};
  std::array<iovec, batch> in_pieces_{}, out_pieces_{};
};

}  // namespace

std::unique_ptr<Flow> open_udp(Run& run, const sockaddr_in& server, std::size_t window,
                               const sockaddr_in& from) {
  return std::make_unique<UdpFlow>(run, server, window, from);
}

}  // namespace waymark::bench
