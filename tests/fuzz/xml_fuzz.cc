// SPDX-License-Identifier: Apache-2.0
//
// A request's document → elements, and a record batch of it.
#include "api/route53/health_check_xml.h"
#include "api/route53/record_xml.h"
#include "api/route53/xml.h"
#include "base/bytes.h"
#include "tests/fuzz/target.h"

namespace {

using waymark::api::XmlElement;

/// Within the limits, and either text or children.
std::size_t count(const XmlElement& element, std::size_t depth) {
  waymark::fuzz::require(depth <= waymark::api::max_xml_depth);
  waymark::fuzz::require(element.children.empty() || element.text.empty());
  std::size_t elements = 1;
  for (const XmlElement& child : element.children)
    elements += count(child, depth + 1);
  return elements;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;       // NOLINT(google-build-using-namespace)
  using namespace waymark::api;  // NOLINT(google-build-using-namespace)
  const auto root = parse_xml(as_text({data, size}));
  if (!root) return 0;
  fuzz::require(count(*root, 1) <= max_xml_elements);

  XmlWriter xml("a");  // text that was read can be written and is read as the same
  xml.text("b", root->text);
  const auto again = parse_xml(xml.finish());
  fuzz::require(again.has_value() && again->children.size() == 1);
  fuzz::require(again->children[0].text == root->text);

  const zones::HostedZone zone{{"Z1"}, 1, dns::Name::parse("example.com.").value(), {}, 1, 1, 2,
                               {},     {}};
  if (const auto batch = decode_change_batch(&*root, zone)) fuzz::require(!batch->changes.empty());
  if (const auto check = read_aws_health_check(*root)) {
    XmlWriter told("c");
    append_health_check(told, *check);
    fuzz::require(parse_xml(told.finish()).has_value());
  }
  return 0;
}
