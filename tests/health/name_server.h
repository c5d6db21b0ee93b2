// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstring>
#include <functional>
#include <string>

#include <boost/asio/ip/udp.hpp>

#include "base/async.h"
#include "base/bytes.h"
#include "base/ip.h"

namespace waymark::health {

/// A name server on a loopback port of its own, on the test's io_context: `reply` makes what is
/// sent out of what was asked; nothing when it is empty.
class NameServer {
 public:
  using Reply = std::function<Bytes(const Bytes& query)>;

  NameServer(asio::io_context& io, Reply reply)
      : socket_(io, {asio::ip::address_v4::loopback(), 0}), reply_(std::move(reply)) {
    receive();
  }
  Endpoint endpoint() const { return {IpAddress::loopback_v4(), socket_.local_endpoint().port()}; }
  int asked() const noexcept { return asked_; }

  /// QR and RA set, the rcode, and these answers (octets, whose owner is "\xC0\x0C").
  static Bytes answer(const Bytes& query, Octet rcode, const std::string& records = {},
                      Octet count = 0) {
    std::size_t end = 12;
    while (query[end] != 0)
      end += query[end] + 1U;
    Bytes out(query.begin(), query.begin() + static_cast<std::ptrdiff_t>(end + 5));
    out[2] = 0x81;
    out[3] = static_cast<Octet>(0x80 | rcode);
    out[7] = count;
    out[11] = 0;
    out.insert(out.end(), records.begin(), records.end());
    return out;
  }
  static std::string a_record(Octet ttl, const std::string& address) {
    using namespace std::string_literals;
    return "\xC0\x0C\0\1\0\1\0\0\0"s + static_cast<char>(ttl) + "\0\4"s + address;
  }
  /// The last two octets before the class: what type was asked for.
  static std::uint16_t type_of(const Bytes& query) {
    std::size_t end = 12;
    while (query[end] != 0)
      end += query[end] + 1U;
    return load16(&query[end + 1]);
  }

 private:
  void receive() {
    socket_.async_receive_from(
        asio::buffer(buffer_), from_,
        [this](const boost::system::error_code& failed, std::size_t got) {
          if (failed) return;
          ++asked_;
          const Bytes out =
              reply_(Bytes(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(got)));
          boost::system::error_code ignored;
          if (!out.empty()) socket_.send_to(asio::buffer(out), from_, 0, ignored);
          receive();
        });
  }

  asio::ip::udp::socket socket_;
  Reply reply_;
  std::array<Octet, 1'500> buffer_{};
  asio::ip::udp::endpoint from_;
  int asked_ = 0;
};

}  // namespace waymark::health
