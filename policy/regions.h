// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::policy {

/// Region names known without configuration: those of AWS, in a fixed order. Append only: the index
/// is the region number.
std::span<const std::string_view> built_in_regions() noexcept;

/// Names ↔ numbers: the built-in regions, then the operator's own in the order they were added.
class RegionList {
 public:
  struct Degrees {
    double latitude = 0, longitude = 0;
    friend bool operator==(const Degrees&, const Degrees&) = default;
  };
  using Places = std::vector<std::optional<Degrees>>;

  RegionList() = default;
  /// `places` are those of `own`, as far as they go.
  explicit RegionList(std::vector<std::string> own, Places places = {})
      : own_(std::move(own)), places_(std::move(places)) {
    places_.resize(own_.size());
  }

  std::optional<std::uint16_t> number(std::string_view name) const noexcept;
  std::string_view name(std::uint16_t number) const noexcept;  // empty when there is none
  std::uint16_t count() const noexcept;
  /// None when there is no such region, or the operator gave its name only.
  std::optional<Degrees> place(std::uint16_t number) const noexcept;
  const std::vector<std::string>& own() const noexcept { return own_; }

 private:
  std::vector<std::string> own_;
  Places places_;
};

}  // namespace waymark::policy
