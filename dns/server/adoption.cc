// SPDX-License-Identifier: Apache-2.0
#include "dns/server/adoption.h"

#include <algorithm>
#include <csignal>
#include <string>
#include <sys/socket.h>
#include <vector>

#include <boost/asio/post.hpp>

#include "base/log.h"

namespace waymark::dns {
namespace {

using PartPointer = std::shared_ptr<const Part>;

Result<std::vector<PartPointer>> open_parts(const Message& publish) {
  if (publish.part_ids.size() != publish.descriptors.size())
    return Error(ErrorCode::bad_image, "a descriptor has no part id");
  std::vector<PartPointer> parts;
  for (std::size_t i = 0; i < publish.descriptors.size(); ++i) {
    auto part = Part::open(publish.descriptors[i], true);
    if (!part) return part.error();
    if ((*part)->id() != publish.part_ids[i])
      return Error(ErrorCode::bad_image, "part " + std::to_string((*part)->id()) +
                                             " came as part " +
                                             std::to_string(publish.part_ids[i]));
    parts.push_back(std::move(*part));
  }
  return parts;
}

/// The generation of `publish`: its own parts, and those that `current` has already.
Result<Image> open_image(const Message& publish, const Image& current) {
  if (!publish.manifest) return Error(ErrorCode::bad_image, "a generation without a manifest");
  auto fresh = open_parts(publish);
  if (!fresh) return fresh.error();
  std::vector<PartPointer> parts;
  for (const PartId& wanted : publish.manifest->parts) {
    const auto is_wanted = [&](const PartPointer& part) { return part->id() == wanted.id; };
    auto found = std::find_if(fresh->begin(), fresh->end(), is_wanted);
    if (found == fresh->end()) {
      const auto known = std::find_if(current.parts().begin(), current.parts().end(), is_wanted);
      if (known == current.parts().end())
        return Error(ErrorCode::bad_image, "part " + std::to_string(wanted.id) + " is missing");
      parts.push_back(*known);
    } else {
      parts.push_back(*found);
    }
  }
  return Image::open(*publish.manifest, std::move(parts));
}

}  // namespace

Adoption::Adoption(asio::io_context& loop, Channel channel, std::uint32_t worker, Exchange exchange,
                   Ended ended)
    : loop_(loop),
      channel_(std::move(channel)),
      worker_(worker),
      exchange_(std::move(exchange)),
      ended_(std::move(ended)) {
  // Signals belong to the loop's thread.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Adoption::~Adoption() {
  stopping_.store(true, std::memory_order_relaxed);
  (void)shutdown(channel_.descriptor(), SHUT_RDWR);  // wakes receive()
  exchanged_.release();                              // or the wait for the loop
  thread_.join();
}

void Adoption::run() {
  for (;;) {
    auto message = channel_.receive();
    if (stopping_.load(std::memory_order_relaxed)) return;
    if (!message) {
      if (message.error().code() != ErrorCode::unavailable)
        log::error("channel_failed", {{"reason", message.error().detail()}});
      break;
    }
    if (message->kind == Message::Kind::publish && !adopt(*message)) break;
  }
  asio::post(loop_, ended_);
}

/// False when there is nobody left to work for.
bool Adoption::adopt(const Message& publish) {
  auto image = open_image(publish, current_);
  if (!image) {
    log::error("generation_refused",
               {{"generation", publish.generation}, {"reason", image.error().detail()}});
    return tell(Message::Kind::refused, publish.generation, image.error().detail());
  }
  current_ = *image;
  in_hand_ = std::make_shared<const Image>(std::move(*image));
  asio::post(loop_, [this] {
    exchange_(in_hand_);
    exchanged_.release();
  });
  exchanged_.acquire();
  if (stopping_.load(std::memory_order_relaxed)) return false;
  in_hand_.reset();  // the old one, unmapped here: that may take milliseconds
  log::debug("generation_adopted", {{"generation", current_.generation()}});
  return tell(Message::Kind::adopted, current_.generation());
}

bool Adoption::tell(Message::Kind kind, std::uint64_t generation, std::string reason) const {
  Message message;
  message.kind = kind;
  message.worker = worker_;
  message.generation = generation;
  message.reason = std::move(reason);
  const auto sent = channel_.send(message);
  if (!sent) log::error("channel_failed", {{"reason", sent.error().detail()}});
  return sent.has_value();
}

}  // namespace waymark::dns
