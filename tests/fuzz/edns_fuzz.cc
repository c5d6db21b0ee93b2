// SPDX-License-Identifier: Apache-2.0
//
// RDATA of an OPT record, and the OPT that answers it.
#include <array>

#include "dns/protocol/client_subnet.h"
#include "dns/protocol/cookie.h"
#include "dns/protocol/edns.h"
#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;       // NOLINT(google-build-using-namespace)
  using namespace waymark::dns;  // NOLINT(google-build-using-namespace)
  if (size > 65535) return 0;
  Edns edns;
  const Rcode rcode = parse_edns(1232, 0, {data, size}, edns);
  fuzz::require(rcode == Rcode::NOERROR || rcode == Rcode::FORMERR);
  if (rcode != Rcode::NOERROR) edns.forget_options();

  OptionWriter options;
  if (!edns.cookie.empty()) {
    CookieSecrets secrets;
    secrets.add({1, 2});
    std::array<Octet, full_cookie_octets> whole;
    (void)secrets.judge(edns.cookie, IpAddress::loopback_v4(), 1'700'000'000, whole);
    fuzz::require(secrets.judge(whole, IpAddress::loopback_v4(), 1'700'000'000, whole) ==
                  CookieVerdict::good);
    options.put(EdnsOption::cookie, whole);
  }
  std::array<Octet, 512> out;
  const Octet* end = write_opt(out.data(), edns, rcode, 0, options.octets());
  const auto octets = static_cast<std::size_t>(end - out.data());
  fuzz::require(octets == opt_octets(edns) + options.octets().size());

  Edns again;  // what is written can be read, and says the same
  fuzz::require(parse_edns(1232, 0, {&out[11], octets - 11}, again) == Rcode::NOERROR);
  fuzz::require(again.has_subnet == edns.has_subnet);
  fuzz::require(!edns.has_subnet || again.subnet == edns.subnet);
  fuzz::require(again.cookie.empty() == edns.cookie.empty());
  return 0;
}
