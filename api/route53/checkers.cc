// SPDX-License-Identifier: Apache-2.0
//
// Who checks: this node.
#include "api/route53/checkers.h"

#include <algorithm>
#include <ifaddrs.h>

#include "api/route53/door.h"

namespace waymark::api {
namespace {

/// fe80::/10 means something on its own link only.
bool is_link_local(const IpAddress& address) noexcept {
  return !address.is_v4() && address.octets[0] == 0xFE && (address.octets[1] & 0xC0) == 0x80;
}

Awaitable<AwsResult<Response>> ranges(AwsContext&, const AwsCall&) {
  XmlWriter xml("GetCheckerIpRangesResponse");
  xml.open("CheckerIpRanges");
  for (const IpAddress& address : own_addresses())
    xml.text("member", IpPrefix::of(address, address.bits()).to_string());
  xml.close();
  co_return xml_response(200, std::move(xml));
}

}  // namespace

std::vector<IpAddress> own_addresses() {
  std::vector<IpAddress> own;
  ifaddrs* all = nullptr;
  if (getifaddrs(&all) == 0) {
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
      if (one->ifa_addr == nullptr) continue;
      const int family = one->ifa_addr->sa_family;
      if (family != AF_INET && family != AF_INET6) continue;
      const IpAddress address = Endpoint::from(*one->ifa_addr).address;
      if (!address.is_loopback() && !is_link_local(address)) own.push_back(address);
    }
    freeifaddrs(all);
  }
  if (own.empty()) own.push_back(IpAddress::loopback_v4());
  std::sort(own.begin(), own.end());
  own.erase(std::unique(own.begin(), own.end()), own.end());
  return own;
}

std::vector<AwsOperation> checker_operations() {
  return {{"GET", "checkeripranges", Access::read, {}, {}, ranges}};
}

}  // namespace waymark::api
