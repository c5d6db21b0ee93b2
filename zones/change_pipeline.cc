// SPDX-License-Identifier: Apache-2.0
#include "zones/change_pipeline.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include "zones/zone_import.h"

namespace waymark::zones {

namespace {

constexpr int most_attempts = 5;              // cluster stores lose races; this one does not
constexpr std::size_t most_diff_sets = 4096;  // above this an import is staged

bool lost(const Result<Committed>& answer) {
  return !answer && answer.error().code() == ErrorCode::conflict;
}

Awaitable<Result<Committed>> submit(Store& store, Decide decide) {
  auto answer = co_await store.commit(decide);
  for (int attempt = 1; attempt < most_attempts && lost(answer); ++attempt) {
    answer = co_await store.commit(decide);
  }
  co_return answer;
}

/// Decisions run on the store's thread: each owns what it reads, the random numbers as well.
template <class Resolve>
Decide decision(const Clock& clock, Random& random, std::string author, Resolve resolve) {
  return [&clock, random = Random(random.next()), author = std::move(author),
          resolve = std::move(resolve)](const Snapshot& state) mutable -> Result<Commit> {
    return resolve(state, Decider{clock, random, author});
  };
}

RecordSource source_of(std::shared_ptr<const ZoneImport> import) {
  return [import = std::move(import),
          at = std::size_t{0}]() mutable -> Result<std::optional<RecordSet>> {
    if (at == import->sets.size()) return std::optional<RecordSet>();
    return std::optional(import->sets[at++]);
  };
}

}  // namespace

ChangePipeline::ChangePipeline(Store& store, const Clock& clock, Random random,
                               ZoneDefaults defaults)
    : store_(store), clock_(clock), random_(random), defaults_(std::move(defaults)) {}

Awaitable<Result<Committed>> ChangePipeline::apply(ChangeBatch batch, std::string author) {
  return submit(store_, decision(clock_, random_, std::move(author),
                                 [batch = std::move(batch)](const Snapshot& state, Decider by) {
                                   return resolve(state, batch, std::move(by));
                                 }));
}

Awaitable<Result<Committed>> ChangePipeline::create_zone(NewZone zone, std::string author) {
  return submit(store_, decision(clock_, random_, std::move(author),
                                 [zone = std::move(zone), defaults = defaults_](
                                     const Snapshot& state, Decider by) {
                                   return resolve_zone_create(state, zone, defaults, std::move(by));
                                 }));
}

Awaitable<Result<Committed>> ChangePipeline::comment_zone(ZoneId zone, std::string comment,
                                                          std::string author) {
  return submit(store_, decision(clock_, random_, std::move(author),
                                 [zone = std::move(zone), comment = std::move(comment)](
                                     const Snapshot& state, Decider by) {
                                   return resolve_zone_comment(state, zone, comment, std::move(by));
                                 }));
}

Awaitable<Result<Committed>> ChangePipeline::delete_zone(ZoneId zone, bool force,
                                                         std::string author) {
  return submit(store_,
                decision(clock_, random_, std::move(author),
                         [zone = std::move(zone), force](const Snapshot& state, Decider by) {
                           return resolve_zone_delete(state, zone, force, std::move(by));
                         }));
}

Awaitable<Result<Committed>> ChangePipeline::put_object(ObjectKey key,
                                                        std::optional<std::string> after,
                                                        std::string author) {
  return submit(store_, decision(clock_, random_, std::move(author),
                                 [key = std::move(key), after = std::move(after)](
                                     const Snapshot& state, Decider by) {
                                   return resolve_object(state, key, after, std::move(by));
                                 }));
}

Awaitable<Result<Committed>> ChangePipeline::edit_object(ObjectKey key, Edit edit,
                                                         std::string author) {
  EditInState in_state = [edit = std::move(edit)](const Snapshot&,
                                                  const std::optional<std::string>& before) {
    return edit(before);
  };
  return edit_object_in_state(std::move(key), std::move(in_state), std::move(author));
}

Awaitable<Result<Committed>> ChangePipeline::edit_object_in_state(ObjectKey key, EditInState edit,
                                                                  std::string author) {
  return submit(store_, decision(clock_, random_, std::move(author),
                                 [key = std::move(key), edit = std::move(edit)](
                                     const Snapshot& state, Decider by) -> Result<Commit> {
                                   auto before = state.object(key);
                                   if (!before) return before.error();
                                   auto after = edit(state, *before);
                                   if (!after) return after.error();
                                   return resolve_object(state, key, std::move(*after),
                                                         std::move(by));
                                 }));
}

Awaitable<Result<Committed>> ChangePipeline::remove_object(ObjectKey key, bool in_use_too,
                                                           std::string author) {
  return submit(
      store_, decision(clock_, random_, std::move(author),
                       [key = std::move(key), in_use_too](const Snapshot& state, Decider by) {
                         return resolve_object(state, key, std::nullopt, std::move(by), in_use_too);
                       }));
}

Awaitable<Result<Committed>> ChangePipeline::import_zone(dns::Name name,
                                                         std::vector<RecordSet> sets, bool create,
                                                         std::optional<std::uint64_t> if_version,
                                                         std::string author, ZoneId zone) {
  ZoneImport import{std::move(name), std::move(sets), create, if_version, std::move(zone)};
  co_return co_await import_zone(std::move(import), std::move(author));
}

Awaitable<Result<Committed>> ChangePipeline::import_zone(ZoneImport given, std::string author) {
  auto checked = check_import(std::move(given));
  if (!checked) co_return checked.error();
  const auto import = std::make_shared<ZoneImport>(*std::move(checked));
  auto answer = co_await import_once(import, author);
  for (int attempt = 1; attempt < most_attempts && lost(answer); ++attempt) {
    answer = co_await import_once(import, author);
  }
  co_return answer;
}

Awaitable<Result<Committed>> ChangePipeline::import_once(std::shared_ptr<ZoneImport> import,
                                                         std::string author) {
  auto zone = [&]() -> Result<std::optional<HostedZone>> {
    auto state = store_.snapshot();
    if (!state) return state.error();
    if (auto fit = settle_instances(**state, *import); !fit) return fit.error();
    return import_target(**state, *import);
  }();
  if (!zone) co_return zone.error();
  const auto stored = *zone ? (*zone)->record_sets : 0;
  if (import->sets.size() <= most_diff_sets && stored <= most_diff_sets) {
    // Named, here and below: g++ 12 destroys a lambda twice that is a temporary of a co_await.
    auto decide = decision(
        clock_, random_, std::move(author),
        [import, defaults = defaults_](const Snapshot& state, Decider by) -> Result<Commit> {
          if (auto fit = check_import_references(state, *import); !fit) return fit.error();
          if (auto fit = settle_instances(state, *import); !fit) return fit.error();
          return resolve_import(state, *import, defaults, std::move(by));
        });
    co_return co_await store_.commit(std::move(decide));
  }

  const auto serial = settle_serial(*import, *zone);
  auto decide = decision(
      clock_, random_, std::move(author),
      [import, seen = *zone, serial, defaults = defaults_](const Snapshot& state,
                                                           Decider by) -> Result<Commit> {
        auto stands = import_target(state, *import);
        if (!stands) return stands.error();
        if (auto fit = check_import_references(state, *import); !fit) return fit.error();
        if (!*stands && !seen)
          return resolve_staged_create(state, *import, defaults, std::move(by));
        // The serial was written when staging began: over this version, and no other.
        if (!*stands || !seen || (*stands)->id != seen->id || (*stands)->version != seen->version) {
          return Error(ErrorCode::conflict,
                       "zone " + import->name.to_string() + " has changed during the import");
        }
        return resolve_zone_replace(state, seen->id, import->sets.size(), serial, std::move(by));
      });
  auto id = *zone ? (*zone)->id : ZoneId{};
  auto source = source_of(import);
  co_return co_await store_.replace(std::move(id), std::move(source), std::move(decide));
}

Result<Commit> ChangePipeline::dry_run_import(ZoneImport given, const std::string& author) {
  auto import = check_import(std::move(given));
  if (!import) return import.error();
  auto state = store_.snapshot();
  if (!state) return state.error();
  if (auto fit = check_import_references(**state, *import); !fit) return fit.error();
  if (auto fit = settle_instances(**state, *import); !fit) return fit.error();
  return resolve_import(**state, *import, defaults_, decider(author));
}

Awaitable<Result<Committed>> ChangePipeline::decide(Resolve resolve, std::string author) {
  return submit(store_, decision(clock_, random_, std::move(author), std::move(resolve)));
}

Result<Commit> ChangePipeline::preview(const Resolve& resolve, const std::string& author) {
  auto state = store_.snapshot();
  if (!state) return state.error();
  return resolve(**state, decider(author));
}

Result<Commit> ChangePipeline::dry_run(const ChangeBatch& batch, const std::string& author) {
  auto state = store_.snapshot();
  if (!state) return state.error();
  return resolve(**state, batch, decider(author));
}

void ChangePipeline::compiled(Revision revision, std::uint64_t generation) {
  generations_.emplace_back(generation, revision);
  adopted(adopted_);  // workers may have been quicker than the news
}

void ChangePipeline::adopted(std::uint64_t generation) {
  adopted_ = std::max(adopted_, generation);
  std::erase_if(generations_, [this](const auto& compiled) {
    if (compiled.first > adopted_) return false;
    in_sync_ = std::max(in_sync_, compiled.second);
    return true;
  });
  for (const auto& waiter : waiters_) {
    if (waiter.revision <= in_sync_) waiter.timer->cancel();
  }
}

Awaitable<Result<void>> ChangePipeline::wait_in_sync(Revision revision, Duration limit) {
  if (revision <= in_sync_) co_return Result<void>();
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  const auto waiter = waiters_.insert(waiters_.end(), {revision, &timer});
  // Also when the coroutine is destroyed while it waits.
  const std::shared_ptr<void> leave(nullptr, [this, waiter](void*) { waiters_.erase(waiter); });
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  if (revision <= in_sync_) co_return Result<void>();
  co_return Error(ErrorCode::timed_out,
                  "the change is durable, but not all workers answer from it");
}

}  // namespace waymark::zones
