// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "zones/store/sqlite.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Read-only connections, kept for the next snapshot. Safe from any thread, without a lock: a slot
/// holds an idle connection or none, and is emptied and filled by one exchange.
///
/// The log can not be begun anew while a reader stands in it. So a reading ends when the writer has
/// logged `most_pages` since it began: by growth, not by age, for a long one harms nobody while
/// nothing is written.
class ReaderPool : public std::enable_shared_from_this<ReaderPool> {
 public:
  static constexpr std::uint64_t most_pages = 32'768;  // 128 MiB

  /// `logged`: pages that the writer has put into the log, ever.
  ReaderPool(std::string path, std::shared_ptr<const std::atomic<std::uint64_t>> logged)
      : path_(std::move(path)), logged_(std::move(logged)) {}
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  /// `may_open`: whether a new connection may be opened when none is idle.
  Result<std::unique_ptr<Snapshot>> snapshot(bool may_open);

 private:
  Result<std::unique_ptr<Database>> take(bool may_open);
  void give_back(std::unique_ptr<Database> reader) noexcept;

  std::string path_;
  std::shared_ptr<const std::atomic<std::uint64_t>> logged_;
  std::array<std::atomic<Database*>, 8> idle_{};  // owned
};

}  // namespace waymark::zones
