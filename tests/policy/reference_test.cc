// SPDX-License-Identifier: Apache-2.0
//
// The evaluator beside a slow model that is written from the words of behaviour §7 and §8 alone.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/policy/trees.h"

namespace waymark::policy {
namespace {

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
constexpr ModelBlock blocks[] = {{"10.0.0.0/8", "wide"},     {"10.1.0.0/16", "middle"},
                                 {"10.1.2.0/24", "narrow"},  {"10.64.0.0/10", "other"},
                                 {"192.0.2.0/25", "narrow"}, {"192.0.0.0/16", "middle"}};
const std::vector<std::string> location_names{"wide", "middle", "narrow", "other"};

struct ModelClient {
  std::string subnet, continent, country, subdivision;
  std::optional<std::pair<double, double>> point;
};

/// What may come out: `count` of `pool`, any of them.
struct Outcome {
  std::vector<int> pool;
  std::size_t count;
};

double haversine(double lat1, double lon1, double lat2, double lon2) {
  const double radian = std::numbers::pi / 180;
  const double a = std::pow(std::sin((lat2 - lat1) * radian / 2), 2) +
                   std::cos(lat1 * radian) * std::cos(lat2 * radian) *
                       std::pow(std::sin((lon2 - lon1) * radian / 2), 2);
  return 2 * 6371 * std::asin(std::min(1.0, std::sqrt(a)));
}

/// A prefix as a string of bits: containment is a matter of text.
std::string bits_of(const std::string& subnet) {
  const IpPrefix parsed = *IpPrefix::parse(subnet);
  std::string bits;
  for (int i = 0; i < parsed.length; ++i)
    bits += (parsed.address.octets[static_cast<std::size_t>(i / 8)] >> (7 - i % 8) & 1) != 0 ? '1'
                                                                                             : '0';
  return bits;
}

class Model {
 public:
  Model(const std::vector<ModelRule>& rules, const ModelClient& client, const TestHealth& health)
      : rules_(rules), client_(client), health_(health) {}

  std::vector<Outcome> outcomes(int rule = 0) const {  // §7.3
    const ModelRule& group = rules_[static_cast<std::size_t>(rule)];
    const auto candidates = selectable(group);
    if (candidates.empty()) return {{{}, 0}};
    std::vector<ModelBranch> pool;
    for (const auto& one : candidates)
      if (healthy(one)) pool.push_back(one);
    if (pool.empty()) pool = candidates;
    if (group.kind == RuleKind::multivalue) {
      std::vector<int> targets;
      for (const auto& one : pool)
        targets.push_back(one.target);
      return {{targets, std::min<std::size_t>(8, targets.size())}};
    }
    std::vector<Outcome> all;
    for (const auto& one : pick(group.kind, pool)) {
      if (one.rule < 0) {
        all.push_back({{one.target}, 1});
      } else {
        for (auto& deeper : outcomes(one.rule))
          all.push_back(std::move(deeper));
      }
    }
    return all;
  }

 private:
  bool healthy(const ModelBranch& branch) const {  // §7.1
    if (!health_.table.healthy(health::HealthSlot{branch.slot})) return false;
    return branch.rule < 0 || !branch.evaluates || group_healthy(branch.rule);
  }
  bool group_healthy(int rule) const {  // §7.2
    const auto candidates = selectable(rules_[static_cast<std::size_t>(rule)]);
    return std::any_of(candidates.begin(), candidates.end(),
                       [this](const auto& one) { return healthy(one); });
  }

