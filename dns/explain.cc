// SPDX-License-Identifier: Apache-2.0
#include "dns/explain.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <numbers>

#include "base/random.h"
#include "dns/answer_walk.h"
#include "dns/protocol/client_subnet.h"
#include "dns/protocol/query.h"
#include "dns/protocol/response_writer.h"
#include "policy/policy_walk.h"

namespace waymark::dns {
namespace {

constexpr std::size_t max_octets = 65535;

std::string quoted(ByteView name) {
  const auto parsed = Name::from_wire(name);
  return parsed ? parsed->to_string() : "?";
}

/// Turns what a policy says into one step for each rule.
class PolicyListener {
 public:
  PolicyListener(std::vector<Step>& steps, const Labels& labels, const policy::Facts& facts,
                 NodeView node, RrType type)
      : steps_(steps), labels_(labels), facts_(facts), node_(node), type_(type) {}

  void rule(policy::RuleKind kind, std::uint16_t number) {
    kind_ = kind;
    if (policy::looks_at_client(kind)) place_client();
    Step step;
    step.kind = "policy";
    step.text = "rule " + std::to_string(number) + " is " + word(kind);
    steps_.push_back(std::move(step));
    branches_.clear();
  }

  void candidate(const policy::Branch& branch, std::uint32_t value, bool healthy, bool selectable) {
    Step::Candidate candidate;
    candidate.selectable = selectable;
    candidate.index = branch.index;
    candidate.healthy = healthy;
    candidate.value = value;
    candidate.label = label_of(branch);
    const health::HealthSlot slot{branch.health};
    if (!healthy && labels_.slot) candidate.why_out = labels_.slot(slot);
    if (!healthy && (branch.flags & policy::branch_descends) != 0 && candidate.why_out.empty())
      candidate.why_out = "nobody behind it is healthy for this client";
    steps_.back().candidates.push_back(std::move(candidate));
    branches_.push_back(&branch);
  }

  void draw(std::uint32_t drawn, std::uint32_t of) {
    steps_.back().text += "; drew " + std::to_string(drawn) + " of " + std::to_string(of);
  }

  void fail_open() { steps_.back().text += "; nobody is healthy, so it answers as if all were"; }

  void nobody() { steps_.back().text += "; none is for this client, so there is no answer"; }

  void chosen(const policy::Branch& branch) {
    Step& step = steps_.back();
    for (std::size_t i = 0; i < branches_.size(); ++i)
      if (branches_[i] == &branch) step.candidates[i].chosen = true;
    step.text += "; " + label_of(branch) + " is chosen";
    if (kind_ == policy::RuleKind::weighted) share(step.candidates);
  }

 private:
  static std::string word(policy::RuleKind kind) {
    switch (kind) {
      case policy::RuleKind::weighted:
        return "weighted";
      case policy::RuleKind::failover:
        return "failover";
      case policy::RuleKind::latency:
        return "latency";
      case policy::RuleKind::multivalue:
        return "multivalue";
      case policy::RuleKind::geolocation:
        return "geolocation";
      case policy::RuleKind::geoproximity:
        return "geoproximity";
      case policy::RuleKind::ip_based:
        return "cidr";
    }
    return "unknown";
  }

  void tell(std::string text) {
    Step step;
    step.kind = "client";
    step.text = std::move(text);
    steps_.push_back(std::move(step));
  }

  /// Where the client was placed, and by which of its bits.
  void place_client() {
    const auto place = facts_.tables.locations.find(facts_.client.subnet.address);
    std::string text = facts_.client.subnet.to_string() + " is ";
    if (place.location == nullptr) return tell(text + "at no known place");
    const policy::Location& at = *place.location;
    const policy::GeoCode smallest = at.subdivision != 0 ? at.subdivision
                                     : at.country != 0   ? at.country
                                                         : at.continent;
    text += smallest != 0 ? "in " + policy::to_string(smallest) : "in no known country";
    if (at.has_point == 0) return tell(text + ", without coordinates");
    constexpr double degree = 180 / std::numbers::pi;
    std::array<char, 64> point;
    std::snprintf(point.data(), point.size(), ", at %.2f, %.2f", std::asin(at.point.z) * degree,
                  std::atan2(at.point.y, at.point.x) * degree);
    tell(text + point.data());
  }

