// SPDX-License-Identifier: Apache-2.0
#include "api/rest/zone_text.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "api/http/json.h"
#include "api/rest/record_json.h"
#include "zones/zone_file.h"

namespace waymark::api {
namespace {

constexpr std::string_view mark = "; waymark: ";
constexpr std::size_t most_faults = 100;

class Comments {
 public:
  Comments(std::string_view text, std::string_view file) : text_(text), file_(file) {}

  void read(std::vector<zones::RecordSet>& sets, std::vector<Error>& faults) {
    std::size_t line = 1, counted = 0;
    for (std::size_t at = find(0); at != std::string_view::npos && faults.size() < most_faults;
         at = find(at + 1)) {
      line += static_cast<std::size_t>(
          std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted),
                     text_.begin() + static_cast<std::ptrdiff_t>(at), '\n'));
      counted = at;
      const std::string_view rest = text_.substr(at + mark.size());
      read_one(rest.substr(0, rest.find_first_of("\r\n")), line, sets, faults);
    }
  }

 private:
  /// The next mark that begins a line.
  std::size_t find(std::size_t from) const {
    for (std::size_t at = text_.find(mark, from); at != std::string_view::npos;
         at = text_.find(mark, at + 1))
      if (at == 0 || text_[at - 1] == '\n') return at;
    return std::string_view::npos;
  }

  void read_one(std::string_view text, std::size_t line, std::vector<zones::RecordSet>& sets,
                std::vector<Error>& faults) {
    const auto tell = [&](const Error& error) {
      faults.emplace_back(ErrorCode::bad_zone_file,
                          std::string(file_) + ":" + std::to_string(line) + ":" +
                              std::to_string(mark.size() + 1) + ": " + error.detail() +
                              (error.pointer().empty() ? "" : "  (" + error.pointer() + ")"));
    };
    const auto json = parse_json(text);
    if (!json) return tell(json.error());
    std::vector<Error> found;
    zones::RecordSet set = decode_record(*json, "", found);
    for (const Error& error : found)
      tell(error);
    if (found.empty()) sets.push_back(std::move(set));
  }

  std::string_view text_, file_;
};

}  // namespace

Result<std::vector<zones::RecordSet>> parse_zone_text(std::string_view text,
                                                      const dns::Name& origin,
                                                      std::string_view file_name) {
  auto sets = zones::parse_zone_file(text, origin, file_name);
  std::vector<Error> faults;
  if (!sets) {
    const Error all = sets.error();
    faults = all.causes();
    if (faults.empty()) faults.push_back(all);
  }
  std::vector<zones::RecordSet> routed;
  Comments(text, file_name).read(routed, faults);
  if (!faults.empty()) return faults.size() == 1 ? faults.front() : Error::batch(std::move(faults));
  sets->insert(sets->end(), std::make_move_iterator(routed.begin()),
               std::make_move_iterator(routed.end()));
  return sets;
}

}  // namespace waymark::api
