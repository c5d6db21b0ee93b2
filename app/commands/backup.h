// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/commands/commands.h"

namespace waymark::app {

/// `backup` and `restore`; `app` is the root.
void add_backup(CLI::App& app, Verbs& verbs);

}  // namespace waymark::app
