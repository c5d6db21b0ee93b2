// SPDX-License-Identifier: Apache-2.0
#include "tests/zones/store/test_disk.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <sqlite3.h>

#include "base/result.h"

namespace waymark::zones {

namespace {

TestDisk* disk = nullptr;
sqlite3_vfs* usual = nullptr;

using Failure = TestDisk::Failure;

struct File {  // as SQLite allocates it: ours, and behind it the usual one
  sqlite3_file base;
  const char* path;  // SQLite keeps it as long as the file is open; null: a temporary file
  std::size_t number;
  sqlite3_file* usual() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File& ours(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file);
}
sqlite3_file* below(sqlite3_file* file) {
  return ours(file).usual();
}
void note(sqlite3_file* file, DiskEvent event) {
  if (ours(file).path == nullptr) return;
  event.path = ours(file).path;
  disk->note(std::move(event));
}

int close_file(sqlite3_file* file) {
  return below(file)->pMethods->xClose(below(file));
}

int read_file(sqlite3_file* file, void* into, int octets, sqlite3_int64 at) {
  if (disk->next(false)) return SQLITE_IOERR_READ;
  return below(file)->pMethods->xRead(below(file), into, octets, at);
}

int write_file(sqlite3_file* file, const void* from, int octets, sqlite3_int64 at) {
  disk->note_written(ours(file).number);
  const auto failure = disk->next(false);
  if (failure == Failure::io) return SQLITE_IOERR_WRITE;
  if (failure == Failure::full) return SQLITE_FULL;
  const int written = failure ? octets / 2 : octets;
  const int code = below(file)->pMethods->xWrite(below(file), from, written, at);
  if (code == SQLITE_OK) {
    const auto* first = static_cast<const Octet*>(from);
    note(file, {DiskEvent::Kind::write, "", at, Bytes(first, first + written)});
  }
  return failure ? SQLITE_IOERR_WRITE : code;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 length) {
  disk->note_written(ours(file).number);
  if (disk->next(false)) return SQLITE_IOERR_TRUNCATE;
  const int code = below(file)->pMethods->xTruncate(below(file), length);
  if (code == SQLITE_OK) note(file, {DiskEvent::Kind::truncate, "", length});
  return code;
}

int flush_file(sqlite3_file* file, int flags) {
  if (disk->next(true)) {
    note(file, {DiskEvent::Kind::failed_flush, ""});
    return SQLITE_IOERR_FSYNC;
  }
  const int code = below(file)->pMethods->xSync(below(file), flags);
  if (code == SQLITE_OK) note(file, {DiskEvent::Kind::flush, ""});
  return code;
}

int file_size(sqlite3_file* file, sqlite3_int64* octets) {
  if (disk->next(false)) return SQLITE_IOERR_FSTAT;
  return below(file)->pMethods->xFileSize(below(file), octets);
}

int map_shared(sqlite3_file* file, int page, int octets, int extend, void volatile** to) {
  if (disk->next(false)) return SQLITE_IOERR_SHMMAP;
  return below(file)->pMethods->xShmMap(below(file), page, octets, extend, to);
}

// What does not touch the disk passes through.
sqlite3_io_methods methods = {
    2,
    close_file,
    read_file,
    write_file,
    truncate_file,
    flush_file,
    file_size,
    [](sqlite3_file* f, int lock) { return below(f)->pMethods->xLock(below(f), lock); },
    [](sqlite3_file* f, int lock) { return below(f)->pMethods->xUnlock(below(f), lock); },
    [](sqlite3_file* f, int* out) { return below(f)->pMethods->xCheckReservedLock(below(f), out); },
    [](sqlite3_file* f, int op, void* arg) {
      return below(f)->pMethods->xFileControl(below(f), op, arg);
    },
    [](sqlite3_file* f) { return below(f)->pMethods->xSectorSize(below(f)); },
    [](sqlite3_file* f) { return below(f)->pMethods->xDeviceCharacteristics(below(f)); },
    map_shared,
    [](sqlite3_file* f, int offset, int n, int flags) {
      return below(f)->pMethods->xShmLock(below(f), offset, n, flags);
    },
    [](sqlite3_file* f) { below(f)->pMethods->xShmBarrier(below(f)); },
    [](sqlite3_file* f, int remove) { return below(f)->pMethods->xShmUnmap(below(f), remove); },
    nullptr,  // no memory mapping: Waymark sets mmap_size = 0
    nullptr};

int open_file(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  file->pMethods = nullptr;
  if (disk->next(false)) return SQLITE_CANTOPEN;
  ours(file).path = path;
  ours(file).number =
      disk->note_opened(path == nullptr ? "" : path, (flags & SQLITE_OPEN_READWRITE) != 0);
  const int code = usual->xOpen(usual, path, below(file), flags, out_flags);
  if (code == SQLITE_OK) file->pMethods = &methods;
  return code;
}

int delete_file(sqlite3_vfs*, const char* path, int flush_directory) {
  if (disk->next(false)) return SQLITE_IOERR_DELETE;
  const int code = usual->xDelete(usual, path, flush_directory);
  if (code == SQLITE_OK) disk->note({DiskEvent::Kind::remove, path, 0, {}, flush_directory != 0});
  return code;
}

sqlite3_vfs ours_as_vfs() {
  sqlite3_vfs vfs = *usual;  // times, names and random numbers are the usual ones
  vfs.szOsFile = static_cast<int>(sizeof(File)) + usual->szOsFile;
  vfs.zName = "waymark-test-disk";
  vfs.pNext = nullptr;
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = [](sqlite3_vfs*, const char* path, int flags, int* out) {
    return usual->xAccess(usual, path, flags, out);
  };
  vfs.xFullPathname = [](sqlite3_vfs*, const char* path, int octets, char* out) {
    return usual->xFullPathname(usual, path, octets, out);
  };
  return vfs;
}

sqlite3_vfs registered;

}  // namespace

TestDisk::TestDisk(bool shared_memory) {
  WAYMARK_ASSERT(disk == nullptr);
  methods.iVersion = shared_memory ? 2 : 1;
  usual = sqlite3_vfs_find(nullptr);
  registered = ours_as_vfs();
  disk = this;
  sqlite3_vfs_register(&registered, 1);
}

TestDisk::~TestDisk() {
  sqlite3_vfs_unregister(&registered);
  sqlite3_vfs_register(usual, 1);
  disk = nullptr;
}

void TestDisk::fail(std::size_t n, Failure how, bool from_then_on) {
  const std::scoped_lock lock(mutex_);
  fails_at_ = n, how_ = how, from_then_on_ = from_then_on, flushes_only_ = false;
  calls_ = 0, has_failed_ = false;
}

void TestDisk::fail_flush(std::size_t n) {
  fail(n, Failure::io, false);
  flushes_only_ = true;
}

void TestDisk::mend() {
  const std::scoped_lock lock(mutex_);
  fails_at_ = std::nullopt;
}

bool TestDisk::has_failed() const {
  const std::scoped_lock lock(mutex_);
  return has_failed_;
}

std::vector<DiskEvent> TestDisk::events() const {
  const std::scoped_lock lock(mutex_);
  return events_;
}

std::vector<OpenedFile> TestDisk::opened() const {
  const std::scoped_lock lock(mutex_);
  return opened_;
}

std::size_t TestDisk::note_opened(const char* path, bool may_write) {
  const std::scoped_lock lock(mutex_);
  opened_.push_back({path, may_write});
  return opened_.size() - 1;
}

void TestDisk::note_written(std::size_t opened) {
  const std::scoped_lock lock(mutex_);
  opened_[opened].wrote = true;
}

std::optional<TestDisk::Failure> TestDisk::next(bool is_flush) {
  const std::scoped_lock lock(mutex_);
  if (!fails_at_ || (flushes_only_ && !is_flush)) return std::nullopt;
  const std::size_t call = calls_++;
  if (from_then_on_ ? call < *fails_at_ : call != *fails_at_) return std::nullopt;
  has_failed_ = true;
  return how_;
}

void TestDisk::note(DiskEvent event) {
  const std::scoped_lock lock(mutex_);
  events_.push_back(std::move(event));
}

namespace {

/// One file of a disk that loses its power.
struct Stored {
  Bytes durable;
  std::vector<const DiskEvent*> waiting;  // since the last flush
  std::vector<const DiskEvent*> doomed;   // stood before a flush that failed
  bool removed = false;                   // but the directory was not flushed
  bool fresh = true;                      // not flushed since it was made
};

void apply(Bytes& content, const DiskEvent& event, std::size_t octets) {
  const auto at = static_cast<std::size_t>(event.at);
  if (event.kind == DiskEvent::Kind::truncate) return content.resize(at);
  if (octets == 0) return;
  if (content.size() < at + octets) content.resize(at + octets);
  std::memcpy(content.data() + at, event.octets.data(), octets);
}

void apply_by_chance(Bytes& content, const std::vector<const DiskEvent*>& events, Random& random) {
  constexpr std::uint32_t sector = 512;
  for (const DiskEvent* event : events) {
    const auto octets = static_cast<std::uint32_t>(event->octets.size());
    switch (random.below(3)) {
      case 0:
        break;
      case 1:
        apply(content, *event, octets);
        break;
      default:  // torn; nothing can tear a truncation
        apply(content, *event, random.below(octets / sector + 1) * sector);
    }
  }
}

using Disk = std::map<std::string, Stored>;

/// SQLite flushes the directory with the first flush of a new log or journal, and then it is true
/// for good that others are gone.
void flush_directory(Disk& files, const std::string& with) {
  if (!std::exchange(files[with].fresh, false)) return;
  if (!with.ends_with("-wal") && !with.ends_with("-journal")) return;
  std::erase_if(files, [](const auto& file) { return file.second.removed; });
}

void take(Stored& file, const DiskEvent& event, Random& random) {
  using Kind = DiskEvent::Kind;
  if (file.removed && event.kind != Kind::remove) file = {};  // a new one of the same name
  switch (event.kind) {
    case Kind::write:
    case Kind::truncate:
      return file.waiting.push_back(&event);
    case Kind::flush:  // says nothing about what an earlier one did not write
      if (!file.doomed.empty()) apply_by_chance(file.durable, file.doomed, random);
      for (const DiskEvent* one : file.waiting)
        apply(file.durable, *one, one->octets.size());
      file.waiting.clear();
      return file.doomed.clear();
    case Kind::failed_flush:
      file.doomed.insert(file.doomed.end(), file.waiting.begin(), file.waiting.end());
      return file.waiting.clear();
    case Kind::remove:
      if (event.durable) file = {};
      file.removed = true;
      return;
    case Kind::mark:
      return;
  }
}

}  // namespace

std::map<std::string, Bytes> after_power_cut(const std::vector<DiskEvent>& events,
                                             std::size_t until, Random& random) {
  Disk files;
  for (std::size_t i = 0; i < until; ++i) {
    if (events[i].kind == DiskEvent::Kind::mark) continue;
    take(files[events[i].path], events[i], random);
    if (events[i].kind == DiskEvent::Kind::flush) flush_directory(files, events[i].path);
  }
  std::map<std::string, Bytes> left;
  for (auto& [path, file] : files) {
    if (file.removed && (file.durable.empty() || random.below(2) == 0)) continue;
    apply_by_chance(file.durable, file.doomed, random);
    apply_by_chance(file.durable, file.waiting, random);
    left[path] = std::move(file.durable);
  }
  return left;
}

}  // namespace waymark::zones
