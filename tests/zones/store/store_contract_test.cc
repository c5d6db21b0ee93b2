// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <latch>

#include "tests/zones/store/world.h"
#include "zones/author.h"

namespace waymark::zones {

/// What every Store must do. A new store adds its factory at the end of this file.
using Factory = std::function<Result<std::unique_ptr<Store>>(const std::string& directory)>;

class StoreContract : public testing::TestWithParam<std::pair<const char*, Factory>> {
 protected:
  void SetUp() override { open(); }
  void open() {
    store_.reset();
    auto opened = GetParam().second(folder_.path());
    ASSERT_TRUE(opened) << opened.error().detail();
    store_ = *std::move(opened);
  }
  Result<Committed> commit(Commit commit) { return run(store_->commit(always(std::move(commit)))); }
  HostedZone zone() { return **(*store_->snapshot())->zone(example); }

  TemporaryFolder folder_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, KeepsWhatItAcknowledgedWhenReopened) {
  auto weighted = a_record("www.example.com.");
  weighted.set_id = "blue";
  weighted.routing = Weighted{200};
  weighted.health_check_id = "H1";
  auto failover = a_record("www.example.com.", 9);
  failover.set_id = "green";
  failover.routing = Failover{Failover::Role::secondary};
  auto latency = a_record("lat.example.com.");
  latency.set_id = "eu";
  latency.routing = Latency{"eu-west-1"};
  RecordSet alias;
  alias.owner = name("example.com.");
  alias.type = dns::RrType::A;
  alias.alias = Alias{name("www.example.com."), true};
  RecordSet external = alias;
  external.owner = name("out.example.com.");
  external.alias = Alias{name("lb.example.net."), true, true};
  auto text = a_record("txt.example.com.");
  text.type = dns::RrType::TXT;
  text.rdata = {Bytes(300, 1), Bytes{}, Bytes{0}};
  text.traffic_policy_instance = "a simple set of one";
  std::vector<RecordSet> sets = {alias, latency, external, text, weighted, failover};
  for (const Routing& routing :
       {Routing(Multivalue{}), Routing(Geolocation{"", "US", "CA"}),
        Routing(Geoproximity{"", -33.87, 151.21, -9}), Routing(Cidr{"7a", "office"}),
        Routing(Failover{Failover::Role::secondary, 4})}) {
    auto later = a_record("www.example.com.");
    later.set_id = "later " + std::to_string(100 + sets.size());
    later.routing = routing;
    if (sets.size() % 2 == 0) later.traffic_policy_instance = "a routed set of one";
    sets.push_back(later);
  }

  auto made = commit(creation(sets));
  ASSERT_TRUE(made) << made.error().detail();
  open();

  EXPECT_EQ(content(*store_), sets);
  EXPECT_EQ(store_->applied(), made->revision);
  EXPECT_EQ(zone().name, name("example.com."));
  EXPECT_EQ(zone().comment, "first");
  EXPECT_EQ(zone().version, 1U);
  EXPECT_EQ(zone().record_sets, 11U);
}

TEST_P(StoreContract, AppliesAllOfACommitOrNothing) {
  ASSERT_TRUE(commit(creation({a_record("a.example.com.")})));
  auto half = addition(1, a_record("b.example.com."));
  half.effects.added.push_back(a_record("a.example.com."));  // is there already

  auto refused = commit(half);

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
  EXPECT_EQ(content(*store_).size(), 1U);
  EXPECT_EQ(zone().version, 1U);
}

TEST_P(StoreContract, RefusesACommitMadeForAnotherVersion) {
  ASSERT_TRUE(commit(creation()));

  auto refused = commit(addition(0, a_record("a.example.com.")));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
}

TEST_P(StoreContract, RefusesAnObjectThatChangedMeanwhile) {
  const ObjectKey key{ObjectKind::health_check, "H1"};
  Commit commit_one;
  commit_one.id = ChangeId{"C1"};
  commit_one.scope = key;
  commit_one.version = 1;
  commit_one.effects.objects = {{key, std::nullopt, "{}"}};
  ASSERT_TRUE(commit(commit_one));
  commit_one.id = ChangeId{"C2"};

  EXPECT_EQ(commit(commit_one).error().code(), ErrorCode::conflict);
  EXPECT_EQ(**(*store_->snapshot())->object(key), "{}");
}

TEST_P(StoreContract, TellsTheReasonOfADecisionThatFailed) {
  auto refused = run(store_->commit([](const Snapshot&) -> Result<Commit> {
    return Error(ErrorCode::zone_exists, "there already");
  }));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail(), "there already");
}

TEST_P(StoreContract, ApplyingACommitTwiceIsApplyingItOnce) {
  ASSERT_TRUE(commit(creation()));
  const auto add = addition(1, a_record("a.example.com."));

  auto first = commit(add);
  auto second = commit(add);

  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->revision, second->revision);
  EXPECT_EQ(second->commit, add);
  EXPECT_EQ(zone().version, 2U);
  EXPECT_EQ(store_->applied(), first->revision);
}

