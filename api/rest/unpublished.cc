// SPDX-License-Identifier: Apache-2.0
#include "api/rest/unpublished.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_commits = 100;

}  // namespace

Result<Unpublished> Unpublished::of(const zones::Snapshot& state, const dns::Image& image) {
  Unpublished out;
  const zones::Revision there = state.revision();
  zones::Revision at{image.manifest().epoch, image.manifest().revision};
  if (at == there) return out;
  const auto commits = at.epoch == there.epoch && at < there ? state.commits_since(at, most_commits)
                                                             : std::vector<zones::Committed>();
  if (!commits) return commits.error();
  for (const zones::Committed& one : *commits) {
    if (one.revision.number != at.number + 1) break;
    if (auto noted = out.note(state, one.commit); !noted) return noted.error();
    at = one.revision;
  }
  out.everything_ = at != there;
  return out;
}

Result<void> Unpublished::note(const zones::Snapshot& state, const zones::Commit& commit) {
  const auto* id = std::get_if<zones::ZoneId>(&commit.scope);
  if (id == nullptr) return {};
  const auto zone = state.last_known(*id);
  if (!zone) return zone.error();
  if (!*zone) return {};
  if (commit.effects.replaced) zones_.insert((*zone)->number);
  for (const auto* side : {&commit.effects.removed, &commit.effects.added})
    for (const zones::RecordSet& set : *side)
      names_.emplace((*zone)->number, set.owner);
  return {};
}

}  // namespace waymark::api
