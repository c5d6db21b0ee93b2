// SPDX-License-Identifier: Apache-2.0
#include "zones/compile/trial.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "zones/compile/image_compiler.h"

namespace waymark::zones {
namespace {

/// What the image was compiled with stands among its slots (slot_book.h).
std::uint32_t panic_percent_of(const dns::Image& image) {
  constexpr std::string_view prefix = "panic-percent/";
  for (const dns::SlotSpec& spec : image.slots()) {
    if (!spec.key.starts_with(prefix)) continue;
    std::uint32_t percent = 0;
    std::from_chars(spec.key.data() + prefix.size(), spec.key.data() + spec.key.size(), percent);
    return percent;
  }
  return 0;
}

}  // namespace

Result<Trial> compile_trial(const Store& store, const dns::Image& image, Random random,
                            OutsideKnown known) {
  if (image.generation() == 0)
    return Error(ErrorCode::unavailable, "nothing has been published yet");
  // The places of clients stay as the image has them: the geo database is not read again.
  const GeoRows places_stay = [] { return std::optional<std::vector<policy::LocationRow>>(); };
  ImageCompiler compiler(store, image, random, panic_percent_of(image), places_stay,
                         std::move(known));
  auto next = compiler.compile();
  if (!next) return next.error();
  if (!next->fault.empty()) return Error(ErrorCode::bad_value, next->fault);

  std::vector<std::shared_ptr<const dns::Part>> parts = image.parts();
  for (NewPart& part : next->parts) {
    auto opened = dns::Part::open(std::move(part.content));
    if (!opened) return opened.error();
    parts.push_back(std::move(*opened));
  }
  auto opened = dns::Image::open(next->manifest, std::move(parts));
  if (!opened) return opened.error();
  return Trial{
      std::move(*opened), std::move(next->gates), {next->checks.begin(), next->checks.end()}};
}

}  // namespace waymark::zones
