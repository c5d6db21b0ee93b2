// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "zones/store/sqlite.h"
#include "zones/store/store.h"

namespace waymark::zones {

/// Read-only connections, kept for the next snapshot. Safe from any thread, without a lock: a slot
/// holds an idle connection or none, and is emptied and filled by one exchange.
class ReaderPool : public std::enable_shared_from_this<ReaderPool> {
 public:
  explicit ReaderPool(std::string path) : path_(std::move(path)) {}
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  /// `may_open`: whether a new connection may be opened when none is idle.
  Result<std::unique_ptr<Snapshot>> snapshot(bool may_open);

 private:
  Result<std::unique_ptr<Database>> take(bool may_open);
  void give_back(std::unique_ptr<Database> reader) noexcept;

  std::string path_;
  std::array<std::atomic<Database*>, 8> idle_{};  // owned
};

}  // namespace waymark::zones
