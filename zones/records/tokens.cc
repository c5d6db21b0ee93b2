// SPDX-License-Identifier: Apache-2.0
#include "zones/records/tokens.h"

#include <array>
#include <limits>

namespace waymark::zones {
namespace {

constexpr bool is_control(char c) noexcept {
  return static_cast<Octet>(c) < 0x20 || static_cast<Octet>(c) == 0x7F;
}
constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

// Octets that go on a word without a further look.
constexpr auto plain = [] {
  std::array<bool, 256> table{};
  for (std::size_t octet = 0x21; octet < 256; ++octet)
    table[octet] = octet != 0x7F;
  for (const char c : {'"', '(', ')', ';', '\\'})
    table[static_cast<Octet>(c)] = false;
  return table;
}();

std::string hex_octet(char c) {
  static constexpr std::string_view digits = "0123456789abcdef";
  const auto octet = static_cast<Octet>(c);
  return {digits[octet >> 4], digits[octet & 15]};
}

}  // namespace

Tokenizer::Next Tokenizer::fail(std::size_t at, std::string sentence) {
  fault_ = {std::move(sentence), line_, column(at)};
  skip_line();
  return Next::fault;
}

void Tokenizer::end_line() noexcept {
  ++line_;
  line_start_ = ++at_;
}

void Tokenizer::skip_line() noexcept {
  at_ = std::min(text_.find('\n', at_), text_.size());
  if (at_ < text_.size()) end_line();
}

bool Tokenizer::refuse_octet(std::size_t at) {
  fail(at, "control octet 0x" + hex_octet(text_[at]) + "; write it as \\DDD in a quoted string");
  return false;
}

bool Tokenizer::skip_quoted_part() {
  const std::size_t open = at_ - 1;
  for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
    if (text_[at_] == '\\') ++at_;
    if (at_ >= text_.size() || text_[at_] == '\n' || text_[at_] == '\r') break;
    if (is_control(text_[at_])) return refuse_octet(at_);
  }
  if (at_ < text_.size() && text_[at_] == '"') return ++at_, true;
  at_ = std::min(at_, text_.size());
  fail(open, "this quote is not closed on its line");
  return false;
}

bool Tokenizer::read_quoted(std::vector<Token>& tokens) {
  const std::size_t open = at_++;
  if (!skip_quoted_part()) return false;
  tokens.push_back({text_.substr(open + 1, at_ - open - 2), true, line_, column(open)});
  return true;
}

bool Tokenizer::read_word(std::vector<Token>& tokens) {
  const std::size_t start = at_;
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (plain[static_cast<Octet>(c)]) {
      ++at_;
    } else if (c == '\\') {
      if (at_ + 1 >= text_.size() || is_control(text_[at_ + 1])) {
        fail(at_, "nothing follows the backslash");
        return false;
      }
      at_ += 2;
    } else if (c == '"' && at_ > start && text_[at_ - 1] == '=') {
      ++at_;  // key="value" of SVCB is one word, RFC 9460 §2.1
      if (!skip_quoted_part()) return false;
    } else {
      break;
    }
  }
  tokens.push_back({text_.substr(start, at_ - start), false, line_, column(start)});
  return true;
}

Tokenizer::Next Tokenizer::next(std::vector<Token>& tokens) {
  tokens.clear();
  Fault open_parenthesis;  // line and column of the outermost one
  std::uint32_t depth = 0;
  begins_with_blank_ = at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t');
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t') {
      ++at_;
    } else if (plain[static_cast<Octet>(c)] || c == '\\' || c == '"') {
      if (!(c == '"' ? read_quoted(tokens) : read_word(tokens))) return Next::fault;
      if (tokens.back().text.size() > max_token_octets || tokens.size() > max_entry_tokens)
        return fail(at_, "this record is too long");
    } else if (mode_ == Mode::value) {
      if (is_control(c)) return refuse_octet(at_), Next::fault;
      return fail(at_, std::string("a bare ") + c + " may not stand in a value; quote it");
    } else if (c == '\n' || (c == '\r' && text_.substr(at_, 2) == "\r\n")) {
      if (c == '\r') ++at_;
      end_line();
      if (depth > 0) continue;
      if (!tokens.empty()) return Next::entry;
      begins_with_blank_ = at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t');
    } else if (c == ';') {
      const std::size_t comment = at_;
      at_ = std::min(text_.find('\n', at_), text_.size());
      if (text_.substr(comment, at_ - comment).find('\0') != std::string_view::npos)
        return fail(comment, "a NUL octet stands in this comment");
    } else if (c == '(') {
      if (depth++ == 0) open_parenthesis = {{}, line_, column(at_)};
      ++at_;
    } else if (c == ')') {
      if (depth == 0) return fail(at_, "this parenthesis closes none");
      --depth;
      ++at_;
    } else {
      return refuse_octet(at_), Next::fault;
    }
  }
  if (depth > 0) {
    fault_ = {"this parenthesis is never closed", open_parenthesis.line, open_parenthesis.column};
    return Next::fault;
  }
  return tokens.empty() ? Next::end : Next::entry;
}

bool append_unescaped(std::string_view token, Bytes& out) {
  for (std::size_t at = 0; at < token.size(); ++at) {
    if (token[at] != '\\') {
      out.push_back(static_cast<Octet>(token[at]));
      continue;
    }
    if (++at >= token.size()) return false;
    if (!is_digit(token[at])) {
      out.push_back(static_cast<Octet>(token[at]));
      continue;
    }
    if (at + 2 >= token.size() || !is_digit(token[at + 1]) || !is_digit(token[at + 2]))
      return false;
    const int value = (token[at] - '0') * 100 + (token[at + 1] - '0') * 10 + (token[at + 2] - '0');
    if (value > 255) return false;
    out.push_back(static_cast<Octet>(value));
    at += 2;
  }
  return true;
}

void append_quoted(ByteView octets, std::string& out) {
  out += '"';
  for (const Octet octet : octets) {
    if (octet == '"' || octet == '\\') out += '\\';
    if (octet >= 0x20 && octet < 0x7F) {
      out += static_cast<char>(octet);
    } else {
      out += '\\';
      for (const int unit : {100, 10, 1})
        out += static_cast<char>('0' + octet / unit % 10);
    }
  }
  out += '"';
}

std::optional<std::uint32_t> parse_seconds(std::string_view text) noexcept {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  std::uint64_t total = 0, number = 0;
  bool digits = false;
  for (const char c : text) {
    if (is_digit(c)) {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      digits = true;
      if (number > most) return std::nullopt;
      continue;
    }
    std::uint64_t unit = 0;
    switch (c | 0x20) {
      case 's':
        unit = 1;
        break;
      case 'm':
        unit = 60;
        break;
      case 'h':
        unit = 3600;
        break;
      case 'd':
        unit = 86'400;
        break;
      case 'w':
        unit = 604'800;
        break;
      default:
        return std::nullopt;
    }
    if (!digits) return std::nullopt;
    total += number * unit;
    number = 0;
    digits = false;
    if (total > most) return std::nullopt;
  }
  if (text.empty() || total + number > most) return std::nullopt;
  return static_cast<std::uint32_t>(total + number);
}

}  // namespace waymark::zones
