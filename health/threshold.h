// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace waymark::health {

/// Decides when enough probe results in a row make an endpoint up or down.
///
/// Starts up, as Route 53 does, or as it was last seen: a new check withdraws no answer before it
/// has failed. Not thread-safe; each check owns one on the health thread.
class Threshold {
 public:
  enum class Crossing : std::uint8_t { none, up, down };

  /// Both are results in a row, 1 to 10; `validate` has checked them.
  Threshold(std::uint8_t failures, std::uint8_t successes, bool up = true) noexcept
      : failures_to_fall_(failures), successes_to_rise_(successes), up_(up) {}

  /// Takes results in order of arrival. Reports each crossing once.
  Crossing record(bool passed) noexcept;

  /// What record() would report, without taking the result.
  Crossing crossing_of(bool passed) const noexcept;

  bool up() const noexcept { return up_; }

 private:
  std::uint8_t failures_to_fall_;
  std::uint8_t successes_to_rise_;
  std::uint8_t streak_ = 0;  // results in a row that contradict up_
  bool up_ = true;
};

}  // namespace waymark::health