  std::string label_of(const policy::Branch& branch) const {
    if (branch.kind == policy::BranchKind::rule) return "rule " + std::to_string(branch.index);
    std::string label = labels_.target ? labels_.target(node_.zone(), Name::trusted(node_.name()),
                                                        type_, branch.index)
                                       : std::string();
    if (label.empty()) label = "target " + std::to_string(branch.index);
    if (kind_ == policy::RuleKind::latency && labels_.region)
      label +=
          " (" + labels_.region(static_cast<std::uint16_t>(branch.value)) + source_of(branch) + ")";
    if (kind_ == policy::RuleKind::geolocation)
      label += " (" + policy::to_string(policy::GeoCode{branch.value}) + ")";
    return label;
  }

  /// Where a branch's milliseconds come from, when there is a table that could say.
  std::string source_of(const policy::Branch& branch) const {
    const IpAddress& client = facts_.client.subnet.address;
    const auto region = static_cast<std::uint16_t>(branch.value);
    if (facts_.tables.latency.find(client).at(region) == policy::no_measurement) return {};
    return facts_.tables.latency.learned(client, region) ? ", learned" : ", measured";
  }

  /// What part of the answers each healthy one gets: all count when nobody is healthy, and equally
  /// when those that count have no weight.
  static void share(std::vector<Step::Candidate>& candidates) {
    bool any_healthy = false;
    for (const auto& candidate : candidates)
      any_healthy |= candidate.healthy;
    double total = 0, count = 0;
    auto counts = [&](const Step::Candidate& c) { return c.healthy || !any_healthy; };
    for (const auto& candidate : candidates)
      if (counts(candidate)) total += candidate.value, ++count;
    for (auto& candidate : candidates)
      if (counts(candidate)) candidate.share = total > 0 ? candidate.value / total : 1 / count;
  }

  std::vector<Step>& steps_;
  const Labels& labels_;
  const policy::Facts& facts_;
  NodeView node_;
  RrType type_;
  policy::RuleKind kind_{};
  std::vector<const policy::Branch*> branches_;
};

/// Writes down what AnswerWalk does.
class TellingTrace {
 public:
  TellingTrace(std::vector<Step>& steps, const Labels& labels) : steps_(steps), labels_(labels) {}

  /// Before anything else: which VPC the client is in, or why in none.
  void client(const ViewTable& views, const Question& question) {
    const IpAddress& source = question.client;
    const auto match = views.find(source, question.listener);
    if (match.vpc == 0)
      return tell("view", source.to_string() + " is in no VPC: it sees the public zones");
    std::string text = source.to_string() + " is in VPC " + std::string(views.label(match.vpc)) +
                       " by " + IpPrefix::of(source, match.length).to_string();
    if (const auto listener = views.listener(match.vpc)) text += " at " + listener->to_string();
    tell("view", text);
  }
  void view(const Image& image, std::uint32_t vpc, ByteView name, ZoneNumber number) {
    const auto zone = number == 0 ? std::nullopt : image.zone(number);
    const std::string whose = "of VPC " + std::string(image.views().label(vpc));
    tell("view", zone ? quoted(name) + " is in the private zone " + quoted(zone->name) + " " + whose
                      : quoted(name) + " is in no private zone " + whose + ": the public zones");
  }
  void outside(const Place& place) {
    tell("outside", quoted({place.name, place.octets}) + " is in no zone of this server");
  }
  void zone(const Image& image, ZoneNumber number) {
    const auto zone = image.zone(number);
    if (zone) tell("zone", "the closest zone is " + quoted(zone->name));
  }
  void exact(NodeView node) {
    at_ = Name::trusted(node.name());
    tell("exact", quoted(node.name()) + " exists");
  }
  void wildcard(NodeView node) {
    at_ = Name::trusted(node.name());
    tell("wildcard", "answered by " + quoted(node.name()));
  }
  void delegation(NodeView cut) {
    tell("delegation", quoted(cut.name()) + " is delegated: a referral to its servers");
  }
  void cname(ByteView target) { tell("cname", "goes on at " + quoted(target)); }
  void dname(NodeView owner, ByteView target) {
    tell("dname",
         quoted(owner.name()) + " is a DNAME: names below it are names below " + quoted(target));
  }
  void alias(ByteView target, bool found) {
    if (found) at_ = Name::trusted(target);
    tell("alias", found ? "answers with the records of " + quoted(target)
                        : quoted(target) + " has no such records");
  }
  void answer(RrType type, std::uint16_t records) {
    if (labels_.external)
      if (std::string text = labels_.external(at_, type); !text.empty())
        tell("external", std::move(text));
    tell("answer",
         std::to_string(records) + " " + to_string(type) + (records == 1 ? " record" : " records"));
  }
  void absent(Rcode rcode, const ZoneView& zone) {
    tell("absent", (rcode == Rcode::NXDOMAIN ? "the name does not exist"
                                             : "the name has no records of this type") +
                       std::string("; the SOA of ") + quoted(zone.name) + " says so");
  }
  void loop() { tell("loop", "this name was met before: the chain ends with what was collected"); }
  void gave_up(const char* why) { tell("gave up", why); }

