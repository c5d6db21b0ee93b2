// SPDX-License-Identifier: Apache-2.0
#include "dns/board.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>

#include "dns/protocol/rr_type.h"
#include "dns/quarantine.h"

namespace waymark::dns {
namespace {

constexpr std::uint64_t board_magic = 0x57594D4B42524431;
constexpr std::uint64_t board_layout = 4;  // raised with any change below or in WorkerSlot

/// Cookie secrets that change under their readers: odd while they do.
struct Secrets {
  std::atomic<std::uint64_t> version;
  std::atomic<std::uint64_t> count;
  std::array<std::atomic<std::uint64_t>, 2 * CookieSecrets::max_secrets> halves;
};

/// What became of generations. `generation` is 0 while the others change.
struct FoundOut {
  std::atomic<std::uint64_t> known_good;
  std::atomic<std::uint64_t> generation, epoch, revision;
};

/// The whole of the shared memory. It begins as zeros, which is a valid value of every member.
struct Memory {
  std::uint64_t magic;
  std::uint64_t layout;
  std::atomic<std::uint32_t> workers;                 // supervisor writes
  alignas(64) std::atomic<std::uint64_t> generation;  // control process writes
  alignas(64) FoundOut found_out;                     // supervisor writes
  alignas(64) Secrets secrets;                        // see Board::set_cookie_secrets
  alignas(4096) std::array<std::atomic<std::uint64_t>, Board::health_slots / 64> health;
  std::array<WorkerSlot, Board::max_workers> slots;
  std::array<QueryRing, Board::max_workers> query_logs;  // takes no memory until it is used
  std::array<AnswerCounts, Board::max_workers> counts;   // the same
  CountedSince counted_since;                            // control process writes
};
static_assert(std::is_standard_layout_v<Memory> && std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(sizeof(WorkerSlot) == 4096);
// A cache line has one writer: what one process writes shares none with what another one does.
static_assert(offsetof(Memory, generation) % 64 == 0 && offsetof(Memory, secrets) % 64 == 0);
static_assert(offsetof(Memory, health) % 64 == 0 && offsetof(Memory, slots) % 64 == 0);
static_assert(alignof(WorkerSlot) % 64 == 0 && alignof(QueryRing) % 64 == 0);
static_assert(sizeof(QueryRing) % 64 == 0);

Memory& memory(const Mapping& mapping) noexcept {
  return *reinterpret_cast<Memory*>(mapping.data());
}

constexpr std::array<std::pair<RrType, const char*>, counted_types - 1> buckets{{
    {RrType::A, "A"},
    {RrType::AAAA, "AAAA"},
    {RrType::CNAME, "CNAME"},
    {RrType::MX, "MX"},
    {RrType::NS, "NS"},
    {RrType::SOA, "SOA"},
    {RrType::TXT, "TXT"},
    {RrType::PTR, "PTR"},
    {RrType::SRV, "SRV"},
    {RrType::HTTPS, "HTTPS"},
    {RrType::SVCB, "SVCB"},
    {RrType::CAA, "CAA"},
    {RrType::DS, "DS"},
    {RrType::NAPTR, "NAPTR"},
    {RrType::ANY, "ANY"},
}};

constexpr std::array<const char*, counted_rcodes> rcodes{"NOERROR",  "FORMERR",   "SERVFAIL",
                                                         "NXDOMAIN", "NOTIMP",    "REFUSED",
                                                         "BADVERS",  "BADCOOKIE", "other"};

}  // namespace

std::size_t type_bucket(std::uint16_t type) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i)
    if (static_cast<std::uint16_t>(buckets[i].first) == type) return i;
  return buckets.size();
}

const char* type_bucket_name(std::size_t bucket) noexcept {
  return bucket < buckets.size() ? buckets[bucket].second : "other";
}

const char* rcode_bucket_name(std::size_t bucket) noexcept {
  return rcodes[std::min(bucket, rcodes.size() - 1)];
}

Result<Board> Board::create() {
  auto segment = make_shared_segment("waymark-board", sizeof(Memory));
  if (!segment) return segment.error();
  auto mapping = Mapping::map(*segment, Mapping::Access::read_write);
  if (!mapping) return mapping.error();
  Board board;
  board.descriptor_ = std::move(*segment);
  board.mapping_ = std::move(*mapping);
  memory(board.mapping_).magic = board_magic;
  memory(board.mapping_).layout = board_layout;
  board.health().set_all();
  return board;
}

Result<Board> Board::attach(FileDescriptor descriptor) {
  auto mapping = Mapping::map(descriptor, Mapping::Access::read_write);
  if (!mapping) return mapping.error();
  if (mapping->octets() != sizeof(Memory))
    return Error(ErrorCode::bad_image, "board has " + std::to_string(mapping->octets()) +
                                           " octets, not " + std::to_string(sizeof(Memory)));
  if (memory(*mapping).magic != board_magic)
    return Error(ErrorCode::bad_image, "board does not begin with the magic number");
  if (memory(*mapping).layout != board_layout)
    return Error(ErrorCode::bad_image, "board layout " + std::to_string(memory(*mapping).layout) +
                                           " is not " + std::to_string(board_layout));
  Board board;
  board.descriptor_ = std::move(descriptor);
  board.mapping_ = std::move(*mapping);
  return board;
}

