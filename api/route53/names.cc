// SPDX-License-Identifier: Apache-2.0
#include "api/route53/names.h"

#include <algorithm>
#include <numeric>
#include <vector>

namespace waymark::api {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

/// The octet written as three digits of `base` from `at` on; none when it is none.
std::optional<unsigned> three_digits(std::string_view text, std::size_t at, unsigned base) {
  unsigned value = 0;
  if (at + 3 > text.size()) return std::nullopt;
  for (std::size_t i = at; i < at + 3; ++i) {
    if (!is_digit(text[i]) || static_cast<unsigned>(text[i] - '0') >= base) return std::nullopt;
    value = value * base + static_cast<unsigned>(text[i] - '0');
  }
  return value > 255 ? std::nullopt : std::optional(value);
}

void append_three(std::string& out, unsigned value, unsigned base) {
  out += '\\';
  for (const unsigned unit : {base * base, base, 1U})
    out += static_cast<char>('0' + value / unit % base);
}

std::optional<std::string> rewritten(std::string_view text, unsigned from, unsigned to) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    if (i + 1 == text.size()) return std::nullopt;
    if (!is_digit(text[i + 1])) {
      out += text[i];
      out += text[++i];
      continue;
    }
    const auto value = three_digits(text, i + 1, from);
    if (!value) return std::nullopt;
    append_three(out, *value, to);
    i += 3;
  }
  return out;
}

bool is_graphic(char c) noexcept {
  return static_cast<unsigned char>(c) > ' ' && static_cast<unsigned char>(c) <= '~';
}

/// How many octets each label has that stands in the text; the dot at its end begins none.
std::vector<std::size_t> written_labels(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  std::vector<std::size_t> labels{0};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      labels.push_back(0);
      continue;
    }
    if (text[i] == '\\') i += i + 1 < text.size() && is_digit(text[i + 1]) ? 3U : 1U;
    ++labels.back();
  }
  return labels;
}

/// From the first to the last.
std::vector<std::string> escaped_labels(const dns::Name& name) {
  std::vector<std::string> labels;
  const ByteView wire = name.wire();
  for (std::size_t at = 0; wire[at] != 0; at += std::size_t{1} + wire[at]) {
    std::string label;
    for (const Octet octet : wire.subspan(at + 1, wire[at])) {
      const char c = static_cast<char>(octet);
      if ((c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_')
        label += c;
      else
        append_three(label, octet, 8);
    }
    labels.push_back(std::move(label));
  }
  return labels;
}

}  // namespace

std::optional<std::string> octal_to_decimal(std::string_view text) {
  return rewritten(text, 8, 10);
}

std::string decimal_to_octal(std::string_view text) {
  return rewritten(text, 10, 8).value_or(std::string(text));
}

AwsResult<dns::Name> parse_aws_name(std::string_view text) {
  const auto decimal = octal_to_decimal(text);
  if (decimal && !text.empty())
    if (auto name = dns::Name::parse(*decimal)) return std::move(*name);
  const auto odd = std::find_if_not(text.begin(), text.end(), is_graphic);
  const std::string culprit = odd == text.end() ? std::string(text) : std::string(1, *odd);
  return AwsFault{
      400, "InvalidDomainName",
      "FATAL problem: " + fault_of_aws_name(text) + " encountered with '" + culprit + "'"};
}

std::string fault_of_aws_name(std::string_view text) {
  constexpr std::string_view unsupported =
      "UnsupportedCharacter (Value contains unsupported characters)";
  if (text.empty()) return "DomainNameEmpty (Domain name is empty)";
  const auto decimal = octal_to_decimal(text);
  if (!decimal || !std::all_of(text.begin(), text.end(), is_graphic))
    return std::string(unsupported);
  const auto name = dns::Name::parse(*decimal);
  if (name) return {};
  const auto labels = written_labels(text);
  if (std::find(labels.begin(), labels.end(), 0U) != labels.end())
    return "DomainLabelEmpty (Domain label is empty)";
  if (*std::max_element(labels.begin(), labels.end()) > dns::max_label_octets)
    return "DomainLabelTooLong (Domain label is too long)";
  if (std::accumulate(labels.begin(), labels.end(), labels.size() + 1) > dns::max_name_octets)
    return "DomainNameTooLong (Domain name is too long)";
  return "InvalidDomainName (" + name.error().detail() + ")";
}

std::string aws_name(const dns::Name& name) {
  std::string out;
  for (const std::string& label : escaped_labels(name))
    out += label + ".";
  return out.empty() ? "." : out;
}

std::string listing_key(const dns::Name& name) {
  const auto labels = escaped_labels(name);
  std::string out;
  for (auto label = labels.rbegin(); label != labels.rend(); ++label)
    out += *label + ".";
  return out;
}

std::string_view bare_id(std::string_view id) noexcept {
  const std::size_t slash = id.rfind('/');
  return slash == std::string_view::npos ? id : id.substr(slash + 1);
}

}  // namespace waymark::api
