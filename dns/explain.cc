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
#include "policy/expected_share.h"

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
  PolicyListener(std::vector<Step>& steps, const Labels& labels, const policy::PolicyTree& tree,
                 const policy::Facts& facts, NodeView node, RrType type)
      : steps_(steps), labels_(labels), tree_(tree), facts_(facts), node_(node), type_(type) {}

  void rule(policy::RuleKind kind, std::uint16_t number) {
    rule_.emplace(tree_.bytes(), number);
    tell_client();
    Step& step = steps_.emplace_back();
    step.kind = "policy";
    step.rule = word(kind);
    step.group = Name::trusted(node_.name()).to_string() + " " + to_string(type_);
    step.text = "rule " + std::to_string(number) + " is " + step.rule;
  }

  void candidate(const policy::Branch& branch, std::uint32_t value, bool healthy, bool selectable) {
    Step::Candidate candidate;
    candidate.selectable = selectable;
    candidate.index = branch.index;
    candidate.healthy = healthy;
    candidate.value = value;
    if (kind() == policy::RuleKind::latency) candidate.value_from = source_of(branch, value);
    candidate.label = label_of(branch);
    candidate.slot = health::HealthSlot{branch.health};
    const bool bit = facts_.health.healthy(candidate.slot);
    if (!bit && labels_.slot) candidate.why_out = labels_.slot(candidate.slot);
    if (!healthy && bit) candidate.why_out = "nobody behind it is healthy for this client";
    steps_.back().candidates.push_back(std::move(candidate));
    if (steps_.back().candidates.size() == rule_->branches.size()) share(steps_.back().candidates);
  }

  void draw(std::uint32_t drawn, std::uint32_t of) {
    steps_.back().drawn = drawn;
    steps_.back().of = of;
    steps_.back().text += "; drew " + std::to_string(drawn) + " of " + std::to_string(of);
  }

  void fail_open() {
    steps_.back().failed_open = true;
    steps_.back().text += "; nobody is healthy, so it answers as if all were";
  }

  void nobody() { steps_.back().text += "; none is for this client, so there is no answer"; }

  void chosen(const policy::Branch& branch) {
    Step& step = steps_.back();
    step.candidates[place_of(branch)].chosen = true;
    step.text += "; " + label_of(branch) + " is chosen";
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

  policy::RuleKind kind() const noexcept { return rule_->header.kind; }
  std::size_t place_of(const policy::Branch& branch) const noexcept {
    return static_cast<std::size_t>(&branch - rule_->branches.data());
  }

  void tell(std::string text, std::string source, std::uint8_t bits) {
    Step& step = steps_.emplace_back();
    step.kind = "client";
    step.text = std::move(text);
    step.source = std::move(source);
    step.bits = bits;
  }

  /// What the rule knows of the client, before what it does with that.
  void tell_client() {
    if (kind() == policy::RuleKind::latency) tell_row();
    if (kind() == policy::RuleKind::ip_based) tell_block();
    if (policy::looks_at_client(kind())) place_client();
  }

  void tell_row() {
    const auto row = facts_.tables.latency.find(facts_.client.subnet.address);
    const bool known = row.milliseconds != nullptr;
    tell(facts_.client.subnet.to_string() +
             (known ? " is in the latency table" : " is not in the latency table"),
         known ? "latency table" : "nothing", row.scope);
  }

  void tell_block() {
    const auto chain = facts_.tables.cidrs.find(rule_->header.total, facts_.client);
    std::string text = facts_.client.subnet.to_string();
    const bool known = !chain.ended();
    if (known) {
      std::string name =
          labels_.location ? labels_.location(rule_->header.total, chain.location()) : "";
      if (name.empty()) name = "number " + std::to_string(chain.location());
      text += " is in a block of location " + name;
    } else {
      text += " is in no block of the collection";
    }
    tell(text, known ? "collection" : "nothing", chain.scope);
  }

  /// Where the client was placed, by whom, and by how many of its bits.
  void place_client() {
    const auto place = facts_.tables.locations.find(facts_.client.subnet.address);
    std::string text = facts_.client.subnet.to_string() + " is ";
    if (place.location == nullptr) return tell(text + "at no known place", "nothing", place.scope);
    const policy::Location& at = *place.location;
    const policy::GeoCode smallest = at.subdivision != 0 ? at.subdivision
                                     : at.country != 0   ? at.country
                                                         : at.continent;
    text += smallest != 0 ? "in " + policy::to_string(smallest) : "in no known country";
    if (at.has_point == 0) {
      text += ", without coordinates";
    } else {
      constexpr double degree = 180 / std::numbers::pi;
      std::array<char, 64> point;
      std::snprintf(point.data(), point.size(), ", at %.2f, %.2f", std::asin(at.point.z) * degree,
                    std::atan2(at.point.y, at.point.x) * degree);
      text += point.data();
    }
    const std::string source =
        labels_.place_source ? labels_.place_source(facts_.client.subnet.address) : std::string();
    if (source == "operator") text += ", says the operator's table";
    if (source == "database") text += ", says the geo database";
    tell(text, source, place.scope);
  }

  /// Whence the milliseconds to a region are.
  std::string source_of(const policy::Branch& branch, std::uint32_t milliseconds) const {
    if (milliseconds == policy::no_measurement) return "nothing";
    const IpAddress& client = facts_.client.subnet.address;
    const auto region = static_cast<std::uint16_t>(branch.value);
    const policy::LatencyTable& table = facts_.tables.latency;
    if (table.find(client).at(region) == policy::no_measurement) return "distance";
    return table.learned(client, region) ? "learned" : "table";
  }

  std::string label_of(const policy::Branch& branch) const {
    if (branch.kind == policy::BranchKind::rule) return "rule " + std::to_string(branch.index);
    std::string label = labels_.target ? labels_.target(node_.zone(), Name::trusted(node_.name()),
                                                        type_, branch.index)
                                       : std::string();
    if (label.empty()) label = "target " + std::to_string(branch.index);
    if (kind() == policy::RuleKind::latency && labels_.region)
      label += " (" + labels_.region(static_cast<std::uint16_t>(branch.value)) + ")";
    if (kind() == policy::RuleKind::geolocation)
      label += " (" + policy::to_string(policy::GeoCode{branch.value}) + ")";
    if (kind() != policy::RuleKind::ip_based) return label;
    const std::string location = branch.value == policy::default_cidr_location ? "*"
                                 : labels_.location
                                     ? labels_.location(rule_->header.total, branch.value)
                                     : std::string();
    return location.empty() ? label : label + " (" + location + ")";
  }

  /// What part of the answers to this client each one gets, as health is now.
  void share(std::vector<Step::Candidate>& candidates) const {
    auto healthy = [&](const policy::Branch& one) { return candidates[place_of(one)].healthy; };
    const auto shares = policy::branch_shares(*rule_, facts_, healthy);
    for (std::size_t i = 0; i < candidates.size(); ++i)
      candidates[i].share = shares.of[i];
  }

  std::vector<Step>& steps_;
  const Labels& labels_;
  const policy::PolicyTree& tree_;
  const policy::Facts& facts_;
  NodeView node_;
  RrType type_;
  std::optional<policy::RuleView> rule_;
};