std::uint64_t Board::generation() const noexcept {
  return memory(mapping_).generation.load(std::memory_order_acquire);  // control process writes
}

void Board::raise_generation(std::uint64_t generation) noexcept {
  memory(mapping_).generation.store(generation, std::memory_order_release);
}

health::HealthTable Board::health() const noexcept {
  return health::HealthTable(memory(mapping_).health);
}

WorkerSlot& Board::worker(std::uint32_t index) const noexcept {
  WAYMARK_ASSERT(index < max_workers);
  return memory(mapping_).slots[index];
}

QueryRing& Board::query_log(std::uint32_t worker) const noexcept {
  WAYMARK_ASSERT(worker < max_workers);
  return memory(mapping_).query_logs[worker];
}

AnswerCounts& Board::answer_counts(std::uint32_t worker) const noexcept {
  WAYMARK_ASSERT(worker < max_workers);
  return memory(mapping_).counts[worker];
}

std::optional<std::uint64_t> Board::questions(std::uint32_t zone) const noexcept {
  if (zone >= AnswerCounts::counted_zones) return std::nullopt;
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < workers(); ++i)
    sum += answer_counts(i).questions(zone);
  return sum;
}

CountedSince& Board::counted_since() const noexcept {
  return memory(mapping_).counted_since;
}

std::uint64_t Board::answers(std::size_t number, std::uint16_t tag) const noexcept {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < workers(); ++i)
    sum += answer_counts(i).count(number, tag);
  return sum;
}

std::uint64_t Board::cookie_version() const noexcept {
  return memory(mapping_).secrets.version.load(std::memory_order_acquire);
}

std::optional<CookieSecrets> Board::cookie_secrets() const noexcept {
  const Secrets& shared = memory(mapping_).secrets;
  const std::uint64_t before = shared.version.load(std::memory_order_acquire);
  if (before == 0 || before % 2 != 0) return std::nullopt;
  const std::uint64_t count = std::min<std::uint64_t>(shared.count.load(std::memory_order_acquire),
                                                      CookieSecrets::max_secrets);
  CookieSecrets secrets;
  for (std::size_t i = 0; i < count; ++i)
    secrets.add({shared.halves[2 * i].load(std::memory_order_acquire),
                 shared.halves[2 * i + 1].load(std::memory_order_acquire)});
  if (shared.version.load(std::memory_order_relaxed) != before) return std::nullopt;
  return secrets;
}

void Board::set_cookie_secrets(const CookieSecrets& secrets) noexcept {
  Secrets& shared = memory(mapping_).secrets;
  const std::uint64_t odd = shared.version.load(std::memory_order_relaxed) | 1;
  shared.version.store(odd, std::memory_order_relaxed);
  // Release on each: who sees a new half also sees the odd version before it.
  shared.count.store(secrets.size(), std::memory_order_release);
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    shared.halves[2 * i].store(secrets.at(i).first, std::memory_order_release);
    shared.halves[2 * i + 1].store(secrets.at(i).second, std::memory_order_release);
  }
  shared.version.store(odd + 1, std::memory_order_release);
}

std::uint32_t Board::workers() const noexcept {
  return std::min(memory(mapping_).workers.load(std::memory_order_acquire), max_workers);
}

void Board::set_workers(std::uint32_t count) noexcept {
  WAYMARK_ASSERT(count <= max_workers);
  memory(mapping_).workers.store(count, std::memory_order_release);
}

namespace {

/// What the board's first slot stands in.
Memory& memory(const Board& board) noexcept {
  auto* const slots = reinterpret_cast<Octet*>(&board.worker(0));
  return *reinterpret_cast<Memory*>(slots - offsetof(Memory, slots));
}

}  // namespace

Quarantine quarantine(const Board& board) noexcept {
  const FoundOut& shared = memory(board).found_out;
  const std::uint64_t generation = shared.generation.load(std::memory_order_acquire);
  if (generation == 0) return {};
  const Quarantine found{generation, shared.epoch.load(std::memory_order_acquire),
                         shared.revision.load(std::memory_order_acquire)};
  return shared.generation.load(std::memory_order_relaxed) == generation ? found : Quarantine{};
}

void set_quarantine(const Board& board, const Quarantine& quarantine) noexcept {
  FoundOut& shared = memory(board).found_out;
  shared.generation.store(0, std::memory_order_relaxed);
  // Release on each: who sees a new one also sees that there is none.
  shared.epoch.store(quarantine.epoch, std::memory_order_release);
  shared.revision.store(quarantine.revision, std::memory_order_release);
  shared.generation.store(quarantine.generation, std::memory_order_release);
}

std::uint64_t known_good(const Board& board) noexcept {
  return memory(board).found_out.known_good.load(std::memory_order_relaxed);
}

void set_known_good(const Board& board, std::uint64_t generation) noexcept {
  memory(board).found_out.known_good.store(generation, std::memory_order_relaxed);
}

}  // namespace waymark::dns
