// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"

namespace waymark::health {

/// Which addresses may be probed: the operator's lists first (deny, then allow), then the defaults.
/// Private ranges (RFC 1918, ULA) are allowed; unspecified, loopback, link-local, multicast,
/// broadcast, reserved, documentation and the server's own control addresses are refused, also
/// inside v4-mapped, v4-compatible, NAT64 and 6to4 forms (PRB-1, PRB-2). The metadata addresses
/// 169.254.169.254 and fd00:ec2::254 can not be allowed.
class TargetRules {
 public:
  TargetRules() = default;
  TargetRules(std::vector<IpPrefix> allow, std::vector<IpPrefix> deny, std::vector<Endpoint> own);

  /// Fails with `denied`: a sentence that names the address and the range, and the flag that
  /// would allow it.
  Result<void> permit(const IpAddress& address, std::uint16_t port) const;

 private:
  std::vector<IpPrefix> allow_, deny_;
  std::vector<Endpoint> own_;
};

}  // namespace waymark::health
