// SPDX-License-Identifier: Apache-2.0
#include "dns/policy_shares.h"

#include "dns/alias_health.h"
#include "policy/expected_share.h"

namespace waymark::dns {
namespace {

bool depends_on_client(const policy::PolicyTree& tree) {
  for (std::uint16_t number = 0; number < tree.header().rules; ++number) {
    const policy::RuleView rule(tree.bytes(), number);
    if (policy::looks_at_client(rule.header.kind)) return true;
    for (const policy::Branch& branch : rule.branches)
      if (branch.kind == policy::BranchKind::target &&
          (branch.flags & policy::branch_descends) != 0)
        return true;
  }
  return false;
}

}  // namespace

std::optional<PolicyShares> policy_shares(const Image& image, health::HealthTable health,
                                          Space space, const Name& name, RrType type,
                                          const std::optional<IpPrefix>& client) {
  const NameTable& names = image.names();
  const ByteView wire = name.wire();
  const NodeView node = names.find(wire.data(), wire.size(), hash_name(wire, names.key(), space));
  const layout::Entry* entry = node ? node.find(type) : nullptr;
  const auto tree = entry != nullptr ? policy_of(node, *entry) : std::nullopt;
  if (!tree) return std::nullopt;

  const policy::TreeHeader& header = tree->header();
  PolicyShares shares;
  shares.counting = {header.counter, header.tag, header.signature};
  shares.targets = header.targets;
  if (!client && depends_on_client(*tree)) return shares;
  const policy::Client asking{client.value_or(IpPrefix{IpAddress::v4(0), 0})};
  const policy::Facts facts{asking, image.tables(), health};
  const AliasHealth beyond(names, facts, node.at(entry->offset), type);
  shares.intended.emplace(header.targets);
  for (const auto& choice : policy::expected_choices(*tree, facts, beyond))
    if (!choice.nobody) (*shares.intended)[choice.target] += choice.share;
  return shares;
}

}  // namespace waymark::dns
