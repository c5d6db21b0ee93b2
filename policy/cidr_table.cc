// SPDX-License-Identifier: Apache-2.0
#include "policy/cidr_table.h"

#include <string>

namespace waymark::policy {
namespace {

template <class T>
const T* at(ByteView table, std::uint64_t offset) noexcept {
  return reinterpret_cast<const T*>(table.data() + offset);
}

Error bad(const char* what) {
  return {ErrorCode::bad_image, std::string("CIDR collections: ") + what};
}

const char* check_collection(ByteView table, std::uint64_t offset) noexcept {
  if (!fits(table, offset, 1, sizeof(CidrTableHeader), 8)) return "a collection is outside";
  const auto& header = *at<CidrTableHeader>(table, offset);
  if (!fits(table, header.first_block, header.blocks, sizeof(CidrBlock), 4))
    return "blocks are outside";
  const auto* blocks = at<CidrBlock>(table, header.first_block);
  for (std::uint32_t i = 0; i < header.blocks; ++i)
    if (blocks[i].parent >= i && blocks[i].parent != no_row) return "a block leads astray";
  return check_ranges(table, header.ranges, header.blocks);
}

}  // namespace

Result<CidrTables> CidrTables::open(ByteView table) {
  if (table.size() < sizeof(CidrHeader)) return bad("header is cut short");
  if (reinterpret_cast<std::uintptr_t>(table.data()) % 8 != 0) return bad("is not aligned");
  const auto& header = *at<CidrHeader>(table, 0);
  if (!fits(table, sizeof(CidrHeader), header.collections, 8, 8))
    return bad("collections are cut short");
  for (std::uint32_t i = 0; i < header.collections; ++i) {
    const std::uint64_t offset = at<std::uint64_t>(table, sizeof(CidrHeader))[i];
    if (offset == 0) continue;
    if (const char* fault = check_collection(table, offset)) return bad(fault);
  }
  return CidrTables(table);
}

CidrTables::Chain CidrTables::find(std::uint32_t collection, const Client& client) const noexcept {
  if (table_.empty() || collection >= at<CidrHeader>(table_, 0)->collections) return {};
  const std::uint64_t offset = at<std::uint64_t>(table_, sizeof(CidrHeader))[collection];
  if (offset == 0) return {};
  const auto& header = *at<CidrTableHeader>(table_, offset);
  const FoundRow found = find_row(table_, header.ranges, client.subnet.address);
  return {at<CidrBlock>(table_, header.first_block), found.row, client.subnet.length, found.scope};
}

}  // namespace waymark::policy