TEST_P(StoreContract, WaitingCommitsShareOneTransaction) {
  ASSERT_TRUE(commit(creation()));
  std::latch queued(1);
  std::atomic<std::uint64_t> seen_by_first{0};
  store_->on_commit([&](Revision told, Origin) {
    if (told.number == 3) seen_by_first = (*store_->snapshot())->revision().number;
  });
  asio::io_context context;
  std::atomic<int> done{0};
  const auto add = [&](std::uint64_t base) -> Awaitable<void> {
    auto answer = co_await store_->commit([&, base](const Snapshot& state) -> Result<Commit> {
      if (base == 1) queued.wait();  // the first holds the writer until the others stand in line
      EXPECT_EQ((**state.zone(example)).version, base);  // sees those before it in the group
      return addition(base, a_record("n" + std::to_string(base) + ".example.com."));
    });
    EXPECT_TRUE(answer);
    ++done;
  };
  for (std::uint64_t base = 1; base <= 5; ++base)
    spawn(context, add(base));
  context.poll();
  queued.count_down();
  context.run();

  EXPECT_EQ(done, 5);
  // When the group's first commit (or the third of all) is told, the last one stands already.
  EXPECT_EQ(seen_by_first, 6U);
}

TEST_P(StoreContract, OneRefusedCommitDoesNotHarmItsGroup) {
  ASSERT_TRUE(commit(creation()));
  asio::io_context context;
  std::vector<bool> answers(3);
  const auto put = [&](std::size_t at, Commit what) -> Awaitable<void> {
    answers[at] = (co_await store_->commit(always(std::move(what)))).has_value();
  };
  spawn(context, put(0, addition(1, a_record("a.example.com."))));
  spawn(context, put(1, addition(1, a_record("late.example.com."))));
  spawn(context, put(2, addition(2, a_record("b.example.com."))));
  context.run();

  EXPECT_EQ(answers, (std::vector<bool>{true, false, true}));
  EXPECT_EQ(content(*store_).size(), 2U);
}

TEST_P(StoreContract, KnowsForADayWhichRequestMadeACommit) {
  auto made = creation();
  made.submitted = TimePoint(std::chrono::hours(1000));
  made.author = to_text({"T1", "rest", "192.0.2.1", "request", "content"});
  ASSERT_TRUE(commit(made));
  open();
  const auto known = [&](const std::string& name, std::chrono::hours since) {
    auto found = (*store_->snapshot())->done_request(name, TimePoint(since));
    return found && *found ? std::optional((*found)->content) : std::nullopt;
  };
  EXPECT_EQ(known("request", std::chrono::hours(999)), "content");
  EXPECT_EQ(known("request", std::chrono::hours(1000)), std::nullopt);
  EXPECT_EQ(known("another", std::chrono::hours(999)), std::nullopt);

  auto later = addition(1, a_record("www.example.com."));
  later.submitted = TimePoint(std::chrono::hours(1024));
  later.author = to_text({"T1", "rest", "", "another", "thing"});
  ASSERT_TRUE(commit(later));
  EXPECT_EQ(known("request", std::chrono::hours(0)), std::nullopt);
  EXPECT_EQ(known("another", std::chrono::hours(0)), "thing");
}

/// Adds a record to the example zone, whatever its version, for that request.
Decide for_request(std::string request, std::uint64_t n) {
  return [author = to_text({"T1", "rest", "192.0.2.1", std::move(request), std::to_string(n)}),
          n](const Snapshot& state) -> Result<Commit> {
    auto add = addition((**state.zone(example)).version,
                        a_record("n" + std::to_string(n) + ".example.com."));
    add.author = author;
    return add;
  };
}

TEST_P(StoreContract, Api11RefusesASecondChangeOfARequestThatHasMadeOne) {
  ASSERT_TRUE(commit(creation()));
  ASSERT_TRUE(run(store_->commit(for_request("request", 1))));

  const auto refused = run(store_->commit(for_request("request", 2)));

  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::conflict);
  EXPECT_NE(refused.error().detail().find("Idempotency-Key"), std::string::npos);
  EXPECT_EQ(content(*store_).size(), 1U);
  EXPECT_EQ(zone().version, 2U);
  EXPECT_TRUE(run(store_->commit(for_request("another", 3))));
}

