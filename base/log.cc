// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace waymark::log {
namespace {

constexpr std::size_t max_value_octets = 512;

struct State {
  Format format = Format::text;
  std::string process = "waymark";
};
State& state() {
  static State the_state;
  return the_state;
}

spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

/// Foreign octets can neither end the line nor the value (OBS-1).
void append_escaped(std::string& out, std::string_view value) {
  static constexpr char hex[] = "0123456789abcdef";
  for (const char c : value.substr(0, max_value_octets)) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet >= 0x7F) {
      out += "\\u00";
      out += hex[octet >> 4];
      out += hex[octet & 15];
    } else {
      out += c;
    }
  }
  if (value.size() > max_value_octets) out += "...";
}

bool needs_quotes(std::string_view value) noexcept {
  return value.empty() ||
         value.find_first_not_of(
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.:/_-+[]*,@%") !=
             std::string_view::npos;
}

void append_field(std::string& line, const Field& field) {
  const bool json = state().format == Format::json;
  line += json ? ",\"" + field.key + "\":" : " " + field.key + "=";
  if (field.number) {
    line += field.value;
  } else if (json || needs_quotes(field.value)) {
    line += '"';
    append_escaped(line, field.value);
    line += '"';
  } else {
    append_escaped(line, field.value);
  }
}

}  // namespace

void start(Level least, Format format, std::string_view process) {
  state() = {format, std::string(process)};
  auto logger =
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(to_spdlog(least));
  logger->flush_on(spdlog::level::debug);
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      format == Format::json ? "{\"ts\":\"%Y-%m-%dT%H:%M:%S.%eZ\",\"level\":\"%l\",%v}"
                             : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
      spdlog::pattern_time_type::utc));
  spdlog::set_default_logger(std::move(logger));
}

void event(Level level, std::string_view name, std::initializer_list<Field> fields) {
  if (!spdlog::default_logger_raw()->should_log(to_spdlog(level))) return;
  const bool json = state().format == Format::json;
  std::string line =
      json ? "\"process\":\"" + state().process + "\",\"event\":\"" + std::string(name) + "\""
           : state().process + " event=" + std::string(name);
  for (const Field& field : fields)
    append_field(line, field);
  spdlog::default_logger_raw()->log(to_spdlog(level), line);
}

}  // namespace waymark::log
