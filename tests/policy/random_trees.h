// SPDX-License-Identifier: Apache-2.0
//
// Random policy trees as an operator would write them, with clients of every kind.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/policy/trees.h"

namespace waymark::policy {

/// A rule as an operator thinks of it.
struct ModelBranch {
  int target = -1;  // or
  int rule = -1;
  std::uint32_t slot = 0;
  bool evaluates = false;  // the health of the rule counts
  std::uint32_t weight = 0;
  int milliseconds = 0;  // -1: never measured
  std::string region, area;
  double latitude = 0, longitude = 0;
  int bias = 0;
  std::string location;  // of the collection, or "*"
};
struct ModelRule {
  RuleKind kind{};
  std::vector<ModelBranch> branches;
};

/// One prefix of the collection that all IP-based rules use.
struct ModelBlock {
  const char* prefix;
  const char* location;
};
inline constexpr ModelBlock blocks[] = {{"10.0.0.0/8", "wide"},     {"10.1.0.0/16", "middle"},
                                        {"10.1.2.0/24", "narrow"},  {"10.64.0.0/10", "other"},
                                        {"192.0.2.0/25", "narrow"}, {"192.0.0.0/16", "middle"}};
inline const std::vector<std::string> location_names{"wide", "middle", "narrow", "other"};

struct ModelClient {
  std::string subnet, continent, country, subdivision;
  std::optional<std::pair<double, double>> point;
};

inline BranchSpec spec_of(const ModelBranch& one) {
  const bool to_rule = one.rule >= 0;
  return {to_rule ? BranchSpec::Kind::rule : BranchSpec::Kind::target,
          static_cast<std::uint16_t>(to_rule ? one.rule : one.target), health::HealthSlot{one.slot},
          to_rule && one.evaluates};
}

inline GeoCode code_of(const std::string& area) {
  if (area == "*") return geo_everywhere;
  if (area.size() > 3) return subdivision_code(area.substr(0, 2), area.substr(3));
  return continent_code(area) != 0 ? continent_code(area) : country_code(area);
}

inline RuleSpec spec_of(const ModelRule& rule) {
  std::vector<BranchSpec> branches;
  for (const auto& one : rule.branches)
    branches.push_back(spec_of(one));
  WeightedSpec weighted{{}, branches};
  LatencySpec latency{{}, {}, branches};
  GeolocationSpec geolocation{{}, branches};
  GeoproximitySpec geoproximity{{}, branches};
  IpBasedSpec ip_based{3, {}, branches};
  for (const auto& one : rule.branches) {
    weighted.weights.push_back(one.weight);
    latency.regions.push_back(
        static_cast<std::uint16_t>(one.region.empty() ? 0 : one.region[0] - 'a'));
    latency.region_names.push_back(one.region);
    geolocation.areas.push_back(code_of(one.area));
    geoproximity.sites.push_back({Point::at(one.latitude, one.longitude), bias_factor(one.bias)});
    const auto at = std::find(location_names.begin(), location_names.end(), one.location);
    ip_based.locations.push_back(at == location_names.end()
                                     ? default_cidr_location
                                     : static_cast<std::uint32_t>(at - location_names.begin()));
  }
  switch (rule.kind) {
    case RuleKind::weighted:
      return weighted;
    case RuleKind::failover:
      return FailoverSpec{branches};
    case RuleKind::latency:
      return latency;
    case RuleKind::multivalue:
      return MultivalueSpec{branches};
    case RuleKind::geolocation:
      return geolocation;
    case RuleKind::geoproximity:
      return geoproximity;
    case RuleKind::ip_based:
      return ip_based;
  }
  return FailoverSpec{};
}

inline const std::vector<std::string> areas{"US-CA", "US-WA", "US", "DE", "FR", "EU", "NA", "*"};

/// Branches with all that any kind needs; what must differ, differs.
inline std::vector<ModelBranch> random_branches(Random& random, RuleKind kind) {
  std::size_t count = 1 + random.below(5);
  if (kind == RuleKind::multivalue) count = 1 + random.below(12);
  if (kind == RuleKind::ip_based) count = 1 + random.below(4);
  std::vector<ModelBranch> branches(count);
  const std::uint32_t turn = random.below(8);
  for (std::uint32_t i = 0; i < count; ++i) {
    ModelBranch& one = branches[i];
    one.target = static_cast<int>(i);
    one.slot = random.below(10);
    one.weight = random.below(2) == 0 ? 0 : random.below(65536);
    one.region = std::string(1, static_cast<char>('a' + (i * 5 + turn) % 6));
    one.area = areas[(i * 3 + turn) % areas.size()];
    one.latitude = static_cast<double>(random.below(17'001)) / 100 - 85;
    one.longitude = static_cast<double>(random.below(35'001)) / 100 - 175;
    one.bias = static_cast<int>(random.below(199)) - 99;
    const std::size_t place = (i + turn) % 5;
    one.location = place < 4 ? location_names[place] : "*";
  }
  return branches;
}

inline std::vector<ModelRule> random_tree(Random& random) {
  std::vector<ModelRule> rules(1 + random.below(5));
  for (auto& rule : rules) {
    rule.kind = static_cast<RuleKind>(1 + random.below(7));
    rule.branches = random_branches(random, rule.kind);
  }
  for (std::size_t child = 1; child < rules.size(); ++child) {  // somebody before leads to each
    std::vector<std::pair<std::size_t, std::size_t>> free;
    for (std::size_t i = 0; i < child; ++i)
      for (std::size_t j = 0; j < rules[i].branches.size(); ++j)
        if (rules[i].kind != RuleKind::multivalue && rules[i].branches[j].rule < 0)
          free.emplace_back(i, j);
    if (free.empty()) {
      rules.resize(child);
      break;
    }
    const auto [i, j] = free[random.below(static_cast<std::uint32_t>(free.size()))];
    rules[i].branches[j].rule = static_cast<int>(child);
    rules[i].branches[j].evaluates = random.below(4) != 0;
  }
  return rules;
}

inline const std::vector<ModelClient> clients{
    {"10.1.2.3/32", "NA", "US", "CA", std::pair(37.77, -122.42)},
    {"10.1.2.0/23", "NA", "US", "", std::pair(40.71, -74.01)},
    {"10.77.1.0/24", "EU", "DE", "", std::pair(52.52, 13.40)},
    {"192.0.2.0/24", "EU", "", "", {}},
    {"192.0.2.9/32", "AS", "JP", "", std::pair(35.68, 139.69)},
    {"203.0.113.7/32", "", "", "", {}},
};

/// The tree's tables for one client, with the milliseconds that the branches were given.
inline void set_tables(TestTree& tree, const ModelClient& client,
                       const std::vector<std::uint16_t>& milliseconds) {
  tree.client = {prefix(client.subnet.c_str())};
  tree.measure({{tree.client.subnet, milliseconds}}, 6);
  std::optional<double> latitude, longitude;
  if (client.point) latitude = client.point->first, longitude = client.point->second;
  const Location location =
      *make_location(client.continent, client.country, client.subdivision, latitude, longitude);
  if (location != Location{}) tree.locate({{tree.client.subnet, location}});
  CidrCollection collection{3, {}};
  for (const ModelBlock& block : blocks) {
    const auto at = std::find(location_names.begin(), location_names.end(), block.location);
    collection.entries.push_back(
        {prefix(block.prefix), static_cast<std::uint32_t>(at - location_names.begin())});
  }
  tree.collect({collection});
}

/// A random tree, ready to be asked, and the rules that it was made of.
struct RandomTree {
  std::vector<ModelRule> model;
  std::vector<std::uint16_t> milliseconds;
  TestTree tree;

  explicit RandomTree(Random& random) : RandomTree(random_tree(random), random) {}
  void ask_from(const ModelClient& client) { set_tables(tree, client, milliseconds); }

 private:
  RandomTree(std::vector<ModelRule> rules, Random& random)
      : model(std::move(rules)), milliseconds(measure(model, random)), tree(specs(model), 12) {}

  static std::vector<std::uint16_t> measure(std::vector<ModelRule>& rules, Random& random) {
    std::vector<std::uint16_t> milliseconds;
    for (int i = 0; i < 6; ++i)
      milliseconds.push_back(
          static_cast<std::uint16_t>(random.below(4) == 0 ? no_measurement : random.below(5) * 10));
    for (auto& rule : rules)
      for (auto& one : rule.branches) {
        const auto ms = milliseconds[static_cast<std::size_t>(one.region[0] - 'a')];
        one.milliseconds = ms == no_measurement ? -1 : ms;
      }
    return milliseconds;
  }
  static std::vector<RuleSpec> specs(const std::vector<ModelRule>& rules) {
    std::vector<RuleSpec> specs;
    for (const auto& rule : rules)
      specs.push_back(spec_of(rule));
    return specs;
  }
};

}  // namespace waymark::policy