TEST_P(StoreContract, Api11AThousandRepetitionsAtOnceMakeOneChange) {
  ASSERT_TRUE(commit(creation()));
  asio::io_context context;
  int made = 0, conflicts = 0;
  const auto repeat = [&](std::uint64_t n) -> Awaitable<void> {
    Decide decide = for_request("request", n);
    const auto answer = co_await store_->commit(std::move(decide));
    made += answer ? 1 : 0;
    conflicts += !answer && answer.error().code() == ErrorCode::conflict ? 1 : 0;
  };
  for (std::uint64_t n = 0; n < 1000; ++n)
    spawn(context, repeat(n));
  context.run();

  EXPECT_EQ(made, 1);
  EXPECT_EQ(conflicts, 999);
  EXPECT_EQ(content(*store_).size(), 1U);
  EXPECT_EQ(zone().version, 2U);
}

TEST_P(StoreContract, GivesHistoryNewestFirstAndTheLogOldestFirst) {
  auto made = commit(creation());
  ASSERT_TRUE(made);
  for (std::uint64_t base = 1; base <= 3; ++base) {
    ASSERT_TRUE(commit(addition(base, a_record("n" + std::to_string(base) + ".example.com."))));
  }
  const auto state = *store_->snapshot();

  const auto history = *state->history(example, std::nullopt, 2);
  ASSERT_EQ(history.size(), 2U);
  EXPECT_EQ(history[0].commit.version, 4U);
  EXPECT_EQ(history[1].commit.version, 3U);
  EXPECT_EQ((*state->history(example, 3, 10)).front().commit.version, 2U);
  const auto since = *state->commits_since(made->revision, 2);
  ASSERT_EQ(since.size(), 2U);
  EXPECT_EQ(since[0].commit.version, 2U);
  EXPECT_EQ(since[1].commit.version, 3U);
  EXPECT_EQ((*state->commits_since({}, 100)).size(), 4U);
  EXPECT_TRUE((*state->commits_since(state->revision(), 100)).empty());
  EXPECT_EQ((**state->commit(ChangeId{"C-create"})).revision, made->revision);
}

TEST_P(StoreContract, ASnapshotStandsStillWhileCommitsGoOn) {
  ASSERT_TRUE(commit(creation({a_record("a.example.com.")})));
  const auto before = *store_->snapshot();

  ASSERT_TRUE(commit(addition(1, a_record("b.example.com."))));

  EXPECT_EQ(content(*before).size(), 1U);
  EXPECT_EQ(content(*store_).size(), 2U);
  EXPECT_LT(before->revision(), store_->applied());
}

TEST_P(StoreContract, FindsNamesByTheirPlaceInTheTree) {
  const auto sets = std::vector{a_record("example.com."), a_record("a.example.com."),
                                a_record("x.a.example.com."), a_record("ab.example.com."),
                                a_record("b.example.com.")};
  ASSERT_TRUE(commit(creation(sets)));
  const auto state = *store_->snapshot();
  const auto here = zone();
  const auto walk = [&](std::optional<RecordKey> after, std::optional<dns::Name> under) {
    std::string seen;
    EXPECT_TRUE(state->for_each(here, after, under, [&](RecordSet&& set) {
      seen += set.owner.to_string() + " ";
      return true;
    }));
    return seen;
  };

  // RFC 4034 §6.1
  EXPECT_EQ(walk({}, {}),
            "example.com. a.example.com. x.a.example.com. ab.example.com. b.example.com. ");
  EXPECT_EQ(walk({}, name("a.example.com.")), "a.example.com. x.a.example.com. ");
  EXPECT_EQ(walk(sets[1].key(), name("a.example.com.")), "x.a.example.com. ");
  EXPECT_EQ(walk(sets[3].key(), {}), "b.example.com. ");
  EXPECT_EQ(walk(sets[3].key(), name("a.example.com.")), "");
  EXPECT_TRUE(*state->has_names_below(here, name("a.example.com.")));
  EXPECT_FALSE(*state->has_names_below(here, name("ab.example.com.")));
  EXPECT_TRUE(*state->has_names_below(here, name("com.")));
  EXPECT_EQ((**state->zone_above(name("q.x.a.example.com."))).id, example);
  EXPECT_FALSE((*state->zone_above(name("example.org."))).has_value());
}

TEST_P(StoreContract, FindsAliasesAndUsersOfAHealthCheck) {
  RecordSet alias;
  alias.owner = name("alias.example.com.");
  alias.type = dns::RrType::A;
  alias.alias = Alias{name("www.example.com."), false};
  auto checked = a_record("www.example.com.");
  checked.health_check_id = "H1";
  ASSERT_TRUE(commit(creation({alias, checked})));
  const auto state = *store_->snapshot();

  EXPECT_EQ(*state->aliases_to(zone(), name("www.example.com.")), std::vector{alias});
  const auto users = *state->users_of("H1");
  ASSERT_EQ(users.size(), 1U);
  EXPECT_EQ(users[0], std::pair(example, checked.key()));
  EXPECT_TRUE((*state->users_of("H2")).empty());
}

