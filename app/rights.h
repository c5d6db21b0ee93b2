// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/data_directory.h"

namespace waymark::app {

/// Throws std::runtime_error when the start could not go on as `user` (empty: nothing to check).
void check_user(const std::string& user);

/// Started as root: goes on as `user` (empty: "waymark" if there is one), who gets the directory.
/// Without such a user it stays root, with one warning. Throws std::runtime_error.
void drop_rights(const std::string& user, const DataDirectory& directory);

}  // namespace waymark::app
