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
  RegionList() = default;
  explicit RegionList(std::vector<std::string> own) : own_(std::move(own)) {}

  std::optional<std::uint16_t> number(std::string_view name) const noexcept;
  std::string_view name(std::uint16_t number) const noexcept;  // empty when there is none
  std::uint16_t count() const noexcept;
  const std::vector<std::string>& own() const noexcept { return own_; }

 private:
  std::vector<std::string> own_;
};

}  // namespace waymark::policy
