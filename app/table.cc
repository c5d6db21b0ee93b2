// SPDX-License-Identifier: Apache-2.0
#include "app/table.h"

#include <algorithm>

namespace waymark::app {

std::string Table::to_string(bool colour) const {
  std::vector<std::size_t> widths;
  for (const std::string& head : heads_)
    widths.push_back(head.size());
  for (const auto& row : rows_)
    for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i)
      widths[i] = std::max(widths[i], row[i].size());

  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const std::string cell = i < cells.size() ? cells[i] : std::string{};
      text += cell + std::string(widths[i] - cell.size() + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text;
  };
  std::string out = colour ? "\x1b[1m" + line(heads_) + "\x1b[0m\n" : line(heads_) + "\n";
  for (const auto& row : rows_)
    out += line(row) + "\n";
  return out;
}

}  // namespace waymark::app
