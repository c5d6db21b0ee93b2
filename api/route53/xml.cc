// SPDX-License-Identifier: Apache-2.0
#include "api/route53/xml.h"

#include <algorithm>
#include <charconv>
#include <pugixml.hpp>

#include "api/route53/fault.h"

namespace waymark::api {
namespace {

bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// XML 1.0 §2.2.
bool is_xml_char(std::uint32_t c) noexcept {
  return c == 9 || c == 10 || c == 13 || (c >= 0x20 && c <= 0xD7FF) ||
         (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF);
}

/// The character at `at`, which is moved past it; none when it is no UTF-8 (RFC 3629 §4).
std::optional<std::uint32_t> next_char(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  if (first < 0x80) return first;
  const std::size_t more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4 || at + more > text.size()) return std::nullopt;
  std::uint32_t value = first & (0x3FU >> more);
  for (std::size_t i = 0; i < more; ++i) {
    const auto octet = static_cast<unsigned char>(text[at++]);
    if ((octet & 0xC0) != 0x80) return std::nullopt;
    value = value << 6 | (octet & 0x3FU);
  }
  static constexpr std::uint32_t least[] = {0x80, 0x800, 0x10000};
  if (value < least[more - 1]) return std::nullopt;
  return value;
}

bool is_whole_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto c = next_char(text, at);
    if (!c || !is_xml_char(*c)) return false;
  }
  return true;
}

/// What stands between & and ; is one of the five, or a character by its number (XML 1.0 §4.1).
bool is_reference(std::string_view name) {
  if (!name.starts_with('#'))
    return name == "amp" || name == "lt" || name == "gt" || name == "quot" || name == "apos";
  const bool hexadecimal = name.starts_with("#x");
  const std::string_view digits = name.substr(hexadecimal ? 2 : 1);
  std::uint32_t value = 0;
  const auto [end, failure] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, hexadecimal ? 16 : 10);
  return failure == std::errc{} && end == digits.data() + digits.size() && is_xml_char(value);
}

bool references_are_known(std::string_view text) {
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const std::size_t end = text.find(';', at);
    if (end == std::string_view::npos || !is_reference(text.substr(at + 1, end - at - 1)))
      return false;
  }
  return true;
}

/// Goes over the marks of a document once, without memory of its own but for a few counters, and
/// says what may not be in it.
class Inspection {
 public:
  explicit Inspection(std::string_view document) : text_(document) {}

  /// Empty: nothing is wrong.
  std::string fault() {
    if (!is_whole_utf8(text_)) return "the document is not UTF-8";
    for (std::size_t at = 0; at < text_.size();) {
      const std::size_t mark = std::min(text_.find('<', at), text_.size());
      if (auto wrong = between(text_.substr(at, mark - at)); !wrong.empty()) return wrong;
      at = mark;
      if (at == text_.size()) break;
      if (auto wrong = markup(at); !wrong.empty()) return wrong;
    }
    if (depth_ != 0 || elements_ == 0) return "the document has no end";
    return {};
  }

 private:
  std::string between(std::string_view text) const {
    if (!references_are_known(text)) return "only the five predefined entities are known";
    if (depth_ == 0 && !std::all_of(text.begin(), text.end(), is_blank))
      return "there is text outside of the root element";
    return {};
  }

  /// Moves `at` past a mark that ends with `end`.
  bool skip(std::size_t& at, std::string_view end) const {
    const std::size_t found = text_.find(end, at);
    if (found == std::string_view::npos) return false;
    at = found + end.size();
    return true;
  }

  std::string markup(std::size_t& at) {
    const std::string_view rest = text_.substr(at);
    const std::size_t start = at;
    if (rest.starts_with("<!--")) {
      at += 4;
      return skip(at, "-->") ? "" : "a comment has no end";
    }
    if (rest.starts_with("<![CDATA[")) {
      if (depth_ == 0) return "there is text outside of the root element";
      return skip(at, "]]>") ? "" : "a CDATA section has no end";
    }
    if (rest.starts_with("<!")) return "a document type is not accepted";
    if (rest.starts_with("<?")) {
      if (start != 0 || !rest.starts_with("<?xml") || rest.size() < 6 || !is_blank(rest[5]))
        return "a processing instruction is not accepted";
      return skip(at, "?>") ? declaration(text_.substr(0, at)) : "the declaration has no end";
    }
    if (rest.starts_with("</")) {
      if (depth_ == 0) return "an element ends that did not begin";
      --depth_;
      return skip(at, ">") ? "" : "a tag has no end";
    }
    return start_tag(at);
  }

