// SPDX-License-Identifier: Apache-2.0
//
// Random groups of record sets: what is answered, told and foretold, beside a model written from
// the words of the behaviour specification.
#include <algorithm>
#include <cmath>
#include <map>

#include "dns/explain.h"
#include "dns/possible_answers.h"
#include "tests/zones/compile/policy_answers.h"
#include "zones/compile/trial.h"
#include "zones/store/proposed_store.h"

namespace waymark::zones {
namespace {

/// Random groups at t0 … t9 of one round; an alias leads to a later name, so there is no loop.
class Groups {
 public:
  explicit Groups(Random& random) : random_(random) {}

  std::vector<RecordSet> make(int round) {
    std::vector<RecordSet> all;
    for (int at = 0; at < names; ++at) {
      const std::uint32_t kind = random_.below(8);
      std::uint32_t count = kind == 0 ? 1 : 1 + random_.below(4);
      if (kind == 2 || kind == 7) count = std::min(count, 3U);
      for (std::uint32_t i = 0; i < count; ++i)
        all.push_back(member(round, at, kind, i));
    }
    return all;
  }
  static std::string owner(int round, int at) {
    return "t" + std::to_string(at) + ".r" + std::to_string(round) + ".example.com.";
  }
  static constexpr int names = 10;

 private:
  RecordSet member(int round, int at, std::uint32_t kind, std::uint32_t i) {
    const bool to_alias = at + 1 < names && kind != 4 && random_.below(2) == 0;
    const bool evaluates = random_.below(4) != 0;
    const std::string address = "10.0." + std::to_string(at) + "." + std::to_string(i + 1);
    RecordSet set = a(owner(round, at), address);
    if (to_alias) {
      const auto further = static_cast<std::uint32_t>(names - at - 1);
      set = alias(owner(round, at), owner(round, at + 1 + static_cast<int>(random_.below(further))),
                  evaluates);
    }
    if (kind == 0) return set;
    std::string check = random_.below(3) == 0 ? "" : "c" + std::to_string(1 + random_.below(6));
    if (kind == 2 && i == 0) check = "c1";
    return routed(std::move(set), std::to_string(i), routing(kind, i), check);
  }
  Routing routing(std::uint32_t kind, std::uint32_t i) {
    static const std::array<Geolocation, 4> areas{
        {{"", "US", ""}, {"", "DE", ""}, {"AS", "", ""}, {"", "*", ""}}};
    static const std::array<const char*, 3> blocks{"hq", "lab", "*"};
    static const std::array<const char*, 4> regions{"eu-west-1", "us-east-1", "ap-south-1",
                                                    "sa-east-1"};
    switch (kind) {
      case 1:
        return Weighted{static_cast<std::uint16_t>(random_.below(3))};
      case 2:
        return i == 0 ? Failover{}
                      : Failover{Failover::Role::secondary, static_cast<std::uint16_t>(i - 1)};
      case 3:
        return Latency{regions[i]};
      case 4:
        return Multivalue{};
      case 5:
        return areas[i];
      case 6:
        return Geoproximity{regions[i], 0, 0, static_cast<std::int8_t>(i * 20)};
      default:
        break;
    }
    return Cidr{"offices", blocks[i]};
  }
  Random& random_;
};

/// Behaviour §7 on record sets, written from its words: every address that may come out.
class Model {
 public:
  Model(const std::vector<RecordSet>& sets, std::string client, const Set& down)
      : sets_(sets), client_(std::move(client)), down_(down) {}

  Set allowed(const dns::Name& owner) const {
    const auto candidates = selectable(owner);
    if (candidates.empty()) return {""};  // NODATA
    std::vector<RecordSet> pool;
    for (const auto& one : candidates)
      if (healthy(one)) pool.push_back(one);
    if (pool.empty()) pool = candidates;
    Set out;
    for (const auto& one : picked(pool))
      if (one.alias)
        out.merge(allowed(one.alias->target));
      else
        out.insert(IpAddress::v4(load32(one.rdata[0].data())).to_string());
    return out;
  }

