// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <mutex>
#include <unistd.h>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include "base/log_limit.h"
#include "base/log_output.h"

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

std::string composed(std::string_view name, std::initializer_list<Field> fields) {
  const bool json = state().format == Format::json;
  std::string line =
      json ? "\"process\":\"" + state().process + "\",\"event\":\"" + std::string(name) + "\""
           : state().process + " event=" + std::string(name);
  for (const Field& field : fields)
    append_field(line, field);
  return line;
}

/// The query log has a limit of its own: each n-th.
constexpr std::string_view unlimited = "query";

/// Standard error without waiting for its reader. What was left out is counted, and told as soon as
/// there is room. The name of a line's event comes as its source.
class Sink final : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view event = message.source.funcname;
    std::uint64_t repeated = 0;
    if (event != unlimited && !limit_.permits(event, std::chrono::steady_clock::now(), repeated))
      return;
    if (repeated != 0)
      write({{},
             spdlog::level::warn,
             composed("log_lines_limited", {{"of", event}, {"count", repeated}})});
    write(message);
  }
  void flush_() override {}

 private:
  void write(const spdlog::details::log_msg& message) {
    if (lost_ != 0) {
      const std::string note = composed("log_lines_lost", {{"count", lost_}});
      if (written({{}, spdlog::level::warn, note})) lost_ = 0;
    }
    if (!written(message)) ++lost_;
  }
  bool written(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    return output_.write({line.data(), line.size()});
  }

  LogOutput output_{STDERR_FILENO};
  LogLimit limit_;
  std::uint64_t lost_ = 0;
};

}  // namespace

void start(Level least, Format format, std::string_view process) {
  state() = {format, std::string(process)};
  auto logger = std::make_shared<spdlog::logger>("", std::make_shared<Sink>());
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
  const std::string event(name);  // ends with a zero, as a source must
  spdlog::default_logger_raw()->log(spdlog::source_loc("", 1, event.c_str()), to_spdlog(level),
                                    composed(name, fields));
}

}  // namespace waymark::log
