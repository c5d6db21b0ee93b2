// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/differential/rules.h"

#include <algorithm>
#include <array>

namespace waymark::differential {
namespace {

using dns::Name;
using dns::Rcode;
using dns::RrType;

bool same_head(const Reply& a, const Reply& b) {
  return a.rcode == b.rcode && a.authoritative == b.authoritative && a.truncated == b.truncated;
}

bool contains(const std::vector<Record>& whole, const std::vector<Record>& part) {
  return std::includes(whole.begin(), whole.end(), part.begin(), part.end());
}

const Name* zone_of(const Name& name, std::span<const Name> zones) {
  const Name* deepest = nullptr;
  for (const Name& zone : zones)
    if (name.is_under(zone) && (deepest == nullptr || zone.is_under(*deepest))) deepest = &zone;
  return deepest;
}

std::size_t links(const Reply& reply) {
  return static_cast<std::size_t>(
      std::count_if(reply.answer().begin(), reply.answer().end(),
                    [](const Record& record) { return record.type == RrType::CNAME; }));
}

bool any_is_small(const Question& question, const Reply& mine, const Reply& theirs,
                  std::span<const Name> /*zones*/) {
  return question.type == RrType::ANY && same_head(mine, theirs) && !mine.answer().empty() &&
         !theirs.answer().empty();
}

/// The name that the CNAMEs of an answer lead to.
struct ChainEnd {
  Name name, owner;  // and the owner of the last link
};
ChainEnd end_of_chain(const Question& question, const Reply& reply) {
  ChainEnd end{question.name, question.name};
  for (std::size_t i = links(reply); i > 0; --i) {
    const auto link =
        std::find_if(reply.answer().begin(), reply.answer().end(), [&](const Record& record) {
          return record.type == RrType::CNAME && record.owner == end.name;
        });
    if (link == reply.answer().end()) break;
    end = {name_in(*link), end.name};
  }
  return end;
}

/// They end a chain without saying what stands at its end; here it goes on.
bool goes_on(const Reply& mine, const Reply& theirs) {
  return theirs.rcode == Rcode::NOERROR && links(theirs) > 0 &&
         contains(mine.answer(), theirs.answer());
}

bool crosses_zones(const Question& question, const Reply& mine, const Reply& theirs,
                   std::span<const Name> zones) {
  if (!goes_on(mine, theirs)) return false;
  const ChainEnd end = end_of_chain(question, theirs);
  const Name* there = zone_of(end.name, zones);
  if (there == nullptr || there == zone_of(end.owner, zones)) return false;
  // Nothing, or a referral towards the zone that stands here too.
  return theirs.authority().empty() || (theirs.authority().front().type == RrType::NS &&
                                        there->is_under(theirs.authority().front().owner));
}

bool ends_sooner(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                 std::span<const Name> /*zones*/) {
  constexpr std::size_t fewest = 5;
  return goes_on(mine, theirs) && theirs.authority().empty() && links(theirs) >= fewest;
}

bool is_minimal(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                std::span<const Name> /*zones*/) {
  return same_head(mine, theirs) && !mine.answer().empty() && mine.answer() == theirs.answer() &&
         mine.authority() == theirs.authority() && theirs.additional().empty();
}

bool asks_for_dnssec_beside_cname(const Question& question, const Reply& mine, const Reply& theirs,
                                  std::span<const Name> /*zones*/) {
  return (question.type == RrType::RRSIG || question.type == RrType::NSEC) &&
         (mine.rcode == Rcode::SERVFAIL || !mine.answer().empty()) &&
         (contains(mine.answer(), theirs.answer()) || theirs.answer().empty());
}

/// As a resolver reads it, an owner that the DNAME does not have.
bool renames_a_wildcard_dname(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                              std::span<const Name> /*zones*/) {
  Reply renamed = mine;
  bool found = false;
  for (Record& record : renamed.sections[0]) {
    if (record.type != RrType::DNAME || !record.owner.is_wildcard()) continue;
    for (const Record& other : theirs.answer())
      if (other.type == RrType::DNAME && other.rdata == record.rdata &&
          other.owner.is_under(record.owner))
        record.owner = other.owner, found = true;
  }
  std::sort(renamed.sections[0].begin(), renamed.sections[0].end());
  return found && contains(renamed.answer(), theirs.answer());
}

bool is_too_long(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                 std::span<const Name> /*zones*/) {
  constexpr std::size_t max_links = 16, fewest = 5;  // Knot's limit is 5
  return mine.rcode == Rcode::SERVFAIL && mine.answer().empty() &&
         (links(theirs) > max_links || (links(theirs) == fewest && theirs.authority().empty()));
}

/// Knot goes on with part of the new name.
bool overflows(const Question& /*question*/, const Reply& mine, const Reply& theirs,
               std::span<const Name> /*zones*/) {
  return mine.rcode == Rcode::YXDOMAIN && !theirs.answer().empty() &&
         (contains(mine.answer(), theirs.answer()) || contains(theirs.answer(), mine.answer()));
}

/// A wildcard CNAME to itself, written twice by Knot.
bool says_it_twice(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                   std::span<const Name> /*zones*/) {
  Reply once = theirs;
  for (auto& section : once.sections)
    section.erase(std::unique(section.begin(), section.end()), section.end());
  return mine == once;
}

constexpr std::array<Rule, 9> all{{
    {"ANY gets one small RRset", "RFC 8482 §4.2", false, any_is_small},
    {"a chain of more than 16 links is given up", "RFC 1034 §3.6.2", false, is_too_long},
    {"addresses beside an answer are a courtesy", "RFC 1034 §4.3.2 step 6", false, is_minimal},
    {"a chain goes on in another zone of this server", "RFC 1034 §4.3.2 step 3a", true,
     crosses_zones},
    {"a chain is followed up to 16 links", "RFC 1034 §3.6.2", true, ends_sooner},
    {"an unsigned CNAME is followed for RRSIG and NSEC too", "RFC 1034 §4.3.2 step 3a", true,
     asks_for_dnssec_beside_cname},
    {"a DNAME at a wildcard has its own name, not the question's", "RFC 6672 §3.3", true,
     renames_a_wildcard_dname},
    {"a name that a DNAME makes too long is YXDOMAIN", "RFC 6672 §2.2", true, overflows},
    {"a record stands in an answer once", "RFC 2181 §5", true, says_it_twice},
}};
static_assert(all.size() <= 10);

}  // namespace

std::span<const Rule> rules() {
  return all;
}

}  // namespace waymark::differential
