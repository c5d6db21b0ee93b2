// SPDX-License-Identifier: Apache-2.0
#include "app/rights.h"

#include <cerrno>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <stdexcept>
#include <unistd.h>

#include "base/log.h"

namespace waymark::app {

void check_user(const std::string& user) {
  if (user.empty()) return;
  const passwd* entry = getpwnam(user.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  if (entry == nullptr)
    throw std::runtime_error("there is no user " + user + "; make it, or leave out --user");
  if (geteuid() != 0 && entry->pw_uid != geteuid())
    throw std::runtime_error("only root can run as user " + user + "; leave out --user");
}

void drop_rights(const std::string& user, const DataDirectory& directory) {
  check_user(user);
  if (geteuid() != 0) return;
  const std::string name = user.empty() ? "waymark" : user;
  const passwd* entry = getpwnam(name.c_str());  // NOLINT(concurrency-mt-unsafe): one thread
  if (entry == nullptr) {
    log::warning("running_as_root", {{"reason", "there is no user waymark, and no --user"}});
    return;
  }
  if (entry->pw_uid == 0) return;  // asked for by name
  directory.give_to(entry->pw_uid, entry->pw_gid);
  if (initgroups(name.c_str(), entry->pw_gid) != 0 || setgid(entry->pw_gid) != 0 ||
      setuid(entry->pw_uid) != 0)
    throw std::runtime_error("can not become user " + name + ": " + std::strerror(errno));
  log::info("rights_dropped", {{"user", name}});
}

}  // namespace waymark::app
