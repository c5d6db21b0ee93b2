// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace waymark::zones {

/// Who made a change, by which door, from where, and with which request. Kept with its commit.
struct Author {
  std::string who;        // id of a token, or "waymark"
  std::string door;       // "rest", "cli", "route53", "start"
  std::string from{};     // the client's address; empty: this machine itself
  std::string request{};  // names a request that may come again (its key's digest); empty: none
  std::string content{};  // digest of what that request asked for

  friend bool operator==(const Author&, const Author&) = default;
};

/// As `Commit::author` holds it: the words in this order, blanks between, "-" for an empty one.
std::string to_text(const Author& author);
/// Words that are not there are empty.
Author parse_author(std::string_view text);

}  // namespace waymark::zones
