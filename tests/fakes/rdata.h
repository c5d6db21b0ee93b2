// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace waymark::dns::fakes {

// RDATA in wire form, by hand. A text that does not parse ends the test.
Bytes address(std::string_view text);  // A or AAAA
Bytes host(std::string_view name);     // NS, CNAME, PTR, DNAME
Bytes mx(std::uint16_t preference, std::string_view exchange);
Bytes srv(std::uint16_t port, std::string_view target);
Bytes svcb(std::uint16_t priority, std::string_view target);  // with alpn=h2 unless an alias
Bytes txt(std::string_view text);                             // up to 255 octets
Bytes soa(std::uint32_t serial, std::uint32_t minimum);

}  // namespace waymark::dns::fakes