/// Writes down what AnswerWalk does.
class TellingTrace {
 public:
  TellingTrace(std::vector<Step>& steps, const Labels& labels, RrType type)
      : steps_(steps), labels_(labels), type_(type) {}

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
    in_ = number;
    if (zone) tell("zone", "the closest zone is " + quoted(zone->name));
  }
  void exact(NodeView node) {
    chosen_.reset();
    at_ = Name::trusted(node.name());
    tell("exact", quoted(node.name()) + " exists");
  }
  void wildcard(NodeView node) {
    chosen_.reset();
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
    chosen_.reset();
    if (found) at_ = Name::trusted(target);
    tell("alias", found ? "answers with the records of " + quoted(target)
                        : quoted(target) + " has no such records");
  }
  /// An external alias without records; what is known of the target is told as for one with some.
  void external(ByteView target, bool resolved) {
    tell("alias", quoted(target) + (resolved ? " is elsewhere and has no such records"
                                             : " is elsewhere and not resolved yet"));
    tell_external();
  }
  void answer(RrType type, std::uint16_t records) {
    if (type == type_) tell_external();
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
    PolicyListener listener(steps_, labels_, tree, facts, node, type);
    const policy::Selection selection = tree.select_telling(facts, random, listener, beyond);
    if (selection.count != 0) chosen_ = selection.targets[0];
    return selection;
  }

 private:
  void tell(std::string kind, std::string text) {
    Step step;
    step.kind = std::move(kind);
    step.text = std::move(text);
    steps_.push_back(std::move(step));
  }

  void tell_external() {
    if (!labels_.external) return;
    if (std::string text = labels_.external(in_, at_, type_, chosen_); !text.empty())
      tell("external", std::move(text));
  }

  std::vector<Step>& steps_;
  const Labels& labels_;
  RrType type_;                          // that is asked for
  Name at_;                              // where the records stand that are told next
  ZoneNumber in_{};                      // and in which zone
  std::optional<std::uint16_t> chosen_;  // and which of them, where a policy chose
};

}  // namespace

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

namespace {

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
  TellingTrace trace(explanation.steps, labels, question.type);
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
