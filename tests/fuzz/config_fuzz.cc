// SPDX-License-Identifier: Apache-2.0
//
// A configuration file → settings → words → the same settings.
#include <sys/mman.h>
#include <unistd.h>

#include "app/config.h"
#include "base/shared_memory.h"
#include "tests/fuzz/target.h"

namespace waymark::app {
namespace {

Result<std::optional<ServeCommand>> read_file(std::string_view content) {
  const FileDescriptor file(::memfd_create("config", MFD_CLOEXEC));
  const auto octets = static_cast<ssize_t>(content.size());
  fuzz::require(::write(file.get(), content.data(), content.size()) == octets);
  return parse_serve({"--config=/proc/self/fd/" + std::to_string(file.get())});
}

}  // namespace
}  // namespace waymark::app

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waymark;  // NOLINT(google-build-using-namespace)
  const std::string_view content = as_text({data, size});
  if (content.find("help") != std::string_view::npos) return 0;  // is printed

  const auto command = app::read_file(content);

  if (!command || !*command) return 0;
  const auto words = app::to_words((*command)->config);
  const auto again = app::parse_serve(words);
  fuzz::require(again.has_value() && again->has_value());
  fuzz::require(app::to_words((*again)->config) == words);
  for (const std::string& word : words)  // CLI11 reads no escapes
    if (word.find_first_of("\"'\\[],#") != std::string::npos) return 0;
  const auto printed = app::read_file(app::to_toml((*command)->config));
  fuzz::require(printed.has_value() && printed->has_value());
  fuzz::require(app::to_words((*printed)->config) == words);
  return 0;
}
