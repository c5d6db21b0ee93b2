// SPDX-License-Identifier: Apache-2.0
#include "api/rest/audit_json.h"

#include <charconv>

#include "api/rest/record_json.h"
#include "base/tls_crypto.h"

namespace waymark::api {
namespace {

constexpr std::size_t most_shown_sets = 100;

/// Objects are JSON but for tables, which are text.
Json shown(const zones::ObjectKey& key, const std::optional<std::string>& text) {
  if (!text) return {};
  Json json = Json::parse(*text, nullptr, false);
  if (json.is_discarded()) return *text;
  if (key.kind == zones::ObjectKind::token && json.is_object()) json.erase("hash");
  return json;
}

}  // namespace

Json encode_objects(const zones::Effects& effects) {
  Json out = Json::array();
  for (const zones::ObjectChange& change : effects.objects)
    out.push_back({{"object", std::string(to_string(change.key.kind)) + "/" + change.key.id},
                   {"before", shown(change.key, change.before)},
                   {"after", shown(change.key, change.after)}});
  return out;
}

Json encode_line(const zones::LoggedCommit& line, std::string_view status) {
  const zones::Commit& commit = line.committed.commit;
  Json out = encode_change(commit, status);
  out["revision"] = line.committed.revision.number;
  const std::size_t sets = commit.effects.removed.size() + commit.effects.added.size();
  if (sets <= most_shown_sets)
    add_effects(out, commit.effects);
  else
    out["omitted"] = {{"removed", commit.effects.removed.size()},
                      {"added", commit.effects.added.size()}};
  out["objects"] = encode_objects(commit.effects);
  out["link"] = hex(line.link);
  return out;
}

std::string encode_head(const zones::LogHead& head) {
  return std::to_string(head.number) + ":" + hex(head.link);
}

Result<zones::LogHead> decode_head(std::string_view text) {
  const Error bad(ErrorCode::bad_value, "\"" + std::string(text) +
                                            "\" is no line of the log; use NUMBER:LINK as "
                                            "an earlier check told it");
  zones::LogHead head;
  const char* const end = text.data() + text.size();
  const auto [colon, failure] = std::from_chars(text.data(), end, head.number);
  if (failure != std::errc{} || end - colon != 65 || *colon != ':') return bad;
  for (const char* at = colon + 1; at != end; at += 2) {
    Octet octet = 0;
    const auto [after, wrong] = std::from_chars(at, at + 2, octet, 16);
    if (wrong != std::errc{} || after != at + 2) return bad;
    head.link.push_back(octet);
  }
  return head;
}

}  // namespace waymark::api
