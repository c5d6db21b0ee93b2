// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "zones/store/sqlite_store.h"

namespace waymark::zones {

namespace {

class AbsentStore final : public Store {
 public:
  explicit AbsentStore(std::string reason) : reason_(std::move(reason)) {}

  Awaitable<Result<Committed>> commit(Decide) override { co_return refusal(); }
  Awaitable<Result<Committed>> replace(ZoneId, RecordSource, Decide) override {
    co_return refusal();
  }
  Result<std::unique_ptr<Snapshot>> snapshot() const override { return refusal(); }
  Revision applied() const override { return {}; }
  void on_commit(std::function<void(Revision, Origin)>) override {}  // there will be none
  std::string fault() const override { return reason_; }

 private:
  Error refusal() const { return {ErrorCode::unavailable, reason_}; }

  std::string reason_;
};

}  // namespace

std::unique_ptr<Store> make_absent_store(std::string reason) {
  return std::make_unique<AbsentStore>(std::move(reason));
}

}  // namespace waymark::zones
