// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace waymark::app {

/// Rows with aligned columns, for people. Widths are in octets; names and figures are ASCII.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : heads_(std::move(heads)) {}

  /// Missing cells are empty.
  void add(std::vector<std::string> cells);
  bool empty() const noexcept { return rows_.empty(); }
  /// Heads in bold when `colour`. Two blanks between columns, none at the end of a line.
  std::string to_string(bool colour) const;

 private:
  std::vector<std::string> heads_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace waymark::app
