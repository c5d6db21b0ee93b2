// SPDX-License-Identifier: Apache-2.0
#include "policy/latency_writer.h"

#include <algorithm>
#include <utility>

namespace waymark::policy {
namespace {

/// FNV-1a; rows with equal hashes are compared.
std::uint64_t hash_of(const LatencyRow& row) noexcept {
  std::uint64_t hash = 0xCBF29CE484222325ULL;
  const auto take = [&hash](std::uint64_t value) { hash = (hash ^ value) * 0x100000001B3ULL; };
  for (const std::uint16_t value : row.milliseconds)
    take(value);
  for (const Octet flag : row.learned)
    take(flag);
  return hash;
}

template <class T>
void append(Bytes& out, const std::vector<T>& values) {
  const std::size_t at = out.size(), octets = values.size() * sizeof(T);
  out.resize(at + octets);
  if (octets != 0) std::memcpy(out.data() + at, values.data(), octets);
}

}  // namespace

void LatencyTableWriter::add(LatencyRow row) {
  row.milliseconds.resize(regions_, no_measurement);
  row.learned.resize(regions_, 0);
  blocks_.push_back({row.prefix, number_of(row)});
}

/// Rows are told apart by what they say and by where it comes from.
std::uint32_t LatencyTableWriter::number_of(const LatencyRow& row) {
  const std::uint64_t hash = hash_of(row);
  const auto [first, last] = numbers_.equal_range(hash);
  for (auto at = first; at != last; ++at) {
    const auto from = static_cast<std::ptrdiff_t>(std::size_t{at->second} * regions_);
    if (std::equal(row.milliseconds.begin(), row.milliseconds.end(),
                   milliseconds_.begin() + from) &&
        std::equal(row.learned.begin(), row.learned.end(), learned_.begin() + from))
      return at->second;
  }
  const auto number = static_cast<std::uint32_t>(numbers_.size());
  numbers_.emplace(hash, number);
  milliseconds_.insert(milliseconds_.end(), row.milliseconds.begin(), row.milliseconds.end());
  learned_.insert(learned_.end(), row.learned.begin(), row.learned.end());
  return number;
}

Bytes LatencyTableWriter::finish() {
  Bytes out(sizeof(LatencyHeader));
  LatencyHeader header{};
  header.ranges = append_ranges(out, std::move(blocks_));
  header.rows = static_cast<std::uint32_t>(numbers_.size());
  header.regions = regions_;
  out.reserve(out.size() + milliseconds_.size() * 3);
  header.milliseconds = out.size();
  append(out, milliseconds_);
  header.learned = out.size();
  append(out, learned_);
  std::memcpy(out.data(), &header, sizeof(header));
  return out;
}

Bytes write_latency_table(std::span<const LatencyRow> rows, std::uint32_t regions) {
  LatencyTableWriter writer(regions);
  for (const LatencyRow& row : rows)
    writer.add(row);
  return writer.finish();
}

}  // namespace waymark::policy
