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

bool is_too_long(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                 std::span<const Name> /*zones*/) {
  constexpr std::size_t max_links = 16, fewest = 5;  // Knot's limit is 5
  return mine.rcode == Rcode::SERVFAIL && mine.answer().empty() &&
         (links(theirs) > max_links || (links(theirs) == fewest && theirs.authority().empty()));
}

/// Their answer, with the DNAME of each wildcard under its own name: Knot gives it the question's,
/// as if the wildcard had been asked for.
std::vector<Record> with_real_dname_owners(const Reply& mine, const Reply& theirs) {
  std::vector<Record> answer = theirs.answer();
  for (Record& record : answer)
    for (const Record& real : mine.answer())
      if (record.type == RrType::DNAME && real.type == RrType::DNAME &&
          record.rdata == real.rdata && real.owner.is_wildcard() &&
          record.owner.is_under(real.owner))
        record.owner = real.owner;
  std::sort(answer.begin(), answer.end());
  answer.erase(std::unique(answer.begin(), answer.end()), answer.end());
  return answer;
}

bool renames_a_wildcard_dname(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                              std::span<const Name> /*zones*/) {
  const std::vector<Record> real = with_real_dname_owners(mine, theirs);
  return real != theirs.answer() && contains(mine.answer(), real);
}

/// Knot goes on with part of the new name.
bool overflows(const Question& /*question*/, const Reply& mine, const Reply& theirs,
               std::span<const Name> /*zones*/) {
  const std::vector<Record> real = with_real_dname_owners(mine, theirs);
  return mine.rcode == Rcode::YXDOMAIN && !real.empty() &&
         (contains(mine.answer(), real) || contains(real, mine.answer()));
}

/// A CNAME to itself, which others write twice.
bool says_it_twice(const Question& /*question*/, const Reply& mine, const Reply& theirs,
                   std::span<const Name> /*zones*/) {
  Reply once = theirs;
  for (auto& section : once.sections)
    section.erase(std::unique(section.begin(), section.end()), section.end());
  return mine == once;
}

constexpr std::array<Rule, 9> all{{
    {"ANY gets one small RRset", "RFC 8482 §4.2", false, any_is_small},
    {"a record stands in an answer once", "RFC 2181 §5", false, says_it_twice},
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
}};
static_assert(all.size() <= 10);

}  // namespace

std::span<const Rule> rules() {
  return all;
}

}  // namespace waymark::differential