 private:
  std::vector<RecordSet> at(const dns::Name& owner) const {
    std::vector<RecordSet> found;
    for (const auto& one : sets_)
      if (one.owner == owner) found.push_back(one);
    return found;
  }
  bool healthy(const RecordSet& set) const {
    if (!set.health_check_id.empty() && down_.contains(set.health_check_id)) return false;
    if (!set.alias || !set.alias->evaluate_target_health) return true;
    const auto below = selectable(set.alias->target);
    return std::any_of(below.begin(), below.end(),
                       [this](const auto& one) { return healthy(one); });
  }
  bool holds(const char* start) const { return client_.starts_with(start); }
  int rank(const RecordSet& set) const {  // of the chain; -1: not for this client
    if (const auto* geo = std::get_if<Geolocation>(&set.routing)) {
      if (geo->country == "*") return 9;
      if (geo->country == "DE") return holds("10.1.") ? 1 : -1;
      if (geo->country == "US") return holds("10.2.") ? 1 : -1;
      return holds("10.3.") ? 2 : -1;
    }
    if (const auto* cidr = std::get_if<Cidr>(&set.routing)) {
      if (cidr->location == "*") return 9;
      if (cidr->location == "lab") return holds("10.1.7.") ? 1 : -1;
      return holds("10.1.") ? 2 : -1;
    }
    const auto* failover = std::get_if<Failover>(&set.routing);
    if (failover == nullptr) return 0;
    return failover->role == Failover::Role::primary ? 0 : 1 + failover->tier;
  }
  std::vector<RecordSet> selectable(const dns::Name& owner) const {
    auto found = at(owner);
    std::erase_if(found, [this](const auto& one) { return rank(one) < 0; });
    std::stable_sort(found.begin(), found.end(),
                     [this](auto& x, auto& y) { return rank(x) < rank(y); });
    return found;
  }
  std::vector<RecordSet> picked(std::vector<RecordSet> pool) const {
    if (pool.empty()) return pool;
    const Routing& routing = pool[0].routing;
    if (std::holds_alternative<Geolocation>(routing) || std::holds_alternative<Cidr>(routing) ||
        std::holds_alternative<Failover>(routing))
      pool.resize(1);
    const auto has_weight = [](const RecordSet& set) {
      const auto* weighted = std::get_if<Weighted>(&set.routing);
      return weighted == nullptr || weighted->weight > 0;
    };
    if (std::any_of(pool.begin(), pool.end(), has_weight))
      std::erase_if(pool, [&](const auto& one) { return !has_weight(one); });
    return pool;
  }