TEST_P(StoreContract, FindsExternalAliasesByTarget) {
  RecordSet alias;
  alias.owner = name("b.example.com.");
  alias.type = dns::RrType::A;
  alias.alias = Alias{name("z.example.net."), false, true};
  RecordSet other = alias;
  other.owner = name("a.example.com.");
  other.alias = Alias{name("y.example.net."), true, true};
  RecordSet plain = alias;
  plain.owner = name("c.example.com.");
  plain.alias = Alias{name("a.example.com."), true};
  ASSERT_TRUE(commit(creation({alias, other, plain})));

  const std::vector<ExternalAlias> wanted{
      {{name("y.example.net."), dns::RrType::A}, name("a.example.com."), true, 0, example.text},
      {{name("z.example.net."), dns::RrType::A}, name("b.example.com."), false, 0, example.text}};
  const auto state = *store_->snapshot();
  EXPECT_EQ(*state->external_aliases(std::nullopt), wanted);
  EXPECT_EQ(*state->external_aliases(wanted[1].target), std::vector{wanted[1]});
  EXPECT_TRUE(*state->has_external_target(wanted[0].target));
  EXPECT_FALSE(*state->has_external_target({name("y.example.net."), dns::RrType::AAAA}));
  EXPECT_EQ(*state->external_targets(10), 2U);
  EXPECT_EQ(*state->external_targets(1), 1U);
}

TEST_P(StoreContract, ReplacesAWholeZoneAtOnce) {
  ASSERT_TRUE(commit(creation({a_record("old.example.com.")})));
  std::vector<RecordSet> many;
  for (int i = 0; i < 120'000; ++i) {  // more than two slices
    many.push_back(a_record("n" + std::to_string(i) + ".example.com."));
  }
  const auto before = *store_->snapshot();
  bool seen_whole = false;

  auto answer = run(store_->replace(example, source_of(many), [&](const Snapshot& state) {
    seen_whole = content(state).size() == 1;  // not before the flip
    return Result<Commit>(replacement(1, many.size()));
  }));

  ASSERT_TRUE(answer) << answer.error().detail();
  EXPECT_TRUE(seen_whole);
  EXPECT_EQ(zone().record_sets, many.size());
  EXPECT_EQ(content(*store_).size(), many.size());
  EXPECT_EQ(content(*before).size(), 1U);
  ASSERT_TRUE(commit(addition(2, a_record("more.example.com."))));
}

TEST_P(StoreContract, AReplacementThatFailsChangesNothing) {
  ASSERT_TRUE(commit(creation({a_record("old.example.com.")})));
  const auto twice = std::vector{a_record("a.example.com."), a_record("a.example.com.", 2)};
  int given = 0;
  const RecordSource ends_badly = [&]() -> Result<std::optional<RecordSet>> {
    if (given++ == 0) return std::optional(a_record("a.example.com."));
    return Error(ErrorCode::timed_out, "the primary went away");
  };

  auto doubled = run(store_->replace(example, source_of(twice), always(replacement(1, 2))));
  auto broken = run(store_->replace(example, ends_badly, always(replacement(1, 2))));
  auto stale = run(store_->replace(example, source_of({}), always(replacement(0, 0))));

  EXPECT_EQ(doubled.error().code(), ErrorCode::conflict);
  EXPECT_EQ(broken.error().detail(), "the primary went away");
  EXPECT_EQ(stale.error().code(), ErrorCode::conflict);
  EXPECT_EQ(content(*store_), std::vector{a_record("old.example.com.")});
}

TEST_P(StoreContract, ADeletedZoneKeepsItsVersionAndFreesItsName) {
  ASSERT_TRUE(commit(creation({a_record("a.example.com.")})));
  const auto number = zone().number;
  auto deletion = change_of(example, 1, "C-delete");
  deletion.effects.objects = {{{ObjectKind::zone, example.text}, "before", std::nullopt}};
  ASSERT_TRUE(commit(deletion));

  const auto gone = *store_->snapshot();
  EXPECT_FALSE((*gone->zone(example)).has_value());
  EXPECT_FALSE((*gone->zone_named(name("example.com."))).has_value());
  EXPECT_EQ((*gone->history(example, {}, 1)).front().commit.version, 2U);
  auto again = creation();
  again.id = ChangeId{"C-again"};
  EXPECT_EQ(commit(again).error().code(), ErrorCode::conflict);  // the id is never used again
  const ZoneId second{"Z00000000000000000E2"};
  again.scope = second;
  again.effects.objects[0].key.id = second.text;
  ASSERT_TRUE(commit(again));
  EXPECT_GT((**(*store_->snapshot())->zone(second)).number, number);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(std::pair<const char*, Factory>(
        "Sqlite", [](const std::string& directory) { return SqliteStore::open(directory, true); })),
    [](const auto& store) { return store.param.first; });

}  // namespace waymark::zones
