// SPDX-License-Identifier: Apache-2.0
#include "api/rest/health_check_rules.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "api/rest/health_check_json.h"
#include "zones/store/store.h"

namespace waymark::api {
namespace {

using health::HealthCheck;

/// The address rules speak of who may be asked, so it is the value that is wrong here.
Result<void> permit_place(const Services& services, const HealthCheck& check) {
  if (!check.is_probed()) return {};
  if (!check.target.empty()) {
    if (services.resolves_targets) return {};
    return Error(ErrorCode::bad_value,
                 "a target is a name that --resolver finds the address of, and none is set",
                 "/target");
  }
  const auto allowed = services.target_rules.permit(check.address, check.port);
  if (allowed) return {};
  return Error(ErrorCode::bad_value, allowed.error().detail(), "/address");
}

Result<void> find_files(const Services& services, const HealthCheck& check) {
  const std::string& directory = services.health_tls_directory;
  for (const auto& [field, file] : {std::pair("/ca_file", check.ca_file),
                                    std::pair("/client_certificate", check.client_certificate),
                                    std::pair("/client_key", check.client_key)}) {
    std::error_code ignored;
    if (file.empty() || std::filesystem::is_regular_file(directory + "/" + file, ignored)) continue;
    return Error(ErrorCode::bad_value, "there is no file \"" + file + "\" in " + directory, field);
  }
  return {};
}

/// Every child exists, and none of them leads back here.
Result<void> find_children(const Services& services, const HealthCheck& check) {
  if (check.children.empty()) return {};
  const auto snapshot = services.store.snapshot();
  if (!snapshot) return snapshot.error();
  std::set<std::string> seen;
  std::vector<std::string> open = check.children;
  while (!open.empty()) {
    const std::string id = std::move(open.back());
    open.pop_back();
    if (id == check.id)
      return Error(ErrorCode::alias_loop, "the check would be a child of itself", "/children");
    if (!seen.insert(id).second) continue;
    const auto stored = (*snapshot)->object({zones::ObjectKind::health_check, id});
    if (!stored) return stored.error();
    const bool own =
        std::find(check.children.begin(), check.children.end(), id) != check.children.end();
    if (!*stored && own)
      return Error(ErrorCode::health_check_missing, "there is no health check \"" + id + "\"",
                   "/children");
    if (!*stored) continue;
    const auto child = decode_health_check(id, **stored);
    if (child) open.insert(open.end(), child->children.begin(), child->children.end());
  }
  return {};
}

}  // namespace

Result<void> permit_health_check(const Services& services, const health::HealthCheck& check) {
  if (auto place = permit_place(services, check); !place) return place;
  if (auto files = find_files(services, check); !files) return files;
  return find_children(services, check);
}

}  // namespace waymark::api
