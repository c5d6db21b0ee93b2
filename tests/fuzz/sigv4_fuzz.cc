// SPDX-License-Identifier: Apache-2.0
//
// A request → its canonical form and its claim. Lines: the request line, headers, an empty one, the
// body.
#include <algorithm>

#include "api/route53/sigv4.h"
#include "base/bytes.h"
#include "tests/fuzz/target.h"

namespace {

using waymark::api::RawRequest;

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

RawRequest request_of(std::string_view text) {
  RawRequest request;
  const std::string_view first = next_line(text);
  const std::size_t blank = std::min(first.find(' '), first.size());
  request.method = first.substr(0, blank);
  request.target = first.substr(std::min(blank + 1, first.size()));
  for (std::string_view line = next_line(text); !line.empty(); line = next_line(text)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    request.headers.emplace_back(line.substr(0, colon),
                                 line.substr(std::min(colon + 1, line.size())));
  }
  request.body = text;
  return request;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;       // NOLINT(google-build-using-namespace)
  using namespace waymark::api;  // NOLINT(google-build-using-namespace)
  const RawRequest request = request_of(as_text({data, size}));
  const TimePoint now{std::chrono::seconds(1'440'938'160)};  // 2015-08-30 12:36:00
  auto claim = read_claim(request, "route53", now);
  if (!claim) return 0;
  fuzz::require(claim->service == "route53" && claim->signature.size() == 64);
  fuzz::require(!claim->key_id.empty() && claim->time.starts_with(claim->date));
  (void)is_signed_with(request, *claim, "a secret that nobody knows");

  // What is signed is believed; the same request with another body is not.
  const std::string canonical = canonical_request(request, claim->signed_headers);
  claim->signature = signature_of(*claim, canonical, "secret");
  fuzz::require(is_signed_with(request, *claim, "secret"));
  RawRequest other = request;
  other.body += ' ';
  fuzz::require(!is_signed_with(other, *claim, "secret"));
  return 0;
}
