// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace waymark::app {

/// What `waymark check` found, in sentences.
struct Findings {
  std::vector<std::string>
      faults;                      // a start would fail, or do without something that was asked for
  std::vector<std::string> notes;  // worth knowing
};

/// Looks at everything that a start with these settings would need: certificate, user, files, data
/// directory, database, images, ports. Starts nothing, writes nothing; ports are bound for an
/// instant. Ports of a server that runs from the same directory are its own.
Findings check_all(const Config& config);

}  // namespace waymark::app
