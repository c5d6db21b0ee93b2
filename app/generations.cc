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

Result<void> Generations::add(const dns::Manifest& manifest,
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
  if (!empty() && manifest.generation <= newest()) {
    forget_unnamed();
    return Error(ErrorCode::bad_image, "generation " + std::to_string(manifest.generation) +
                                           " came after " + std::to_string(newest()));
  }
  manifests_.push_back(manifest);
  back_ = 0;
  if (manifests_.size() > kept) manifests_.pop_front();
  forget_unnamed();
  return {};
}

bool Generations::fall_back() noexcept {
  if (back_ + 1 >= manifests_.size()) return false;
  ++back_;
  return true;
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
  return message(empty() ? dns::Manifest{} : manifests_.back(), {});
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
    return std::none_of(manifests_.begin(), manifests_.end(),
                        [&](const dns::Manifest& manifest) { return names(manifest, part.first); });
  });
}

}  // namespace waymark::app
