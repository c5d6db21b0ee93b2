// SPDX-License-Identifier: Apache-2.0
#include "policy/regions.h"

#include <algorithm>
#include <array>

namespace waymark::policy {
namespace {

constexpr auto aws_regions = std::to_array<std::string_view>({
    "us-east-1",      "us-east-2",      "us-west-1",      "us-west-2",      "ca-central-1",
    "ca-west-1",      "mx-central-1",   "sa-east-1",      "eu-central-1",   "eu-central-2",
    "eu-north-1",     "eu-south-1",     "eu-south-2",     "eu-west-1",      "eu-west-2",
    "eu-west-3",      "af-south-1",     "il-central-1",   "me-central-1",   "me-south-1",
    "ap-east-1",      "ap-east-2",      "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1",     "ap-south-2",     "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "cn-north-1",
    "cn-northwest-1", "us-gov-east-1",  "us-gov-west-1",
});

}  // namespace

std::span<const std::string_view> built_in_regions() noexcept {
  return aws_regions;
}

std::optional<std::uint16_t> RegionList::number(std::string_view name) const noexcept {
  const auto built_in = std::find(aws_regions.begin(), aws_regions.end(), name);
  if (built_in != aws_regions.end())
    return static_cast<std::uint16_t>(built_in - aws_regions.begin());
  const auto found = std::find(own_.begin(), own_.end(), name);
  if (found == own_.end()) return std::nullopt;
  return static_cast<std::uint16_t>(aws_regions.size() +
                                    static_cast<std::size_t>(found - own_.begin()));
}

std::string_view RegionList::name(std::uint16_t number) const noexcept {
  if (number < aws_regions.size()) return aws_regions[number];
  const std::size_t index = number - aws_regions.size();
  return index < own_.size() ? std::string_view(own_[index]) : std::string_view();
}

std::uint16_t RegionList::count() const noexcept {
  return static_cast<std::uint16_t>(aws_regions.size() + own_.size());
}

}  // namespace waymark::policy
