// SPDX-License-Identifier: Apache-2.0
#include "dns/server/arguments.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>

namespace waymark::dns {
namespace {

template <class Number>
bool read(std::string_view text, Number& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc{} && end == text.data() + text.size();
}

bool read(std::string_view text, std::vector<int>& numbers) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    if (!read(text.substr(0, comma), numbers.emplace_back())) return false;
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

bool read(std::string_view text, log::Level& level) {
  static constexpr std::array<std::string_view, 4> names{"debug", "info", "warning", "error"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (text != names[i]) continue;
    level = static_cast<log::Level>(i);
    return true;
  }
  return false;
}

bool read(std::string_view text, log::Format& format) {
  format = text == "json" ? log::Format::json : log::Format::text;
  return text == "json" || text == "text";
}

bool read_flag(WorkerArguments& arguments, std::string_view flag, std::string_view value) {
  if (flag == "--index")
    return read(value, arguments.settings.index) && arguments.settings.index < Board::max_workers;
  if (flag == "--channel") return read(value, arguments.channel);
  if (flag == "--board") return read(value, arguments.board);
  if (flag == "--udp") return read(value, arguments.udp);
  if (flag == "--tcp") return read(value, arguments.tcp);
  if (flag == "--log-level") return read(value, arguments.log_level);
  if (flag == "--log-format") return read(value, arguments.log_format);
  if (flag == "--max-udp-octets") return read(value, arguments.settings.answers.max_udp_octets);
  if (flag == "--seed") return read(value, arguments.settings.seed.emplace());
  return false;
}

}  // namespace

Result<WorkerArguments> WorkerArguments::parse(std::span<char* const> arguments) {
  WorkerArguments parsed;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string flag = arguments[i];
    if (i + 1 == arguments.size()) return Error(ErrorCode::bad_value, flag + " has no value");
    if (!read_flag(parsed, flag, arguments[i + 1]))
      return Error(ErrorCode::bad_value, flag + " " + arguments[i + 1] + " is not understood");
  }
  if (parsed.channel < 0 || parsed.board < 0)
    return Error(ErrorCode::bad_value, "--channel and --board are missing");
  return parsed;
}

}  // namespace waymark::dns
