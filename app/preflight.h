// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "app/config.h"

namespace waymark::app {

/// Ends the start where it would be a mistake to go on: a database of a newer schema, or one that
/// is not ours. Throws std::runtime_error with one sentence; the file is not touched. A missing or
/// damaged one is no reason: answers come from the image.
void check_database(const std::string& data_dir);

/// Throws when the API's certificate or key can not be used.
void check_certificate(const Config& config);

}  // namespace waymark::app
