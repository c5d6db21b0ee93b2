// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/commands/commands.h"

namespace waymark::app {

int show(const Client& client, const Json& json, const std::function<void()>& people) {
  if (client.json())
    std::cout << json.dump(2) << '\n';
  else
    people();
  return exit_ok;
}

void print(const Client& client, const Table& table) {
  if (table.empty())
    std::cerr << "none\n";
  else
    std::cout << table.to_string(client.colour());
}

std::string cell(const Json& object, const char* field) {
  if (!object.is_object() || !object.contains(field)) return {};
  const Json& value = object[field];
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return {};
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (!value.is_array()) return value.dump();
  std::string joined;
  for (const Json& item : value)
    joined +=
        (joined.empty() ? "" : " ") + (item.is_string() ? item.get<std::string>() : item.dump());
  return joined;
}

std::int64_t parse_seconds(const std::string& text) {
  std::int64_t count = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string unit(end, text.data() + text.size());
  const std::int64_t scale = unit.empty() || unit == "s" ? 1
                             : unit == "m"               ? 60
                             : unit == "h"               ? 3600
                             : unit == "d"               ? 86'400
                                                         : 0;
  if (failed != std::errc{} || scale == 0 || count <= 0)
    throw ClientFailure{exit_usage, "duration \"" + text + "\" is not one; use 90s, 5m, 2h or 1d"};
  return count * scale;
}

std::string read_input(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  std::ifstream file(path, std::ios::binary);
  if (!file) throw ClientFailure{exit_error, "can not read " + path};
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string dry_run(const Client& client) {
  return client.options().dry_run ? "?dry_run=true" : "";
}

namespace {

void print_difference(const Json& change) {
  for (const char* side : {"removed", "added"})
    if (change.contains(side))
      for (const Json& record : change[side])
        std::cout << (side[0] == 'r' ? "- " : "+ ") << cell(record, "name") << ' '
                  << cell(record, "type") << ' ' << cell(record, "set_id") << ' '
                  << cell(record, "values") << '\n';
  if (change.contains("objects"))
    for (const Json& object : change["objects"])
      for (const char* side : {"before", "after"})
        if (!object.at(side).is_null())
          std::cout << (side[0] == 'b' ? "- " : "+ ") << cell(object, "object") << ' '
                    << cell(object, side) << '\n';
}

}  // namespace

int show_change(const Client& client, const Json& change) {
  return show(client, change, [&] {
    if (client.options().dry_run) {
      print_difference(change);
      std::cerr << "nothing was stored (--dry-run)\n";
      return;
    }
    std::cout << "change " << cell(change, "id") << ' ' << cell(change, "status") << ", version "
              << cell(change, "version") << ", serial " << cell(change, "serial") << '\n';
    print_difference(change);
  });
}

}  // namespace waymark::app
