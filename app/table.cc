// SPDX-License-Identifier: Apache-2.0
#include "app/table.h"

#include <algorithm>

namespace waymark::app {
namespace {

/// What others have written must not steer the terminal: control characters are told as \xHH.
std::string printable(const std::string& text) {
  static constexpr const char* digits = "0123456789abcdef";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet >= 0x20 && octet != 0x7f) {
      out += c;
      continue;
    }
    out += "\\x";
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

}  // namespace

void Table::add(std::vector<std::string> cells) {
  for (std::string& cell : cells)
    cell = printable(cell);
  rows_.push_back(std::move(cells));
}

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
