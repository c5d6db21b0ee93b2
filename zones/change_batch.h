// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "zones/hosted_zone.h"
#include "zones/record_set.h"

namespace waymark::zones {

struct Change {
  enum class Action : std::uint8_t { create, upsert, remove } action = Action::create;
  RecordSet record_set;
  bool readable = true;  // false: a fault of the batch tells why; the rest is still judged
  friend bool operator==(const Change&, const Change&) = default;
};

/// What a caller wants: intentions. Judged by its end state, so the order does not matter unless
/// `in_order`.
struct ChangeBatch {
  ZoneId zone;
  std::string comment;
  std::optional<std::uint64_t> if_version;
  std::vector<Change> changes;
  std::string traffic_policy_instance{};  // the one that makes it, and whose sets it may change
  /// Those that go with the batch. It removes every set that they have made.
  std::vector<std::string> removed_instances{};
  std::vector<Error> faults{};  // found while it was read; resolve() adds its own and refuses it
  bool in_order = false;        // each change must be possible after those before it, too
};

/// Configuration that is no record: kept and changed by commits as well (decisions/0007 S2).
enum class ObjectKind : std::uint8_t {
  zone = 1,                      // id: ZoneId; JSON {"name","comment","created"}
  health_check = 2,              // id: CheckId
  latency = 3,                   // id: "table": the operator's whole table
  token = 4,                     // id: token id
  location = 10,                 // id "table": the operator's places of clients
  cidr_collection = 11,          // id: UUID
  vpc = 12,                      // id: the operator's
  traffic_policy = 13,           // id: UUID, or UUID/version
  traffic_policy_instance = 14,  // id: UUID
  traffic_policy_document = 15,  // id: UUID/version; the JSON as it was given
  access_key = 20,               // id: the key's
  caller_reference = 21,         // id: "hostedzone/" and the reference; text: the zone it made;
                                 // "healthcheck/" and "cidrcollection/" alike
  tags = 22,               // id: "hostedzone/" or "healthcheck/" and its id; JSON {key: value}
  vpc_authorization = 25,  // id: ZoneId/VPC id; text: "authorized"
  delegation_set = 26,     // id: "N" and 20 letters and digits
  query_logging = 27,      // id: UUID; text: ZoneId, a tab, where its log would go
};
std::string_view to_string(ObjectKind kind) noexcept;

struct ObjectKey {
  ObjectKind kind{};
  std::string id;
  friend auto operator<=>(const ObjectKey&, const ObjectKey&) = default;
};
struct ObjectChange {
  ObjectKey key;
  std::optional<std::string> before, after;  // JSON text; none: did not or does not exist
  friend bool operator==(const ObjectChange&, const ObjectChange&) = default;
};

/// What a commit does: effects, not intentions (decisions/0007 S1). Applying it is a pure function.
struct Effects {
  std::vector<RecordSet> removed, added;
  std::vector<ObjectChange> objects;
  bool replaced = false;  // the whole content came through Store::replace; removed/added are empty
  std::uint64_t replaced_sets = 0;
  friend bool operator==(const Effects&, const Effects&) = default;
};

using Scope = std::variant<ZoneId, ObjectKey>;  // what is compared and swapped

/// A batch, resolved.
struct Commit {
  ChangeId id;
  Scope scope;
  std::uint64_t base = 0, version = 0;  // of the scope; version = base + 1
  std::uint32_t soa_serial = 0;         // zone scopes
  TimePoint submitted;
  std::string comment;
  std::string author;  // to_text(Author): who, by which door, from where
  Effects effects;
  friend bool operator==(const Commit&, const Commit&) = default;
};

/// Canonical, versioned, length-prefixed octets (decisions/0007 S16). Golden files hold them still.
Bytes encode(const Commit& commit);
/// Fails with `bad_image`: an unknown format or field, cut short, trailing octets.
Result<Commit> decode_commit(ByteView octets);

Bytes encode(const Routing& routing);
Result<Routing> decode_routing(ByteView octets);

Bytes encode(const RecordSet& set);
Result<RecordSet> decode_record_set(ByteView octets);

}  // namespace waymark::zones
