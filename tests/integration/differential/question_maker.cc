// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/differential/question_maker.h"

#include <array>
#include <string>
#include <utility>

#include "base/result.h"

namespace waymark::differential {
namespace {

using dns::RrType;

constexpr std::array types{
    RrType::A,     RrType::A,     RrType::A,     RrType::AAAA,   RrType::NS,    RrType::NS,
    RrType::SOA,   RrType::CNAME, RrType::DNAME, RrType::DS,     RrType::DS,    RrType::MX,
    RrType::TXT,   RrType::SRV,   RrType::PTR,   RrType::CAA,    RrType::HINFO, RrType::ANY,
    RrType::HTTPS, RrType::NAPTR, RrType::LOC,   RrType::DNSKEY, RrType::NSEC,  RrType::RRSIG,
    RrType::URI,   RrType::TLSA,  RrType{65280},
};

/// Front labels that also stand in the zones, and some that never do.
constexpr std::array<std::string_view, 12> labels{
    "a", "b", "c", "*", "www", "ns", "x", "new", std::string_view("\0z", 2), "_tcp", "**", "-"};

}  // namespace

QuestionMaker::QuestionMaker(std::vector<dns::Name> names, std::uint64_t seed)
    : names_(std::move(names)), random_(seed) {
  WAYMARK_ASSERT(!names_.empty());
}

Question QuestionMaker::next() {
  return {name(), types[random_.below(types.size())]};
}

dns::Name QuestionMaker::name() {
  dns::Name name = names_[random_.below(static_cast<std::uint32_t>(names_.size()))];
  switch (random_.below(10)) {
    case 0:
    case 1:
    case 2:
      return name;
    case 3:  // above
      return name.is_root() ? name : name.parent();
    case 4:  // beside
      if (!name.is_root()) name = name.parent();
      break;
    case 5:
      return longer(std::move(name));
    default:  // below
      break;
  }
  for (std::uint32_t more = 1 + random_.below(3); more > 0; --more) {
    const std::string_view label = labels[random_.below(labels.size())];
    if (name.octets() + 1 + label.size() <= dns::max_name_octets) name = name.child(label);
  }
  return name;
}

/// Filled up to 255 octets, or close: in long labels, or in as many as there can be.
dns::Name QuestionMaker::longer(dns::Name name) {
  const std::size_t longest = random_.below(2) == 0 ? dns::max_label_octets : 1;
  const std::size_t spared = random_.below(4);
  while (name.octets() + spared + 2 <= dns::max_name_octets) {
    const std::size_t room = dns::max_name_octets - spared - name.octets() - 1;
    name = name.child(std::string(std::min(longest, room), 'q'));
  }
  return name;
}

}  // namespace waymark::differential
