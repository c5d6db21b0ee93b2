// SPDX-License-Identifier: Apache-2.0
#include "dns/possible_answers.h"

#include <string>
#include <utility>

#include "base/random.h"
#include "dns/answer_walk.h"
#include "dns/protocol/query.h"
#include "dns/protocol/response_writer.h"
#include "policy/expected_share.h"

namespace waymark::dns {
namespace {

constexpr std::size_t max_octets = 65535;

/// Decides instead of the draws: each walk takes the ways that the last one left.
class EveryWay : public SilentTrace {
 public:
  policy::Selection select(const policy::PolicyTree& tree, const policy::Facts& facts,
                           Random& /*random*/, NodeView node, RrType type,
                           const AliasHealth& beyond) {
    if (depth_ == forks_.size())
      forks_.push_back({node.zone(), Name::trusted(node.name()), type,
                        policy::expected_choices(tree, facts, beyond), 0});
    const policy::ExpectedChoice& choice = forks_[depth_++].now();
    policy::Selection selection;
    selection.failed_open = choice.failed_open;
    if (choice.nobody) return selection;
    selection.targets[0] = choice.target;
    selection.count = 1;
    return selection;
  }

  /// What the walk just taken went through.
  PossibleAnswer taken() const {
    PossibleAnswer answer;
    answer.share = 1;
    for (const Fork& fork : forks_) {
      answer.share *= fork.now().share;
      answer.failed_open |= fork.now().failed_open;
      if (!fork.now().nobody)
        answer.chosen.push_back({fork.zone, fork.owner, fork.type, fork.now().target});
    }
    return answer;
  }
  /// False: every way was taken.
  bool next() {
    depth_ = 0;
    while (!forks_.empty() && ++forks_.back().at == forks_.back().choices.size())
      forks_.pop_back();
    return !forks_.empty();
  }

 private:
  struct Fork {
    ZoneNumber zone;
    Name owner;
    RrType type;
    std::vector<policy::ExpectedChoice> choices;
    std::size_t at;

    const policy::ExpectedChoice& now() const { return choices[at]; }
  };

  std::vector<Fork> forks_;
  std::size_t depth_ = 0;
};

}  // namespace

Result<std::size_t> visit_possible_answers(
    const Image& image, health::HealthTable health, const Question& question, std::size_t most,
    const std::function<Result<void>(PossibleAnswer&&)>& visit) {
  Question bare = question;
  bare.subnet.reset();
  const Bytes packet = encode(bare);
  Query query;
  const bool readable = parse_query(packet, image.names().key(), query);
  WAYMARK_ASSERT(readable);
  if (query.rcode != Rcode::NOERROR) return Error(ErrorCode::bad_type, "this type is not answered");
  if (question.subnet) {  // for the policies; an OPT record would say nothing more
    query.edns.has_subnet = true;
    query.edns.subnet = *question.subnet;
  }

  const ViewTable& views = image.views();
  Sight sight{};
  if (!views.empty())
    sight = views.look(question.client, question.listener, {query.name.data(), query.name_octets},
                       query.labels);
  query.hash ^= sight.space.mark;

  std::size_t ways_taken = 0;
  Bytes room(max_octets);
  EveryWay ways;
  do {
    if (ways_taken++ == most)
      return Error(ErrorCode::too_large,
                   "there are more than " + std::to_string(most) + " ways through the policies");
    ResponseWriter writer(room, max_octets, query);
    Random random(1);  // only turns RRsets
    const WalkResult result =
        AnswerWalk(image, health, question.client, sight, random, query, writer, ways)
            .answer(image.names().prefetch_node(query.hash));
    PossibleAnswer answer = ways.taken();
    const auto octets =
        writer.finish(result.rcode, {result.authoritative, result.truncated}, result.scope);
    answer.response.assign(room.begin(), room.begin() + octets);
    if (auto visited = visit(std::move(answer)); !visited) return visited.error();
  } while (ways.next());
  return ways_taken;
}

Result<std::vector<PossibleAnswer>> possible_answers(const Image& image, health::HealthTable health,
                                                     const Question& question, std::size_t most) {
  std::vector<PossibleAnswer> answers;
  const auto visited = visit_possible_answers(image, health, question, most,
                                              [&](PossibleAnswer&& one) -> Result<void> {
                                                answers.push_back(std::move(one));
                                                return {};
                                              });
  if (!visited) return visited.error();
  return answers;
}

}  // namespace waymark::dns
