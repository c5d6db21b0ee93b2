// SPDX-License-Identifier: Apache-2.0
#include <string>

#include "dns/image/image.h"

namespace waymark::dns {
namespace {

constexpr std::uint64_t manifest_magic = 0x57594D4B4D414E31;
constexpr std::uint32_t max_parts = 16;

Error bad(std::string what) {
  return {ErrorCode::bad_image, "manifest: " + std::move(what)};
}

}  // namespace

Bytes Manifest::encode() const {
  Bytes out;
  ByteWriter writer(out);
  writer.u64(manifest_magic);
  writer.u32(layout);
  writer.u64(generation), writer.u64(epoch), writer.u64(revision);
  writer.u32(static_cast<std::uint32_t>(parts.size()));
  for (const PartId& part : parts) {
    writer.u32(static_cast<std::uint32_t>(part.kind));
    writer.u64(part.id), writer.u64(part.octets);
    writer.u64(part.hash.high), writer.u64(part.hash.low);
  }
  return out;
}

Result<Manifest> Manifest::decode(ByteView octets) {
  ByteReader reader(octets);
  if (reader.u64() != manifest_magic) return bad("does not begin with the magic number");
  Manifest manifest;
  manifest.layout = reader.u32();
  if (manifest.layout != layout::layout_number)
    return bad("layout " + std::to_string(manifest.layout) + " is not " +
               std::to_string(layout::layout_number));
  manifest.generation = reader.u64();
  manifest.epoch = reader.u64();
  manifest.revision = reader.u64();
  const std::uint32_t count = reader.u32();
  if (count > max_parts) return bad("names " + std::to_string(count) + " parts");
  for (std::uint32_t i = 0; i < count; ++i) {
    PartId part;
    part.kind = static_cast<layout::PartKind>(reader.u32());
    part.id = reader.u64();
    part.octets = reader.u64();
    part.hash.high = reader.u64();
    part.hash.low = reader.u64();
    manifest.parts.push_back(part);
  }
  if (!reader.ok()) return bad("is cut short");
  if (!reader.at_end()) return bad("has octets behind its end");
  return manifest;
}

}  // namespace waymark::dns
