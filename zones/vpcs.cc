// SPDX-License-Identifier: Apache-2.0
#include "zones/vpcs.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <map>
#include <set>

#include "zones/client_objects.h"
#include "zones/json_text.h"

namespace waymark::zones {
namespace {

Result<void> verdict(std::vector<Error> faults) {
  if (faults.empty()) return {};
  return Error::batch(std::move(faults));
}

std::string place(std::string_view field, std::size_t index) {
  return "/" + std::string(field) + "/" + std::to_string(index);
}

/// What other VPCs have already.
void check_against(const std::vector<Vpc>& others, const Vpc& vpc, std::vector<Error>& faults) {
  std::map<IpPrefix, const Vpc*> taken;
  for (const Vpc& other : others) {
    if (other.id == vpc.id) continue;
    if (other.name == vpc.name)
      faults.emplace_back(ErrorCode::in_use,
                          "there is a VPC \"" + vpc.name + "\" already, " + other.id, "/name");
    if (other.id == vpc.name || other.name == vpc.id)  // both name one in the API
      faults.emplace_back(ErrorCode::in_use, "\"" + vpc.name + "\" is the id of a VPC", "/name");
    for (const IpPrefix& prefix : other.prefixes)
      taken.emplace(prefix, &other);
  }
  for (std::size_t i = 0; i < vpc.prefixes.size(); ++i)
    if (const auto found = taken.find(vpc.prefixes[i]); found != taken.end())
      faults.emplace_back(ErrorCode::in_use,
                          vpc.prefixes[i].to_string() + " is in VPC " + found->second->name +
                              " already; only a longer or a shorter one may be in another",
                          place("prefixes", i));
}

}  // namespace

bool is_vpc_region(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 64 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

std::string encode(const Vpc& vpc) {
  std::string text = "name\t" + vpc.name + "\nversion\t" + std::to_string(vpc.version) + "\n";
  if (!vpc.region.empty()) text += "region\t" + vpc.region + "\n";
  if (vpc.listener) text += "listener\t" + vpc.listener->to_string() + "\n";
  for (const IpPrefix& prefix : vpc.prefixes)
    text += "prefix\t" + prefix.to_string() + "\n";
  return text;
}

Result<Vpc> decode_vpc(const std::string& id, std::string_view text) {
  Vpc vpc;
  vpc.id = id;
  bool good = true;
  for_each_line(text, [&](std::span<const std::string_view> parts) {
    good &= parts.size() == 2;
    if (parts.size() != 2) return;
    if (parts[0] == "name") vpc.name = parts[1];
    if (parts[0] == "region") vpc.region = parts[1];
    if (parts[0] == "version")
      std::from_chars(parts[1].data(), parts[1].data() + parts[1].size(), vpc.version);
    if (parts[0] == "listener") {
      const auto listener = Endpoint::parse(parts[1]);
      good &= listener.has_value();
      if (listener) vpc.listener = *listener;
    }
    if (parts[0] != "prefix") return;
    const auto prefix = IpPrefix::parse(parts[1]);
    good &= prefix.has_value();
    if (prefix) vpc.prefixes.push_back(*prefix);
  });
  if (!good || vpc.name.empty())
    return Error(ErrorCode::bad_image, "stored VPC \"" + id + "\" is damaged");
  return vpc;
}

Result<std::vector<Vpc>> vpcs(const Snapshot& state) {
  auto objects = state.objects(ObjectKind::vpc);
  if (!objects) return objects.error();
  std::vector<Vpc> all;
  for (const auto& [id, text] : *objects) {
    auto vpc = decode_vpc(id, text);
    if (!vpc) return vpc.error();
    all.push_back(std::move(*vpc));
  }
  return all;
}

Result<Vpc> find_vpc(const Snapshot& state, std::string_view id_or_name) {
  auto all = vpcs(state);
  if (!all) return all.error();
  for (Vpc& vpc : *all)
    if (vpc.id == id_or_name) return std::move(vpc);
  for (Vpc& vpc : *all)
    if (vpc.name == id_or_name) return std::move(vpc);
  return Error(ErrorCode::not_found, "there is no VPC \"" + std::string(id_or_name) + "\"");
}

std::vector<std::string> resolvers_inside(const Vpc& vpc, std::span<const Endpoint> resolvers) {
  std::vector<std::string> told;
  for (const Endpoint& resolver : resolvers)
    for (const IpPrefix& prefix : vpc.prefixes)
      if (prefix.contains(resolver.address)) {
        told.push_back("the resolver " + resolver.address.to_string() + " is in " +
                       prefix.to_string() +
                       ": if it asks this server, it is answered from the VPC's private zones, and "
                       "external aliases show that to everybody");
        break;
      }
  return told;
}

Result<std::vector<HostedZone>> zones_of_vpc(const Snapshot& state, const std::string& id) {
  auto zones = state.zones();
  if (!zones) return zones.error();
  std::erase_if(*zones, [&](const HostedZone& zone) {
    return std::find(zone.vpcs.begin(), zone.vpcs.end(), id) == zone.vpcs.end();
  });
  return zones;
}

std::string new_vpc_id(Random& random) {
  std::array<char, 18> text;
  std::snprintf(text.data(), text.size(), "%01llx%016llx",
                static_cast<unsigned long long>(random.below(16)),
                static_cast<unsigned long long>(random.next()));
  return "vpc-" + std::string(text.data());
}

Result<Commit> resolve_vpc_put(const Snapshot& state, const Vpc& vpc, Decider decider) {
  const auto all = vpcs(state);
  if (!all) return all.error();
  const auto stands =
      std::find_if(all->begin(), all->end(), [&](const Vpc& one) { return one.id == vpc.id; });
  const std::uint64_t version = stands == all->end() ? 0 : stands->version;
  if (vpc.version > 1 && version == 0)
    return Error(ErrorCode::not_found, "there is no VPC \"" + vpc.id + "\"");
  if (version + 1 != vpc.version)
    return Error(ErrorCode::version_mismatch, "the VPC is at version " + std::to_string(version),
                 "/if_version");
  std::vector<Error> faults;
  if (version == 0 && all->size() >= most_vpcs)
    faults.emplace_back(ErrorCode::too_large, "there are 1000 VPCs already");
  check_against(*all, vpc, faults);
  if (auto judged = verdict(std::move(faults)); !judged) return judged.error();
  return resolve_object(state, {ObjectKind::vpc, vpc.id}, encode(vpc), std::move(decider));
}

Result<Commit> resolve_vpc_delete(const Snapshot& state, const std::string& id, Decider decider) {
  const auto users = zones_of_vpc(state, id);
  if (!users) return users.error();
  if (!users->empty()) {
    const HostedZone& zone = users->front();
    std::string sentence = "VPC " + id + " sees zone " + zone.name.to_string() + " " + zone.id.text;
    if (users->size() > 1) sentence += " and " + std::to_string(users->size() - 1) + " more";
    return Error(ErrorCode::in_use, sentence + "; take it off them first");
  }
  auto commit = resolve_object(state, {ObjectKind::vpc, id}, std::nullopt, std::move(decider));
  if (!commit) return commit;
  auto authorizations = state.objects(ObjectKind::vpc_authorization);
  if (!authorizations) return authorizations.error();
  for (auto& [key, text] : *authorizations)
    if (key.ends_with("/" + id))
      commit->effects.objects.push_back(
          {{ObjectKind::vpc_authorization, key}, std::move(text), std::nullopt});
  return commit;
}

ObjectKey vpc_authorization_key(const ZoneId& zone, const std::string& vpc) {
  return {ObjectKind::vpc_authorization, zone.text + "/" + vpc};
}

Result<std::vector<std::string>> vpc_authorizations(const Snapshot& state, const ZoneId& zone) {
  const auto all = state.objects(ObjectKind::vpc_authorization);
  if (!all) return all.error();
  const std::string prefix = zone.text + "/";
  std::vector<std::string> vpcs;
  for (const auto& [id, text] : *all)
    if (id.starts_with(prefix)) vpcs.push_back(id.substr(prefix.size()));
  return vpcs;
}

Result<std::vector<std::string>> check_zone_vpcs(const Snapshot& state, const dns::Name& name,
                                                 const ZoneId& self,
                                                 const std::vector<std::string>& wanted) {
  if (wanted.empty())
    return Error(ErrorCode::bad_value, "a private zone needs at least one VPC", "/vpcs");
  if (wanted.size() > most_zone_vpcs)
    return Error(ErrorCode::too_large, "a zone has at most 300 VPCs", "/vpcs");
  const auto namesakes = state.zones_named(name);
  if (!namesakes) return namesakes.error();
  std::map<std::string, ZoneId> taken;
  for (const HostedZone& zone : *namesakes)
    for (const std::string& id : zone.vpcs)
      if (zone.id != self) taken.emplace(id, zone.id);

  std::set<std::string> ids;
  std::vector<Error> faults;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto vpc = find_vpc(state, wanted[i]);
    if (!vpc && vpc.error().code() != ErrorCode::not_found) return vpc.error();
    if (!vpc) {
      faults.emplace_back(ErrorCode::bad_value, vpc.error().detail(), place("vpcs", i));
    } else if (const auto other = taken.find(vpc->id); other != taken.end()) {
      faults.emplace_back(ErrorCode::zone_exists,
                          "VPC " + vpc->name + " sees a zone " + name.to_string() + " already, " +
                              other->second.text,
                          place("vpcs", i));
    } else {
      ids.insert(vpc->id);
    }
  }
  if (auto judged = verdict(std::move(faults)); !judged) return judged.error();
  return std::vector<std::string>(ids.begin(), ids.end());
}

}  // namespace waymark::zones
