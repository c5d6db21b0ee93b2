// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"

namespace waymark::zones {

/// What a file was told, in order. `mark` is the test's own.
struct DiskEvent {
  enum class Kind : std::uint8_t { write, truncate, flush, failed_flush, remove, mark };
  Kind kind;
  std::string path;
  std::int64_t at = 0;  // write: offset; truncate: length; mark: its number
  Bytes octets{};
  bool durable = false;  // remove: the directory was flushed, too
};

/// A file that a connection has opened, and whether it wrote into it.
struct OpenedFile {
  std::string path;
  bool may_write = false, wrote = false;
};

/// The file system that every SQLite connection opened in its life uses: the usual one, which can
/// be told to fail, and remembers what it was told. One at a time; any thread.
class TestDisk {
 public:
  enum class Failure : std::uint8_t { io, full, cut_short };

  /// Without shared memory SQLite has no write-ahead log.
  explicit TestDisk(bool shared_memory = true);
  ~TestDisk();
  TestDisk(const TestDisk&) = delete;
  TestDisk& operator=(const TestDisk&) = delete;

  /// The n-th call from now on fails, counted from 0; or all from then on.
  void fail(std::size_t n, Failure how, bool from_then_on);
  /// The same among the flushes alone.
  void fail_flush(std::size_t n);
  void mend();
  /// Whether a call was made to fail since then.
  bool has_failed() const;

  void mark(std::int64_t number) { note({DiskEvent::Kind::mark, "", number}); }
  std::vector<DiskEvent> events() const;
  /// Each as often as it was opened.
  std::vector<OpenedFile> opened() const;

  // For the file system below.
  std::optional<Failure> next(bool is_flush);
  void note(DiskEvent event);
  std::size_t note_opened(const char* path, bool may_write);
  void note_written(std::size_t opened);

 private:
  mutable std::mutex mutex_;
  std::vector<DiskEvent> events_;
  std::vector<OpenedFile> opened_;
  std::optional<std::size_t> fails_at_;
  Failure how_ = Failure::io;
  bool from_then_on_ = false, flushes_only_ = false, has_failed_ = false;
  std::size_t calls_ = 0;
};

/// What a disk holds when the power goes after the first `until` events: of what was written to a
/// file since its last flush any part may be there or not, a write may be torn between sectors, and
/// what stood before a flush that failed may never arrive. Path → content.
std::map<std::string, Bytes> after_power_cut(const std::vector<DiskEvent>& events,
                                             std::size_t until, Random& random);

}  // namespace waymark::zones
