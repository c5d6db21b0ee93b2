// SPDX-License-Identifier: Apache-2.0
#include "app/generations.h"

#include <algorithm>
#include <string>

namespace waymark::app {
namespace {

bool names(const dns::Manifest& manifest, std::uint64_t part) {
  return std::any_of(manifest.parts.begin(), manifest.parts.end(),
                     [part](const dns::PartId& named) { return named.id == part; });
}

}  // namespace

/// Fails, and forgets them, when a part of it is neither here nor among `parts`.
Result<void> Generations::take(const dns::Manifest& manifest,
                               std::vector<std::pair<std::uint64_t, FileDescriptor>> parts) {
  for (auto& [id, descriptor] : parts)
    parts_.insert_or_assign(id, std::move(descriptor));
  const auto missing =
      std::find_if(manifest.parts.begin(), manifest.parts.end(),
                   [this](const dns::PartId& part) { return !parts_.contains(part.id); });
  if (missing != manifest.parts.end()) {
    const std::string id = std::to_string(missing->id);
    forget_unnamed();
    return Error(ErrorCode::bad_image, "generation " + std::to_string(manifest.generation) +
                                           " names part " + id + ", which was never sent");
  }
  return {};
}

Result<void> Generations::add(const dns::Manifest& manifest,
                              std::vector<std::pair<std::uint64_t, FileDescriptor>> parts) {
  if (auto taken = take(manifest, std::move(parts)); !taken) return taken;
  if (!empty() && manifest.generation <= newest()) {
    forget_unnamed();
    return Error(ErrorCode::bad_image, "generation " + std::to_string(manifest.generation) +
                                           " came after " + std::to_string(newest()));
  }
  held_.push_back({manifest});
  current_ = held_.size() - 1;
  keep_few();
  forget_unnamed();
  return {};
}

Result<void> Generations::add_older(const dns::Manifest& manifest,
                                    std::vector<std::pair<std::uint64_t, FileDescriptor>> parts) {
  if (auto taken = take(manifest, std::move(parts)); !taken) return taken;
  if (empty() || manifest.generation >= held_.front().manifest.generation) {
    forget_unnamed();
    return Error(ErrorCode::bad_image, "generation " + std::to_string(manifest.generation) +
                                           " is not older than the others");
  }
  held_.push_front({manifest});
  ++current_;
  return {};
}

bool Generations::fall_back() noexcept {
  for (std::size_t older = current_; older-- > 0;) {
    if (held_[older].left) continue;
    held_[current_].left = true;
    current_ = older;
    return true;
  }
  return false;
}

/// Of a new current one: those that were left go first.
void Generations::keep_few() {
  while (held_.size() > kept) {
    const auto left =
        std::find_if(held_.begin(), held_.end(), [](const Held& one) { return one.left; });
    held_.erase(left != held_.end() ? left : held_.begin());
  }
  current_ = held_.size() - 1;
}

std::vector<std::uint64_t> Generations::part_ids() const {
  std::vector<std::uint64_t> ids;
  if (empty()) return ids;
  for (const dns::PartId& part : current_manifest().parts)
    ids.push_back(part.id);
  return ids;
}

dns::Message Generations::message(const std::vector<std::uint64_t>& held) const {
  return message(empty() ? dns::Manifest{} : current_manifest(), held);
}

dns::Message Generations::newest_message() const {
  return message(empty() ? dns::Manifest{} : newest_manifest(), {});
}

dns::Message Generations::message(const dns::Manifest& manifest,
                                  const std::vector<std::uint64_t>& held) const {
  dns::Message message;
  message.kind = dns::Message::Kind::publish;
  message.generation = manifest.generation;
  message.manifest = manifest;
  for (const dns::PartId& part : manifest.parts) {
    if (std::find(held.begin(), held.end(), part.id) != held.end()) continue;
    message.part_ids.push_back(part.id);
    message.descriptors.push_back(parts_.at(part.id).duplicate());
  }
  return message;
}

void Generations::forget_unnamed() {
  std::erase_if(parts_, [this](const auto& part) {
    return std::none_of(held_.begin(), held_.end(),
                        [&](const Held& one) { return names(one.manifest, part.first); });
  });
}

}  // namespace waymark::app
