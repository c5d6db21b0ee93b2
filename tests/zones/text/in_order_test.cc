// SPDX-License-Identifier: Apache-2.0
#include "zones/in_order.h"

#include <gtest/gtest.h>

#include "tests/fakes/memory_snapshot.h"
#include "zones/records/rdata.h"
#include "zones/validate.h"

namespace waymark::zones {
namespace {

using dns::Name;
using dns::RrType;
using Action = Change::Action;

RecordSet set_of(std::string_view owner, RrType type, std::string_view value) {
  RecordSet set;
  set.owner = *Name::parse(owner, *Name::parse("example.com"));
  set.type = type;
  set.ttl = 60;
  set.rdata = {*parse_rdata(type, value, *Name::parse("example.com"))};
  return set;
}

class InOrder : public testing::Test {
 protected:
  InOrder() {
    state_.hosted.id = {"Z1"};
    state_.hosted.name = *Name::parse("example.com");
    state_.put(set_of("@", RrType::SOA, "ns1 hostmaster 41 7200 900 1209600 86400"));
    state_.put(set_of("@", RrType::NS, "ns1"));
    state_.put(address_);
  }
  /// "code pointer" of every fault.
  std::vector<std::string> faults(std::vector<Change> changes, bool in_order = true) {
    const ChangeBatch batch{{"Z1"}, "", std::nullopt, std::move(changes), "", {}, {}, in_order};
    const auto commit = resolve(state_, batch, {clock_, random_, "test"});
    if (commit) return {};
    const Error error = commit.error();
    std::vector<std::string> told;
    for (const Error& one : error.causes().empty() ? std::vector{error} : error.causes())
      told.push_back(std::string(to_string(one.code())) + " " + one.pointer());
    return told;
  }

  ManualClock clock_;
  Random random_{1};
  fakes::MemorySnapshot state_;
  const RecordSet address_ = set_of("www", RrType::A, "192.0.2.1");
  const RecordSet cname_ = set_of("www", RrType::CNAME, "other");
};

using Faults = std::vector<std::string>;

TEST_F(InOrder, ACnameTakesThePlaceOfWhatWasDeletedBeforeIt) {
  EXPECT_EQ(faults({{Action::remove, address_}, {Action::create, cname_}}), Faults{});
}

TEST_F(InOrder, ACnameIsRefusedBesideWhatIsDeletedAfterIt) {
  const std::vector<Change> changes{{Action::create, cname_}, {Action::remove, address_}};
  EXPECT_EQ(faults(changes), Faults{"cname_conflict /changes/0/record/type"});
  EXPECT_EQ(faults(changes, false), Faults{});
}

TEST_F(InOrder, AKeyIsReplacedByADeleteThenACreate) {
  const RecordSet other = set_of("www", RrType::A, "192.0.2.2");
  EXPECT_EQ(faults({{Action::remove, address_}, {Action::create, other}}), Faults{});
  EXPECT_EQ(faults({{Action::create, other}, {Action::remove, address_}}),
            Faults{"record_exists /changes/0/record/name"});
}

TEST_F(InOrder, TellsAFaultOfBothJudgementsOnce) {
  EXPECT_EQ(faults({{Action::create, address_}}), Faults{"record_exists /changes/0/record/name"});
  EXPECT_EQ(
      faults({{Action::remove, set_of("a", RrType::A, "192.0.2.1")}, {Action::create, cname_}}),
      (Faults{"record_not_found /changes/0/record/name", "cname_conflict /changes/1/record/type"}));
}

}  // namespace
}  // namespace waymark::zones
