// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/publisher.h"

#include <utility>
#include <vector>

#include "zones/compile/gate.h"

namespace waymark::zones {

struct Publisher::Impl {
  const dns::Channel& supervisor;
  dns::Board& board;
  dns::Image current;
};

Publisher::Publisher(const dns::Channel& supervisor, dns::Board& board, const dns::Image& current)
    : impl_(std::make_unique<Impl>(Impl{supervisor, board, current})) {}
Publisher::~Publisher() = default;

Result<dns::Image> Publisher::publish(Generation generation) {
  dns::Message message;
  message.kind = dns::Message::Kind::publish;
  message.generation = generation.manifest.generation;
  auto parts = impl_->current.parts();
  for (NewPart& part : generation.parts) {
    auto memory = seal("waymark-part", part.content);
    if (!memory) return memory.error();
    part.content = {};  // the sealed copy is enough from here on
    auto opened = dns::Part::open(*memory, false);
    if (!opened) return opened.error();
    parts.push_back(std::move(*opened));
    message.part_ids.push_back(part.id.id);
    message.descriptors.push_back(std::move(*memory));
  }
  auto image = dns::Image::open(generation.manifest, std::move(parts));
  if (!image) return image.error();
  if (const auto sound = judge(*image, impl_->current); !sound) return sound.error();

  message.manifest = std::move(generation.manifest);
  if (auto sent = impl_->supervisor.send(message); !sent) return sent.error();
  impl_->board.raise_generation(image->generation());
  impl_->current = *image;
  return image;
}

}  // namespace waymark::zones
