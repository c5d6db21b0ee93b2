// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "dns/protocol/name_hash.h"

namespace waymark::dns {

/// Checks a whole part so that its readers need not. Never reads outside `part`, whatever is in it.
/// Fails with `bad_image`, naming what is wrong and at which offset.
Result<void> check_part(ByteView part);

/// The names part, behind its PartHeader's check.
Result<void> check_names(ByteView part);

/// A node's block, whose length is known to be inside the part: entries, name, hash, payloads.
/// Returns what is wrong, or null; `at` is then the offset in the block.
const char* check_node(ByteView block, const HashKey& key, std::size_t& at) noexcept;

/// Labels of the uncompressed wire name that `octets` begin with, or -1; `used` is its length.
int count_labels(ByteView octets, bool folded, std::size_t& used) noexcept;
/// True for MNAME, RNAME and five numbers, RFC 1035 §3.3.13.
bool is_soa_rdata(ByteView rdata) noexcept;

inline Error bad_part(const std::string& what, std::uint64_t offset) {
  return {ErrorCode::bad_image, what + " at offset " + std::to_string(offset)};
}

}  // namespace waymark::dns
