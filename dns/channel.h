// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/shared_memory.h"
#include "dns/image/image.h"

namespace waymark::dns {

/// What the processes say to each other. Every message is one datagram of a SOCK_SEQPACKET pair.
///
///   control    → supervisor : publish    manifest + descriptors of the parts that are new
///   supervisor → worker     : publish    manifest + descriptors of the parts this worker lacks
///   control    → supervisor : ready      its API listens, and a question was answered
///   worker     → supervisor : adopted    generation, once its loop answers from it
///   worker     → supervisor : refused    generation and why; it goes on with the one before
///   supervisor → control    : adopted, refused    the same, with the worker's index
///   supervisor → control    : publish    first message after the start: the newest generation
///                                        with all its parts, or generation 0 and none
struct Message {
  enum class Kind : std::uint8_t { publish = 1, adopted = 2, refused = 3, ready = 4 };
  Kind kind{};
  std::uint32_t worker = 0;
  std::uint64_t generation = 0;
  std::string reason;                       // refused
  std::optional<Manifest> manifest;         // publish
  std::vector<std::uint64_t> part_ids;      // publish: which part each descriptor is
  std::vector<FileDescriptor> descriptors;  // publish; at most 16
};

/// One end of a pair. Not thread-safe; one thread may send while another receives.
class Channel {
 public:
  Channel() = default;
  explicit Channel(FileDescriptor socket) noexcept : socket_(std::move(socket)) {}
  static Result<std::pair<Channel, Channel>> pair();

  /// Fails with `io`; `unavailable` when the peer is gone or its queue is full.
  Result<void> send(const Message& message) const;
  /// Waits for one message. Fails with `unavailable` when the peer is gone, `io` otherwise.
  Result<Message> receive() const;
  int descriptor() const noexcept { return socket_.get(); }
  const FileDescriptor& socket() const noexcept { return socket_; }

 private:
  FileDescriptor socket_;
};

}  // namespace waymark::dns
