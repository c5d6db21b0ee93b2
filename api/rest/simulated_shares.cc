// SPDX-License-Identifier: Apache-2.0
#include "api/rest/simulated_shares.h"

#include <utility>

#include "api/rest/response_json.h"
#include "api/rest/unpublished.h"
#include "dns/possible_answers.h"

namespace waymark::api {
namespace {

/// Set identifiers by target: the sets of a name and type in the order of the snapshot.
class SetNames {
 public:
  SetNames(const zones::Snapshot& state, const Unpublished& unpublished)
      : state_(state), unpublished_(unpublished) {}

  Result<const std::vector<std::string>*> of(dns::ZoneNumber number, const dns::Name& name,
                                             dns::RrType type) {
    const auto key = std::tuple(number, name, type);
    if (const auto found = known_.find(key); found != known_.end()) return &found->second;
    if (unpublished_.touches(number, name))
      return Error(ErrorCode::unavailable, "a change of the record sets at " + name.to_string() +
                                               " is being published; try again");
    std::vector<std::string> ids;
    const auto zone = state_.zone_numbered(number);
    if (!zone) return zone.error();
    if (*zone) {
      const auto sets = state_.record_sets_at(**zone, name);
      if (!sets) return sets.error();
      for (const auto& set : *sets)
        if (set.type == type) ids.push_back(set.set_id);
    }
    return &known_.emplace(key, std::move(ids)).first->second;
  }

 private:
  const zones::Snapshot& state_;
  const Unpublished& unpublished_;
  std::map<std::tuple<dns::ZoneNumber, dns::Name, dns::RrType>, std::vector<std::string>> known_;
};

class Adder {
 public:
  Adder(SimulatedShares& shares, const zones::Snapshot& state, const Unpublished& unpublished,
        dns::RrType type)
      : shares_(shares), names_(state, unpublished), type_(dns::to_string(type)) {}

  Result<void> add(const dns::PossibleAnswer& answer, double part) {
    part *= answer.share;
    if (answer.failed_open) shares_.failed_open += part;
    for (const auto& chosen : answer.chosen)
      if (auto added = add_set(chosen, part); !added) return added;
    const std::vector<std::string>& values = values_of(answer.response);
    if (values.empty()) shares_.no_answer += part;
    for (const std::string& value : values)
      shares_.endpoints[value] += part / static_cast<double>(values.size());
    return {};
  }

 private:
  Result<void> add_set(const dns::PossibleAnswer::Chosen& chosen, double part) {
    const auto ids = names_.of(chosen.zone, chosen.owner, chosen.type);
    if (!ids) return ids.error();
    const std::string owner = chosen.owner.to_string(), type = dns::to_string(chosen.type);
    for (std::size_t i = 0; i < (*ids)->size(); ++i)
      shares_.sets[{owner, type, (**ids)[i]}] += i == chosen.target ? part : 0;
    return {};
  }

  /// The values of the type that was asked for. Equal answers come from many clients.
  const std::vector<std::string>& values_of(const Bytes& response) {
    const auto found = values_.find(response);
    if (found != values_.end()) return found->second;
    std::vector<std::string> values;
    const Json shown = show_response(response);
    for (const Json& record : shown.value("answer", Json::array()))
      if (record["type"] == type_) values.push_back(record["value"].get<std::string>());
    if (values_.size() >= most_remembered) values_.clear();
    return values_.emplace(response, std::move(values)).first->second;
  }

  static constexpr std::size_t most_remembered = 256;  // of up to 64 KiB

  SimulatedShares& shares_;
  SetNames names_;
  std::string type_;
  std::map<Bytes, std::vector<std::string>> values_;
};

}  // namespace

Result<SimulatedShares> simulate_shares(const dns::Image& image, health::HealthTable health,
                                        const zones::Snapshot& state, const dns::Name& name,
                                        dns::RrType type, const ClientMix& clients,
                                        std::size_t& ways) {
  double total = 0;
  for (const auto& part : clients.parts)
    total += part.weight;
  SimulatedShares shares;
  const auto unpublished = Unpublished::of(state, image);
  if (!unpublished) return unpublished.error();
  Adder adder(shares, state, *unpublished, type);
  for (const auto& part : clients.parts) {
    dns::Question question;
    question.name = name;
    question.type = type;
    question.client = part.subnet.address;
    question.subnet = part.subnet;
    question.listener = part.listener;
    const auto taken = dns::visit_possible_answers(
        image, health, question, ways,
        [&](dns::PossibleAnswer&& answer) { return adder.add(answer, part.weight / total); });
    if (!taken) return taken.error();
    ways -= *taken;
  }
  return shares;
}

}  // namespace waymark::api
