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

/// Warns of limits below what is documented to be needed (docs/operations.md): 256 descriptors a
/// process, 128 MiB of memory. Nothing is refused, nothing raised.
void warn_of_low_limits();

}  // namespace waymark::app