  static std::string declaration(std::string_view text) {
    const std::size_t at = text.find("encoding");
    if (at == std::string_view::npos) return {};
    std::string name;
    for (const char c : text.substr(at + 8))
      if (c == '?')
        break;
      else if (c != '=' && c != '"' && c != '\'' && !is_blank(c))
        name += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return name.starts_with("utf-8") ? "" : "only UTF-8 is accepted";
  }

  std::string start_tag(std::size_t& at) {
    if (depth_ == 0 && elements_ != 0) return "there is more than one root element";
    if (++elements_ > max_xml_elements)
      return "there are more than " + std::to_string(max_xml_elements) + " elements";
    std::size_t attributes = 0;
    char quote = 0;
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      const char c = text_[i];
      if (quote != 0) {
        if (c == '<') return "an attribute holds <";
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
        if (++attributes > max_xml_attributes)
          return "an element has more than " + std::to_string(max_xml_attributes) + " attributes";
      } else if (c == '<') {
        return "a tag has no end";
      } else if (c == '>') {
        if (!references_are_known(text_.substr(at, i - at)))
          return "only the five predefined entities are known";
        if (text_[i - 1] != '/' && ++depth_ > max_xml_depth)
          return "elements are nested deeper than " + std::to_string(max_xml_depth);
        at = i + 1;
        return {};
      }
    }
    return "a tag has no end";
  }

  std::string_view text_;
  std::size_t depth_ = 0, elements_ = 0;
};

std::string local_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  return std::string(colon == std::string_view::npos ? name : name.substr(colon + 1));
}

/// Recursive: as deep as max_xml_depth.
Result<XmlElement> convert(const pugi::xml_node& node) {
  XmlElement out{local_name(node.name()), {}, {}};
  for (const pugi::xml_node& child : node.children()) {
    if (child.type() == pugi::node_element) {
      auto inside = convert(child);
      if (!inside) return inside;
      out.children.push_back(std::move(*inside));
    } else {
      out.text += child.value();
    }
  }
  if (out.children.empty()) return out;
  if (!std::all_of(out.text.begin(), out.text.end(), is_blank))
    return Error(ErrorCode::bad_request, "element " + out.name + " has text between its elements");
  out.text.clear();
  return out;
}

/// What XML 1.0 has no way to write, and what is no UTF-8, becomes a question mark.
void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto c = next_char(text, at);
    if (!c || !is_xml_char(*c)) {
      out += '?';
      at = begin + 1;
    } else if (*c == '<') {
      out += "&lt;";
    } else if (*c == '>') {
      out += "&gt;";
    } else if (*c == '&') {
      out += "&amp;";
    } else if (*c == '\r') {
      out += "&#13;";
    } else {
      out += text.substr(begin, at - begin);
    }
  }
}

}  // namespace

Result<XmlElement> parse_xml(std::string_view document) {
  if (document.starts_with("\xEF\xBB\xBF")) document.remove_prefix(3);
  if (const std::string fault = Inspection(document).fault(); !fault.empty())
    return Error(ErrorCode::bad_request, fault);
  pugi::xml_document parsed;
  const pugi::xml_parse_result result =
      parsed.load_buffer(document.data(), document.size(),
                         pugi::parse_default | pugi::parse_ws_pcdata_single, pugi::encoding_utf8);
  if (!result) return Error(ErrorCode::bad_request, result.description());
  return convert(parsed.document_element());
}

XmlWriter::XmlWriter(std::string_view root) : out_("<?xml version=\"1.0\"?>\n<") {
  out_ += root;
  out_ += " xmlns=\"";
  out_ += aws_namespace;
  out_ += "\">";
  open_.emplace_back(root);
}

void XmlWriter::open(std::string_view name) {
  out_ += '<';
  out_ += name;
  out_ += '>';
  open_.emplace_back(name);
}

void XmlWriter::close() {
  out_ += "</" + open_.back() + '>';
  open_.pop_back();
}

void XmlWriter::text(std::string_view name, std::string_view value) {
  open(name);
  append_escaped(out_, value);
  close();
}

std::string XmlWriter::finish() {
  while (!open_.empty())
    close();
  return std::move(out_);
}

}  // namespace waymark::api
