// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "dns/board.h"
#include "dns/channel.h"
#include "dns/image/image.h"
#include "zones/compile/image_compiler.h"

namespace waymark::zones {

/// Seals new parts, checks them as a worker would, judges what is in them, sends them to the
/// supervisor, raises the generation. Files follow behind (ImageFiles). Compiler thread only.
class Publisher {
 public:
  Publisher(const dns::Channel& supervisor, dns::Board& board, const dns::Image& current);
  ~Publisher();

  /// Returns the image as the workers will see it. Fails with `bad_image` when the check refuses
  /// it, `unavailable` when the supervisor is gone.
  Result<dns::Image> publish(Generation generation);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waymark::zones
