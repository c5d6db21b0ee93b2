// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/standing.h"

#include <algorithm>

namespace waymark::zones {
namespace {

constexpr std::uint64_t standing_magic = 0x31534B4D59415700;

}  // namespace

Result<Standing> Standing::decode(ByteView octets) {
  ByteReader reader(octets);
  Standing standing;
  if (reader.u64() != standing_magic) return Error(ErrorCode::bad_image, "is of another kind");
  standing.known_good_ = reader.u64();
  const std::uint64_t generation = reader.u64(), epoch = reader.u64(), revision = reader.u64();
  standing.last_left_ = {generation, epoch, revision};
  const std::uint64_t count = reader.u64();
  if (count > most_quarantined) return Error(ErrorCode::bad_image, "is too long");
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t high = reader.u64(), low = reader.u64();
    standing.quarantined_.push_back({high, low});
  }
  if (!reader.ok() || !reader.at_end()) return Error(ErrorCode::bad_image, "is of another length");
  return standing;
}

Bytes Standing::encode() const {
  Bytes content;
  ByteWriter writer(content);
  writer.u64(standing_magic), writer.u64(known_good_);
  writer.u64(last_left_.generation), writer.u64(last_left_.epoch), writer.u64(last_left_.revision);
  writer.u64(quarantined_.size());
  for (const ContentHash& one : quarantined_)
    writer.u64(one.high), writer.u64(one.low);
  return content;
}

void Standing::quarantine(const dns::Manifest& manifest) {
  if (is_quarantined(manifest)) return;
  if (manifest.epoch != last_left_.epoch || manifest.revision >= last_left_.revision)
    last_left_ = {manifest.generation, manifest.epoch, manifest.revision};
  quarantined_.push_back(ContentHash::of(manifest.encode()));
  if (quarantined_.size() > most_quarantined) quarantined_.erase(quarantined_.begin());
}

bool Standing::is_quarantined(const dns::Manifest& manifest) const {
  return std::ranges::find(quarantined_, ContentHash::of(manifest.encode())) != quarantined_.end();
}

}  // namespace waymark::zones
