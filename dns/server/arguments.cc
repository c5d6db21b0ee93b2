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

bool read(std::string_view text, Duration& duration) {
  std::uint32_t milliseconds = 0;
  const bool well = read(text, milliseconds);
  duration = std::chrono::milliseconds(milliseconds);
  return well;
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

bool read(std::string_view text, bool& flag) {
  flag = text == "yes";
  return flag || text == "no";
}

bool read(std::string_view text, std::vector<IpPrefix>& prefixes) {
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const auto prefix = IpPrefix::parse(text.substr(0, comma));
    if (!prefix) return false;
    prefixes.push_back(*prefix);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return true;
}

bool read_text(std::string_view value, std::string& text) {
  text = value;
  return value.size() <= ResponderSettings::max_nsid_octets;
}

bool read_name(std::string_view value, Bytes& wire) {
  if (value.empty()) return true;
  const auto name = Name::parse(value);
  if (!name || name->is_root() || name->octets() > ResponderSettings::max_report_octets)
    return false;
  wire.assign(name->wire().begin(), name->wire().end());
  return true;
}

/// What to answer, as ResponderSettings has it.
bool read_setting(ResponderSettings& settings, std::string_view flag, std::string_view value) {
  if (flag == "--max-udp-octets") return read(value, settings.max_udp_octets);
  if (flag == "--nsid") return read_text(value, settings.nsid);
  if (flag == "--report-agent") return read_name(value, settings.report_agent);
  if (flag == "--version-text") return read_text(value, settings.version);
  if (flag == "--require-cookie") return read(value, settings.require_cookie);
  if (flag == "--rate-limit") return read(value, settings.rate_limit.per_second);
  if (flag == "--rate-limit-slip") return read(value, settings.rate_limit.slip);
  if (flag == "--rate-limit-log-only") return read(value, settings.rate_limit.log_only);
  if (flag == "--rate-limit-exempt") return read(value, settings.rate_limit.exempt);
  if (flag == "--query-log") return read(value, settings.log_every);
  return false;
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
  if (flag == "--wait-for-image") return read(value, arguments.settings.wait_for_image);
  if (flag == "--stand-by") return read(value, arguments.settings.stand_by);
  if (flag == "--seed") return read(value, arguments.settings.seed.emplace());
  return read_setting(arguments.settings.answers, flag, value);
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
  const auto idle = std::chrono::duration_cast<std::chrono::milliseconds>(parsed.settings.tcp.idle);
  parsed.settings.answers.keepalive = static_cast<std::uint16_t>(idle.count() / 100);
  return parsed;
}

}  // namespace waymark::dns
