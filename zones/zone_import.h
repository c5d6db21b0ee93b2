// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "zones/validate.h"

namespace waymark::zones {

/// What a zone file held, on its way to become a zone's whole content.
struct ZoneImport {
  dns::Name name;
  std::vector<RecordSet> sets;  // canonical order, no key twice
  bool create = false;
  std::optional<std::uint64_t> if_version;
  ZoneId zone{};                                   // none: the public zone of that name
  std::string comment = "import";                  // of the change
  std::string zone_comment{};                      // of a zone that is made
  std::optional<std::vector<std::string>> vpcs{};  // ids or names: makes a private zone, always
};

/// Puts the sets in order and judges them as the end state of the zone: every fault, 100 at most.
Result<ZoneImport> check_import(ZoneImport import);

/// The zone whose place the import takes; none: there is no such zone, or one is made in any case.
Result<std::optional<HostedZone>> replaced_zone(const Snapshot& state, const ZoneImport& import);

/// Whether what the sets refer to is there: health checks, regions, alias targets. Every fault.
Result<void> check_import_references(const Snapshot& state, const ZoneImport& import);

/// Sets of a traffic policy instance that the zone does not have become ordinary ones; what an
/// instance of it has made must be in the import as it stands. Every fault.
Result<void> settle_instances(const Snapshot& state, ZoneImport& import);

/// The zone that the import is for; none: it is to be made. Fails with `zone_not_found` or
/// `version_mismatch`.
Result<std::optional<HostedZone>> import_target(const Snapshot& state, const ZoneImport& import);

/// The import as a difference to what stands: one ordinary commit, which creates the zone if
/// needed. The SOA's serial is raised when the file's is not greater than the stored one (RFC
/// 1982).
Result<Commit> resolve_import(const Snapshot& state, const ZoneImport& import,
                              const ZoneDefaults& defaults, Decider decider);

/// The commit of a new zone whose content was staged.
Result<Commit> resolve_staged_create(const Snapshot& state, const ZoneImport& import,
                                     const ZoneDefaults& defaults, Decider decider);

/// The serial that the file's SOA gets over `stands`, written into `import`; or as it is, without.
std::uint32_t settle_serial(ZoneImport& import, const std::optional<HostedZone>& stands);

}  // namespace waymark::zones
