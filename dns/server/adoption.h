// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>

#include "base/async.h"
#include "dns/channel.h"
#include "dns/image/image.h"

namespace waymark::dns {

/// The worker's helper thread: asleep but for new generations. It maps, checks and drops images,
/// which may take long; the loop only exchanges a pointer between two batches.
class Adoption {
 public:
  /// Runs on the loop: takes the new image, gives the old one back.
  using Exchange = std::function<void(std::shared_ptr<const Image>&)>;
  /// Runs on the loop, once: the channel has ended, and with it the reason to be.
  using Ended = std::function<void()>;

  /// Neither function may outlive what it refers to; the loop is not run after the destructor.
  Adoption(asio::io_context& loop, Channel channel, std::uint32_t worker, Exchange exchange,
           Ended ended);
  Adoption(const Adoption&) = delete;
  Adoption& operator=(const Adoption&) = delete;
  ~Adoption();

 private:
  void run();
  bool adopt(const Message& publish);
  bool tell(Message::Kind kind, std::uint64_t generation, std::string reason = {}) const;

  asio::io_context& loop_;
  Channel channel_;
  std::uint32_t worker_;
  Exchange exchange_;
  Ended ended_;
  Image current_;  // what the loop has or is about to get: parts are shared with it
  std::shared_ptr<const Image> in_hand_;     // the helper's, but between post and `exchanged_`
  std::counting_semaphore<2> exchanged_{0};  // by the loop, and by the destructor
  std::atomic<bool> stopping_{false};        // the destructor's thread writes
  std::thread thread_;
};

}  // namespace waymark::dns
