// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include "base/async.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "dns/board.h"
#include "zones/change_batch.h"
#include "zones/store/store.h"
#include "zones/validate.h"

namespace waymark::zones {

struct ZoneImport;

enum class ChangeStatus : std::uint8_t {
  pending,
  in_sync
};  // a comparison with a watermark, no flag

/// The only road into the data plane: resolve → commit → (compile → publish, behind) → in sync.
/// Main thread of the control process.
class ChangePipeline {
 public:
  ChangePipeline(Store& store, const Clock& clock, Random random, ZoneDefaults defaults);

  /// Each resumes once durable.
  Awaitable<Result<Committed>> apply(ChangeBatch batch, std::string author);
  Awaitable<Result<Committed>> create_zone(NewZone zone, std::string author);
  Awaitable<Result<Committed>> comment_zone(ZoneId zone, std::string comment, std::string author);
  Awaitable<Result<Committed>> delete_zone(ZoneId zone, bool force, std::string author);
  /// Replaces a zone's content by what a zone file held: of `zone`, or of the public zone of that
  /// name, which is created when `create`.
  Awaitable<Result<Committed>> import_zone(dns::Name name, std::vector<RecordSet> sets, bool create,
                                           std::optional<std::uint64_t> if_version,
                                           std::string author, ZoneId zone = {});
  /// The text that follows from the one that stands when the change is decided; none removes it.
  using Edit = std::function<Result<std::optional<std::string>>(const std::optional<std::string>&)>;
  /// Like put_object, for a change of what stands: none is lost when two come at once. `edit` runs
  /// on the store's thread, perhaps twice, and reads only what it holds.
  Awaitable<Result<Committed>> edit_object(ObjectKey key, Edit edit, std::string author);
  /// The same, where what else stands decides as well.
  using EditInState = std::function<Result<std::optional<std::string>>(
      const Snapshot&, const std::optional<std::string>&)>;
  Awaitable<Result<Committed>> edit_object_in_state(ObjectKey key, EditInState edit,
                                                    std::string author);
  /// Also when record sets refer to it: they count as healthy then.
  Awaitable<Result<Committed>> remove_object(ObjectKey key, bool in_use_too, std::string author);
  Awaitable<Result<Committed>> put_object(ObjectKey key, std::optional<std::string> after,
                                          std::string author);

  /// What is decided elsewhere, on the store's thread: `resolve` reads only what it holds, and may
  /// be asked twice.
  using Resolve = std::function<Result<Commit>(const Snapshot&, Decider)>;
  Awaitable<Result<Committed>> decide(Resolve resolve, std::string author);
  /// What it would commit; nothing is stored.
  Result<Commit> preview(const Resolve& resolve, const std::string& author);

  /// The difference that the batch would make; nothing is stored.
  Result<Commit> dry_run(const ChangeBatch& batch, const std::string& author);

  /// Told by the compiler: every revision up to `revision` is in `generation`.
  void compiled(Revision revision, std::uint64_t generation);
  /// The generation that all live workers answer from, as last reported.
  void adopted(std::uint64_t generation);
  /// What a new zone's NS and SOA say.
  const ZoneDefaults& defaults() const noexcept { return defaults_; }
  /// Lowest revision that all workers acknowledged.
  Revision local_revision() const noexcept { return in_sync_; }
  ChangeStatus status(Revision revision) const noexcept {
    return revision <= in_sync_ ? ChangeStatus::in_sync : ChangeStatus::pending;
  }
  /// Resumes when `revision` is in sync, or with `timed_out`.
  Awaitable<Result<void>> wait_in_sync(Revision revision, Duration limit);

 private:
  /// A waiting wait_in_sync(); its timer is cancelled when the revision arrives.
  struct Waiter {
    Revision revision;
    asio::steady_timer* timer;
  };

  Awaitable<Result<Committed>> import_once(std::shared_ptr<ZoneImport> import, std::string author);
  Decider decider(std::string author) { return {clock_, random_, std::move(author)}; }

  Store& store_;
  const Clock& clock_;
  Random random_;
  ZoneDefaults defaults_;
  Revision in_sync_;
  std::uint64_t adopted_ = 0;
  std::list<Waiter> waiters_;
  std::vector<std::pair<std::uint64_t, Revision>> generations_;  // compiled, not yet adopted
};

}  // namespace waymark::zones
