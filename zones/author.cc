// SPDX-License-Identifier: Apache-2.0
#include "zones/author.h"

#include <algorithm>
#include <array>

namespace waymark::zones {

std::string to_text(const Author& author) {
  std::string text;
  std::size_t needed = 0;  // octets up to the last word that says something
  for (const std::string* word :
       {&author.who, &author.door, &author.from, &author.request, &author.content}) {
    if (!text.empty()) text += ' ';
    text += word->empty() ? "-" : *word;
    if (!word->empty()) needed = text.size();
  }
  text.resize(needed);
  return text;
}

Author parse_author(std::string_view text) {
  std::array<std::string, 5> words;
  for (std::string& word : words) {
    const std::size_t end = std::min(text.find(' '), text.size());
    if (const auto one = text.substr(0, end); one != "-") word = one;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  auto& [who, door, from, request, content] = words;
  return {std::move(who), std::move(door), std::move(from), std::move(request), std::move(content)};
}

}  // namespace waymark::zones
