// SPDX-License-Identifier: Apache-2.0
#include "dns/image/image.h"

#include <algorithm>
#include <string>
#include <utility>

#include "dns/image/part_check.h"

namespace waymark::dns {
namespace {

constexpr std::size_t after_header = sizeof(layout::PartHeader);

template <class T>
const T& at(ByteView part, std::size_t offset) noexcept {
  return *reinterpret_cast<const T*>(part.data() + offset);
}

Error bad(std::uint64_t id, const char* what) {
  return {ErrorCode::bad_image, "part " + std::to_string(id) + " " + what};
}

HashKey key_of(ByteView names) noexcept {
  const auto& header = at<layout::NamesHeader>(names, after_header);
  return {header.hash_first, header.hash_second};
}

}  // namespace

Result<std::shared_ptr<const Part>> Part::open(const FileDescriptor& descriptor, bool prefault) {
  auto mapping = Mapping::map(descriptor, Mapping::Access::read, prefault);
  if (!mapping) return mapping.error();
  if (auto checked = check_part(mapping->view()); !checked) return checked.error();
  struct Opened : Part {};
  auto part = std::make_shared<Opened>();
  part->mapping_ = std::move(*mapping);
  part->view_ = part->mapping_.view();
  return std::shared_ptr<const Part>(std::move(part));
}

Result<std::shared_ptr<const Part>> Part::open(Bytes content) {
  if (auto checked = check_part(content); !checked) return checked.error();
  struct Opened : Part {};
  auto part = std::make_shared<Opened>();
  part->owned_ = std::move(content);
  part->view_ = part->owned_;
  return std::shared_ptr<const Part>(std::move(part));
}

Result<Image> Image::open(const Manifest& manifest,
                          std::vector<std::shared_ptr<const Part>> parts) {
  Image image;
  image.manifest_ = manifest;
  std::vector<ByteView> tiers;
  bool latency_seen = false, locations_seen = false, cidrs_seen = false;
  for (const PartId& id : manifest.parts) {
    const auto found = std::find_if(parts.begin(), parts.end(),
                                    [&](const auto& part) { return part->id() == id.id; });
    if (found == parts.end()) return bad(id.id, "is missing");
    const ByteView view = (*found)->view();
    if ((*found)->kind() != id.kind) return bad(id.id, "is of another kind");
    if (view.size() != id.octets) return bad(id.id, "is of another length");
    bool again = false;
    switch (id.kind) {
      case layout::PartKind::names:
        if (tiers.size() == NameTable::max_tiers) return bad(id.id, "is one tier too many");
        if (!tiers.empty() && key_of(tiers.front()) != key_of(view))
          return bad(id.id, "has another hash key");
        tiers.push_back(view);
        break;
      case layout::PartKind::zones:
        again = !std::exchange(image.zones_, view).empty();
        break;
      case layout::PartKind::latency:
        again = std::exchange(latency_seen, true);
        image.tables_.latency = *policy::LatencyTable::open(view.subspan(after_header));
        break;
      case layout::PartKind::locations:
        again = std::exchange(locations_seen, true);
        image.tables_.locations = *policy::LocationTable::open(view.subspan(after_header));
        break;
      case layout::PartKind::cidrs:
        again = std::exchange(cidrs_seen, true);
        image.tables_.cidrs = *policy::CidrTables::open(view.subspan(after_header));
        break;
      case layout::PartKind::views:
        again = !image.views_.empty();
        image.views_ = *ViewTable::open(view.subspan(after_header));
        break;
      case layout::PartKind::slots:
        again = !std::exchange(image.slots_, view).empty();
        break;
    }
    if (again) return bad(id.id, "is the second of its kind");
    image.parts_.push_back(*found);
  }
  image.names_ = NameTable(tiers);
  if (!image.views_.empty() && image.views_.key() != image.names_.key())
    return Error(ErrorCode::bad_image, "the views have another hash key than the names");
  return image;
}

std::optional<ZoneView> Image::zone(ZoneNumber number) const noexcept {
  if (zones_.empty() || number >= at<layout::ZonesHeader>(zones_, after_header).zones)
    return std::nullopt;
  const auto offset = at<std::uint32_t>(
      zones_, after_header + sizeof(layout::ZonesHeader) + std::size_t{number} * 4);
  if (offset == 0) return std::nullopt;
  const auto& zone = at<layout::Zone>(zones_, offset);
  const std::size_t name_at = offset + sizeof(layout::Zone);
  return ZoneView{
      zone.number,       zones_.subspan(name_at, zone.name_octets),
      zone.labels,       zone.soa_ttl,
      zone.negative_ttl, zones_.subspan(name_at + zone.name_octets, zone.soa_rdata_octets)};
}

std::uint64_t Image::slot_epoch() const noexcept {
  return slots_.empty() ? 0 : at<layout::SlotsHeader>(slots_, after_header).epoch;
}

std::vector<SlotSpec> Image::slots() const {
  std::vector<SlotSpec> slots;
  if (slots_.empty()) return slots;
  const std::uint32_t count = at<layout::SlotsHeader>(slots_, after_header).slots;
  slots.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& record = at<layout::SlotRecord>(
        slots_, after_header + sizeof(layout::SlotsHeader) + i * sizeof(layout::SlotRecord));
    slots.push_back(
        {record.slot, std::string(as_text(slots_.subspan(record.key_offset, record.key_octets)))});
  }
  return slots;
}

}  // namespace waymark::dns
