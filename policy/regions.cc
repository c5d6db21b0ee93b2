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

// Where each of the regions above is: the city or county that AWS names it after, in degrees.
constexpr std::array<RegionList::Degrees, aws_regions.size()> aws_places{{
    {38.95, -77.45},  {39.96, -83.00},  {37.35, -121.96}, {45.84, -119.70}, {45.50, -73.57},
    {51.05, -114.07}, {20.59, -100.39}, {-23.55, -46.63}, {50.11, 8.68},    {47.37, 8.54},
    {59.33, 18.07},   {45.46, 9.19},    {41.65, -0.88},   {53.35, -6.26},   {51.51, -0.13},
    {48.86, 2.35},    {-33.92, 18.42},  {32.09, 34.78},   {24.45, 54.38},   {26.07, 50.55},
    {22.32, 114.17},  {25.03, 121.57},  {35.68, 139.69},  {37.57, 126.98},  {34.69, 135.50},
    {19.08, 72.88},   {17.39, 78.49},   {1.35, 103.82},   {-33.87, 151.21}, {-6.21, 106.85},
    {-37.81, 144.96}, {3.14, 101.69},   {-36.85, 174.76}, {13.76, 100.50},  {39.90, 116.41},
    {38.49, 106.23},  {39.96, -83.00},  {45.52, -122.68},
}};

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

std::optional<RegionList::Degrees> RegionList::place(std::uint16_t number) const noexcept {
  if (number < aws_places.size()) return aws_places[number];
  const std::size_t index = number - aws_places.size();
  return index < places_.size() ? places_[index] : std::nullopt;
}

std::uint16_t RegionList::count() const noexcept {
  return static_cast<std::uint16_t>(aws_regions.size() + own_.size());
}

}  // namespace waymark::policy
