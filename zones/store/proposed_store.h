// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "zones/store/store.h"

namespace waymark::zones {

/// A store as it would be after one more commit of a zone: to be read, never written. All its
/// snapshots are of the one it was made of, so it is used on one thread at a time and kept short.
class ProposedStore final : public Store {
 public:
  /// `proposed` is of a zone scope and lists what it removes and adds.
  ProposedStore(std::shared_ptr<const Snapshot> base, Commit proposed);

  Result<std::unique_ptr<Snapshot>> snapshot() const override;
  Revision applied() const override;

  Awaitable<Result<Committed>> commit(Decide decide) override;
  Awaitable<Result<Committed>> replace(ZoneId zone, RecordSource source, Decide decide) override;
  void on_commit(std::function<void(Revision, Origin)>) override {}  // there will be none
  std::string fault() const override;

 private:
  std::shared_ptr<const Snapshot> base_;
  std::shared_ptr<const Commit> proposed_;
};

}  // namespace waymark::zones
