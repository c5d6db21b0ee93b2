// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "base/shared_memory.h"

namespace waymark::zones {

/// Replaces a file, all or nothing, also when the power goes: temporary file, flush, rename,
/// directory flush. Fails with `io` or `storage_full`; then the old file is as it was.
Result<void> write_durably(const std::string& directory, const std::string& name, ByteView content);
/// The whole file, mapped. Fails with `io`.
Result<Mapping> map_file(const std::string& path);

}  // namespace waymark::zones
