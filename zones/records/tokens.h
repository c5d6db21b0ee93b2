// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace waymark::zones {

/// One word or quoted string of record text. `text` views the input: escapes stand as written, the
/// quotes around a quoted string do not.
struct Token {
  std::string_view text;
  bool quoted = false;
  std::uint32_t line = 1, column = 1;  // of its first octet, the quote included; 1-based
};

/// Cuts text into entries by RFC 1035 §5.1: blanks, comments, quoted strings, parentheses. It is
/// our own because ldns writes beyond its buffers on text that it should have refused.
class Tokenizer {
 public:
  enum class Mode : std::uint8_t {
    master_file,
    value,  // one record's RDATA: no line break, parenthesis or comment
  };
  enum class Next : std::uint8_t { entry, fault, end };
  struct Fault {
    std::string sentence;
    std::uint32_t line = 1, column = 1;
  };
  static constexpr std::size_t max_token_octets = 65'535;
  static constexpr std::size_t max_entry_tokens = 10'000;

  Tokenizer(std::string_view text, Mode mode) noexcept : text_(text), mode_(mode) {}

  /// The next entry that is not empty. After a fault reading goes on behind the faulty line.
  Next next(std::vector<Token>& tokens);
  /// The last entry began with a blank: its owner is that of the entry before.
  bool begins_with_blank() const noexcept { return begins_with_blank_; }
  const Fault& fault() const noexcept { return fault_; }
  /// Octets read so far.
  std::size_t position() const noexcept { return at_; }

 private:
  Next fail(std::size_t at, std::string sentence);
  bool read_word(std::vector<Token>& tokens);
  bool read_quoted(std::vector<Token>& tokens);
  /// From the octet behind a quote to the closing one; false (with a fault) when there is none.
  bool skip_quoted_part();
  bool refuse_octet(std::size_t at);
  void end_line() noexcept;
  void skip_line() noexcept;
  std::uint32_t column(std::size_t at) const noexcept {
    return static_cast<std::uint32_t>(at - line_start_ + 1);
  }

  std::string_view text_;
  Mode mode_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  bool begins_with_blank_ = false;
  Fault fault_;
};

/// Appends the octets that the token stands for: \DDD is decimal, \x is x (RFC 1035 §5.1). False: a
/// bad escape.
bool append_unescaped(std::string_view token, Bytes& out);
/// Writes octets as a quoted string, so that append_unescaped gives them back.
void append_quoted(ByteView octets, std::string& out);
/// Seconds as digits or with units: "3600", "1h30m", "1W". None: anything else, or over 2^32 - 1.
std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept;

}  // namespace waymark::zones
