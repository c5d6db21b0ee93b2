// SPDX-License-Identifier: Apache-2.0
//
// Feeds the files of a corpus to a fuzz target, without libFuzzer: `replay DIRECTORY …`.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "tests/fuzz/target.h"

namespace {

/// From memory of exactly its size, so that a sanitizer sees a read beyond it; then every beginning
/// of it, for parsers break at ends.
void feed(const std::vector<char>& content) {
  const std::size_t step = content.size() / 256 + 1;
  for (std::size_t octets = content.size();; octets -= step) {
    const auto exact = std::make_unique<std::uint8_t[]>(octets);
    std::copy_n(content.begin(), static_cast<std::ptrdiff_t>(octets), exact.get());
    LLVMFuzzerTestOneInput(exact.get(), octets);
    if (octets < step) return;
  }
}

}  // namespace

int main(int argc, char** argv) {
  int files = 0;
  for (int i = 1; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::vector<char> content{std::istreambuf_iterator<char>(file), {}};
      std::printf("%s\n", entry.path().c_str());
      (void)std::fflush(stdout);  // names the culprit when the next line ends the process
      feed(content);
      ++files;
    }
  }
  std::printf("%d files\n", files);
  return files == 0 ? 1 : 0;
}