  const std::vector<RecordSet>& sets_;
  std::string client_;
  const Set& down_;
};

/// What is chosen had a share; the shares are those of one answer, or there was none to give.
void expect_shares_to_fit(const dns::Step& step) {
  if (step.kind != "policy") return;
  double sum = 0;
  bool any_chosen = false;
  for (const auto& candidate : step.candidates) {
    sum += candidate.share;
    any_chosen |= candidate.chosen;
    EXPECT_TRUE(!candidate.chosen || candidate.share > 0) << step.text;
    EXPECT_TRUE(candidate.healthy || candidate.share == 0 || step.failed_open) << step.text;
  }
  EXPECT_NEAR(sum, any_chosen ? 1 : 0, 1e-9) << step.text;
}

TEST_F(PolicyAnswers, AgreeWithTheModelAndWithWhatExplainTells) {
  Random random(77);
  Groups groups(random);
  int compared = 0, empty = 0;
  for (int round = 0; round < 200; ++round) {
    const auto sets = groups.make(round);
    const auto put = world.put(zone, sets);
    ASSERT_TRUE(put) << put.error().causes()[0].detail();
    compile();
    for (int state = 0; state < 3; ++state) {
      Set down;
      for (int check = 1; check <= 6; ++check)
        if (random.below(2) == 0) down.insert("c" + std::to_string(check));
      set_down(down);
      for (int at = 0; at < Groups::names; ++at) {
        const std::string owner = Groups::owner(round, at);
        const std::string& client =
            client_texts[random.below(static_cast<std::uint32_t>(client_texts.size()))];
        const std::uint64_t seed = random.next();
        const Message wire = ask(owner, client, seed);
        const Set allowed = Model(sets, client, down).allowed(name(owner));
        for (const std::string& line : wire.answer)
          ASSERT_TRUE(allowed.contains(line.substr(line.rfind(' ') + 1)))
              << "round " << round << " " << owner << " from " << client << ": " << line;
        ASSERT_TRUE(!wire.answer.empty() || allowed.contains(""))
            << "round " << round << " " << owner;

        dns::Question question;
        question.name = name(owner);
        question.client = IpAddress::parse(client).value();
        question.seed = seed;
        const auto told = dns::explain(compiling.image, table, question, {});
        const Message told_wire = Message::decode(told.response);
        ASSERT_EQ(told_wire.answer, wire.answer) << "round " << round << " " << owner;
        ASSERT_EQ(told_wire.authority, wire.authority);
        for (const dns::Step& step : told.steps)
          expect_shares_to_fit(step);
        ++compared;
        empty += wire.answer.empty();
      }
    }
  }
  EXPECT_EQ(compared, 6'000);
  EXPECT_GT(empty, 50);  // clients that no member is for
}

using Parts = std::map<std::string, double>;  // address, "" for an empty answer → part of all

/// Each address of an answer has an equal part of it.
void add_parts(const Message& wire, double share, Parts& parts) {
  if (wire.answer.empty()) parts[""] += share;
  for (const std::string& line : wire.answer)
    parts[line.substr(line.rfind(' ') + 1)] += share / static_cast<double>(wire.answer.size());
}

Parts possible(const dns::Image& image, health::HealthTable table, const std::string& owner,
               const std::string& client) {
  dns::Question question;
  question.name = name(owner);
  question.client = IpAddress::parse(client).value();
  Parts parts;
  for (const auto& one : dns::possible_answers(image, table, question, 100'000).value())
    add_parts(Message::decode(one.response), one.share, parts);
  return parts;
}

TEST_F(PolicyAnswers, ComeAsOftenAsThePossibleOnesSay) {
  Random random(78);
  Groups groups(random);
  constexpr int draws = 400;
  for (int round = 0; round < 40; ++round) {
    const auto sets = groups.make(round);
    ASSERT_TRUE(world.put(zone, sets));
    compile();
    Set down;
    for (int check = 1; check <= 6; ++check)
      if (random.below(2) == 0) down.insert("c" + std::to_string(check));
    set_down(down);
    for (int at = 0; at < Groups::names; ++at) {
      const std::string owner = Groups::owner(round, at);
      const std::string& client =
          client_texts[random.below(static_cast<std::uint32_t>(client_texts.size()))];
      const Parts wanted = possible(compiling.image, table, owner, client);
      Parts seen;
      for (int i = 0; i < draws; ++i)
        add_parts(ask(owner, client, random.next()), 1.0 / draws, seen);
      double sum = 0;
      for (const auto& [address, part] : wanted) {
        sum += part;
        ASSERT_NEAR(seen[address], part, 6 * std::sqrt(part * std::abs(1 - part) / draws) + 1e-9)
            << "round " << round << " " << owner << " from " << client << ": " << address;
      }
      ASSERT_NEAR(sum, 1, 1e-9);
      ASSERT_EQ(seen.size(), wanted.size()) << owner;
    }
  }
}

TEST_F(PolicyAnswers, AreNotWorkedOutInMoreWaysThanAllowed) {
  ASSERT_TRUE(world.put(zone, {routed(a("w.example.com.", "192.0.2.1"), "1", Weighted{1}),
                               routed(a("w.example.com.", "192.0.2.2"), "2", Weighted{2})}));
  compile();
  dns::Question question;
  question.name = name("w.example.com.");
  EXPECT_EQ(dns::possible_answers(compiling.image, table, question, 2).value().size(), 2U);
  EXPECT_EQ(dns::possible_answers(compiling.image, table, question, 1).error().code(),
            ErrorCode::too_large);
}

TEST_F(PolicyAnswers, AreInATrialWhatTheyWillBeAfterTheChange) {
  Random random(79);
  Groups groups(random);
  ManualClock clock;
  for (int round = 0; round < 40; ++round) {
    std::vector<RecordSet> sets = groups.make(round);
    ASSERT_TRUE(world.put(zone, sets));
    compile();
    ChangeBatch batch{zone, "", std::nullopt, {}};
    const std::vector<RecordSet> others = groups.make(round);
    for (const RecordSet& set : sets)  // a whole other state of the same names
      if (std::none_of(others.begin(), others.end(),
                       [&](const RecordSet& other) { return other.key() == set.key(); }))
        batch.changes.push_back({Change::Action::remove, set});
    for (const RecordSet& set : others)
      batch.changes.push_back({Change::Action::upsert, set});
    batch.changes.push_back({Change::Action::upsert, ns("sub.example.com.")});

    const std::shared_ptr<const Snapshot> state = world.store().snapshot().value();
    const auto commit = resolve(*state, batch, {clock, random, "test"});
    ASSERT_TRUE(commit) << commit.error().causes()[0].detail();
    const auto trial = compile_trial(ProposedStore(state, *commit), compiling.image, Random(1), {});
    ASSERT_TRUE(trial) << trial.error().detail();
    ASSERT_EQ(world.sets_of(zone).size(), state->zone(zone).value()->record_sets);  // nothing kept

    ASSERT_TRUE(world.commit([&](const Snapshot& now) {
      return resolve(now, batch, {clock, random, "t"});
    }));
    compile();
    Set down;
    for (int check = 1; check <= 6; ++check)
      if (random.below(2) == 0) down.insert("c" + std::to_string(check));
    set_down(down);
    ASSERT_EQ(trial->checks, compiling.checks);
    std::vector<std::atomic<std::uint64_t>> bits(1024);
    health::HealthTable there(bits);
    there.set_all();
    for (const auto& [id, slot] : trial->checks)
      there.set(slot, !down.contains(id));
    health::HealthGraph(there).define(trial->gates);
    for (int at = 0; at < Groups::names; ++at)
      for (const std::string& client : client_texts)
        ASSERT_EQ(possible(trial->image, there, Groups::owner(round, at), client),
                  possible(compiling.image, table, Groups::owner(round, at), client))
            << "round " << round << " t" << at << " from " << client;
    ASSERT_EQ(nodes_of(trial->image).size(), compiling.nodes().size());
    batch.changes = {{Change::Action::remove, ns("sub.example.com.")}};
    ASSERT_TRUE(world.commit([&](const Snapshot& now) {
      return resolve(now, batch, {clock, random, "t"});
    }));
  }
}

}  // namespace
}  // namespace waymark::zones