  /// For geolocation and IP-based rules in the order of the chain.
  std::vector<ModelBranch> selectable(const ModelRule& rule) const {
    std::vector<ModelBranch> found;
    auto take = [&](auto&& matches) {
      for (const auto& one : rule.branches)
        if (matches(one)) found.push_back(one);
    };
    if (rule.kind == RuleKind::geolocation) {
      const std::string state =
          client_.subdivision.empty() ? "?" : client_.country + "-" + client_.subdivision;
      for (const std::string& area : {state, client_.country, client_.continent, std::string("*")})
        if (!area.empty()) take([&](const auto& one) { return one.area == area; });
      return found;
    }
    if (rule.kind != RuleKind::ip_based) return rule.branches;
    const std::string subnet = bits_of(client_.subnet);
    static const auto by_length = [] {
      std::vector<std::pair<std::string, const char*>> longest_first;
      for (const ModelBlock& block : blocks)
        longest_first.emplace_back(bits_of(block.prefix), block.location);
      std::stable_sort(
          longest_first.begin(), longest_first.end(),
          [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
      return longest_first;
    }();
    for (const auto& [bits, location] : by_length)
      if (subnet.starts_with(bits)) take([&](const auto& one) { return one.location == location; });
    take([](const auto& one) { return one.location == "*"; });
    return found;
  }

  std::vector<ModelBranch> pick(RuleKind kind, const std::vector<ModelBranch>& pool) const {
    std::vector<ModelBranch> picked;
    if (kind == RuleKind::weighted) {
      for (const auto& one : pool)
        if (one.weight > 0) picked.push_back(one);
      return picked.empty() ? pool : picked;
    }
    const auto by = [&](auto&& rank) {
      return std::vector{
          *std::min_element(pool.begin(), pool.end(),
                            [&](const auto& a, const auto& b) { return rank(a) < rank(b); })};
    };
    if (kind == RuleKind::latency)
      return by([](const auto& one) {
        return std::pair(one.milliseconds < 0 ? 1 << 20 : one.milliseconds, one.region);
      });
    if (kind == RuleKind::geoproximity)
      return by([this](const auto& one) {
        const auto [lat, lon] = client_.point.value_or(std::pair(0.0, 0.0));
        const double distance = haversine(lat, lon, one.latitude, one.longitude);
        return one.bias >= 0 ? distance * (1 - one.bias / 100.0)
                             : distance / (1 + one.bias / 100.0);
      });
    return {pool.front()};  // failover, geolocation, IP-based: in order
  }

  const std::vector<ModelRule>& rules_;
  const ModelClient& client_;
  const TestHealth& health_;
};

BranchSpec spec_of(const ModelBranch& one) {
  const bool to_rule = one.rule >= 0;
  return {to_rule ? BranchSpec::Kind::rule : BranchSpec::Kind::target,
          static_cast<std::uint16_t>(to_rule ? one.rule : one.target), health::HealthSlot{one.slot},
          to_rule && one.evaluates};
}

GeoCode code_of(const std::string& area) {
  if (area == "*") return geo_everywhere;
  if (area.size() > 3) return subdivision_code(area.substr(0, 2), area.substr(3));
  return continent_code(area) != 0 ? continent_code(area) : country_code(area);
}

RuleSpec spec_of(const ModelRule& rule) {
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

const std::vector<std::string> areas{"US-CA", "US-WA", "US", "DE", "FR", "EU", "NA", "*"};

/// Branches with all that any kind needs; what must differ, differs.
std::vector<ModelBranch> random_branches(Random& random, RuleKind kind) {
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

std::vector<ModelRule> random_tree(Random& random) {
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

const std::vector<ModelClient> clients{
    {"10.1.2.3/32", "NA", "US", "CA", std::pair(37.77, -122.42)},
    {"10.1.2.0/23", "NA", "US", "", std::pair(40.71, -74.01)},
    {"10.77.1.0/24", "EU", "DE", "", std::pair(52.52, 13.40)},
    {"192.0.2.0/24", "EU", "", "", {}},
    {"192.0.2.9/32", "AS", "JP", "", std::pair(35.68, 139.69)},
    {"203.0.113.7/32", "", "", "", {}},
};

/// The tree's tables for one client, with the milliseconds that the branches were given.
void set_tables(TestTree& tree, const ModelClient& client,
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

bool is_one_of(const Selection& selection, const std::vector<Outcome>& outcomes) {
  return std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& outcome) {
    if (selection.count != outcome.count) return false;
    std::multiset<int> left(outcome.pool.begin(), outcome.pool.end());
    for (std::size_t i = 0; i < selection.count; ++i) {
      const auto found = left.find(selection.targets[i]);
      if (found == left.end()) return false;
      left.erase(found);
    }
    return true;
  });
}

TEST(PolicyTree, AgreesWithTheModelForAnyTreeClientAndHealth) {
  Random random(20241124);
  std::size_t several = 0, none = 0, deep = 0;
  for (int round = 0; round < 25'000; ++round) {
    auto model = random_tree(random);
    std::vector<std::uint16_t> milliseconds;
    for (int i = 0; i < 6; ++i)
      milliseconds.push_back(
          static_cast<std::uint16_t>(random.below(4) == 0 ? no_measurement : random.below(5) * 10));
    for (auto& rule : model)
      for (auto& one : rule.branches) {
        const auto ms = milliseconds[static_cast<std::size_t>(one.region[0] - 'a')];
        one.milliseconds = ms == no_measurement ? -1 : ms;
      }
    std::vector<RuleSpec> specs;
    for (const auto& rule : model)
      specs.push_back(spec_of(rule));
    TestTree tree(specs, 12);
    const ModelClient& client = clients[random.below(static_cast<std::uint32_t>(clients.size()))];
    set_tables(tree, client, milliseconds);
    for (int state = 0; state < 4; ++state) {
      const std::uint32_t odds = 1 + random.below(4);
      for (std::uint32_t slot = 1; slot < 10; ++slot)
        tree.health.set(slot, random.below(odds + 1) == 0);
      const auto outcomes = Model(model, client, tree.health).outcomes();
      const Selection selection = tree.select();
      ASSERT_TRUE(is_one_of(selection, outcomes)) << "round " << round << " state " << state;
      several += selection.count > 1;
      none += selection.count == 0;
      deep += model.size() > 2;
    }
  }
  // Or the trees were no test of these.
  EXPECT_GT(several, 5'000U);
  EXPECT_GT(none, 1'000U);
  EXPECT_GT(deep, 40'000U);
}

}  // namespace
}  // namespace waymark::policy
