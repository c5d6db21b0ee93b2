// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/result.h"
#include "base/shared_memory.h"
#include "dns/image/image_writer.h"
#include "dns/image/layout.h"
#include "dns/image/name_table.h"
#include "dns/image/view_table.h"
#include "policy/tables.h"

namespace waymark::dns {

/// Names one part: what a manifest is made of.
struct PartId {
  layout::PartKind kind{};
  std::uint64_t id = 0;
  std::uint64_t octets = 0;
  ContentHash hash;

  friend bool operator==(const PartId&, const PartId&) = default;
};

/// One generation, by name. `parts` holds the tiers newest first, then zones, latency, locations,
/// cidrs, views, slots.
struct Manifest {
  std::uint32_t layout = layout::layout_number;
  std::uint64_t generation = 0;           // strictly increasing; 0: none yet
  std::uint64_t epoch = 0, revision = 0;  // of the store: everything up to here is in it
  std::vector<PartId> parts;

  Bytes encode() const;
  /// Fails with `bad_image`: wrong magic or layout, cut short, trailing octets.
  static Result<Manifest> decode(ByteView octets);
};

/// One mapped part whose every offset and length has been checked once. Immutable; shared by the
/// generations that contain it.
class Part {
 public:
  /// Maps and checks. Fails with `bad_image`, naming what is wrong and at which offset. Hostile
  /// content is refused, never followed. The descriptor must be sealed or private to this process.
  static Result<std::shared_ptr<const Part>> open(const FileDescriptor& descriptor, bool prefault);
  /// The same over memory of our own (tests, the compiler).
  static Result<std::shared_ptr<const Part>> open(Bytes content);

  layout::PartKind kind() const noexcept { return header().kind; }
  std::uint64_t id() const noexcept { return header().id; }
  ByteView view() const noexcept { return view_; }

 private:
  Part() = default;
  const layout::PartHeader& header() const noexcept {
    return *reinterpret_cast<const layout::PartHeader*>(view_.data());
  }

  Mapping mapping_;
  Bytes owned_;  // or this
  ByteView view_;
};

/// What stands in the zones part for one zone.
struct ZoneView {
  ZoneNumber number;
  ByteView name;
  std::uint8_t labels;
  std::uint32_t soa_ttl, negative_ttl;
  ByteView soa_rdata;
};

/// One generation: all that an answer reads, save health. Immutable; any thread.
class Image {
 public:
  Image() = default;  // generation 0: no zones; every answer is REFUSED

  /// Fails with `bad_image` when a part that the manifest names is missing or of another kind,
  /// tiers and views differ in their hash key, or there are more than four tiers.
  static Result<Image> open(const Manifest& manifest,
                            std::vector<std::shared_ptr<const Part>> parts);

  std::uint64_t generation() const noexcept { return manifest_.generation; }
  const Manifest& manifest() const noexcept { return manifest_; }
  const NameTable& names() const noexcept { return names_; }
  /// Null when there is no such zone.
  std::optional<ZoneView> zone(ZoneNumber number) const noexcept;
  /// What it knows of clients.
  const policy::Tables& tables() const noexcept { return tables_; }
  /// Who sees which private zones.
  const ViewTable& views() const noexcept { return views_; }
  std::uint64_t slot_epoch() const noexcept;
  std::vector<SlotSpec> slots() const;
  const std::vector<std::shared_ptr<const Part>>& parts() const noexcept { return parts_; }

 private:
  Manifest manifest_;
  std::vector<std::shared_ptr<const Part>> parts_;
  NameTable names_;
  policy::Tables tables_;
  ViewTable views_;
  ByteView zones_, slots_;
};

}  // namespace waymark::dns