  policy::Selection select(const policy::PolicyTree& tree, const policy::Facts& facts,
                           Random& random, NodeView node, RrType type, const AliasHealth& beyond) {
    PolicyListener listener(steps_, labels_, facts, node, type);
    return tree.select_telling(facts, random, listener, beyond);
  }

 private:
  void tell(std::string kind, std::string text) {
    Step step;
    step.kind = std::move(kind);
    step.text = std::move(text);
    steps_.push_back(std::move(step));
  }

  std::vector<Step>& steps_;
  const Labels& labels_;
  Name at_;  // where the records stand that are told next
};

/// The query that asks this, with a client subnet option when there is one.
Bytes encode(const Question& question) {
  Bytes packet;
  ByteWriter writer(packet);
  writer.u16(0), writer.u16(0), writer.u16(1), writer.u16(0), writer.u16(0);
  writer.u16(question.subnet ? 1 : 0);
  writer.put(question.name.wire());
  writer.u16(static_cast<std::uint16_t>(question.type));
  writer.u16(static_cast<std::uint16_t>(RrClass::IN));
  if (!question.subnet) return packet;
  Edns edns;
  edns.present = edns.has_subnet = true;
  edns.subnet = *question.subnet;
  Bytes opt(opt_octets(edns));
  write_opt(opt.data(), edns, Rcode::NOERROR, 0);
  writer.put(opt);
  return packet;
}

/// As Responder does it, told.
Sight look(const Image& image, const Question& question, Query& query, TellingTrace& trace) {
  const ViewTable& views = image.views();
  if (views.empty()) return {};
  trace.client(views, question);
  const ByteView name(query.name.data(), query.name_octets);
  const Sight sight = views.look(question.client, question.listener, name, query.labels);
  if (sight.vpc == 0) return sight;
  trace.view(image, sight.vpc, name, views.zone_of(sight.vpc, name, query.labels));
  query.hash ^= sight.space.mark;
  return sight;
}

}  // namespace

Explanation explain(const Image& image, health::HealthTable health, const Question& question,
                    const Labels& labels) {
  const Bytes packet = encode(question);
  Query query;
  const bool readable = parse_query(packet, image.names().key(), query);
  WAYMARK_ASSERT(readable);

  Explanation explanation;
  explanation.response.resize(max_octets);
  ResponseWriter writer(explanation.response, max_octets, query);
  TellingTrace trace(explanation.steps, labels);
  WalkResult result;
  result.rcode = query.rcode;
  if (query.rcode == Rcode::NOERROR) {
    Random random(question.seed);
    const Sight sight = look(image, question, query, trace);
    result = AnswerWalk(image, health, question.client, sight, random, query, writer, trace)
                 .answer(image.names().prefetch_node(query.hash));
  } else {
    trace.gave_up("this type is not answered");
  }
  explanation.scope_prefix = result.scope;
  explanation.response.resize(
      writer.finish(result.rcode, {result.authoritative, result.truncated}, result.scope));
  return explanation;
}

}  // namespace waymark::dns
