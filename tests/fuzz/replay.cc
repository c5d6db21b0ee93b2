// SPDX-License-Identifier: Apache-2.0
//
// Feeds a fuzz target without libFuzzer:
//   TARGET CORPUS                     the files of the corpus, whole and cut anywhere
//   TARGET CORPUS SECONDS [SEED]      then changed at random for so long; what breaks it is left in
//                                     ./broken-TARGET. WAYMARK_LONG=1 stands for 20 seconds.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

#include "base/random.h"
#include "tests/fuzz/target.h"

extern "C" void __sanitizer_set_death_callback(void (*)()) __attribute__((weak));

namespace {

using waymark::Random;
using Content = std::vector<char>;

constexpr std::size_t most_octets = 8192;

std::string broken_name;                // where the last input goes
const std::uint8_t* now_fed = nullptr;  // for what ends the process
std::size_t now_octets = 0;

void keep_what_broke_it() {
  const int file = ::open(broken_name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file >= 0 && ::write(file, now_fed, now_octets) >= 0) ::close(file);
}
void on_signal(int signal) {
  keep_what_broke_it();
  (void)::signal(signal, SIG_DFL);
  (void)raise(signal);
}

/// From memory of exactly its size, so that a sanitizer sees a read beyond it.
void feed_once(const Content& content, std::size_t octets) {
  const auto exact = std::make_unique<std::uint8_t[]>(octets);
  std::copy_n(content.begin(), static_cast<std::ptrdiff_t>(octets), exact.get());
  now_fed = exact.get();
  now_octets = octets;
  LLVMFuzzerTestOneInput(exact.get(), octets);
}

/// And every beginning of it, for parsers break at ends.
void feed(const Content& content) {
  const std::size_t step = content.size() / 256 + 1;
  for (std::size_t octets = content.size();; octets -= step) {
    feed_once(content, octets);
    if (octets < step) return;
  }
}

/// One change, of a kind that parsers trip over.
void change(Content& content, const std::vector<Content>& corpus, Random& random) {
  const auto below = [&](std::size_t bound) {
    return bound == 0 ? 0 : random.below(static_cast<std::uint32_t>(bound));
  };
  static constexpr std::array<unsigned char, 12> edges{0,    1,    0x3F, 0x40, 0x7F, 0x80,
                                                       0xC0, 0xFF, '"',  '\\', '\n', '{'};
  const std::size_t at = below(content.size());
  const auto place = content.begin() + static_cast<std::ptrdiff_t>(at);
  const auto end = place + static_cast<std::ptrdiff_t>(below(content.size() - at + 1));
  switch (content.empty() ? 4 : random.below(7)) {
    case 0:
      *place = static_cast<char>(*place ^ (1 << random.below(8)));
      break;
    case 1:
      *place = static_cast<char>(edges[random.below(edges.size())]);
      break;
    case 2:
      *place = static_cast<char>(*place + (random.below(2) == 0 ? 1 : -1));  // lengths and counts
      break;
    case 3:
      content.erase(place, end);
      break;
    case 4:
      content.insert(place, static_cast<char>(random.below(256)));
      break;
    case 5: {
      const Content piece(place, end);
      content.insert(place, piece.begin(), piece.end());
      break;
    }
    default: {
      const Content& other = corpus[below(corpus.size())];
      const auto from = static_cast<std::ptrdiff_t>(below(other.size() + 1));
      content.erase(place, content.end());
      content.insert(content.end(), other.begin() + from, other.end());
    }
  }
  if (content.size() > most_octets) content.resize(most_octets);
}

void feed_changed(const std::vector<Content>& corpus, std::chrono::seconds time,
                  std::uint64_t seed) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  (void)std::fflush(stdout);
  Random random(seed);
  std::uint64_t inputs = 0;
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
    Content content = corpus[random.below(static_cast<std::uint32_t>(corpus.size()))];
    for (std::uint32_t i = random.below(6); i < 6; ++i)
      change(content, corpus, random);
    feed_once(content, content.size());
    ++inputs;
  }
  std::printf("%llu changed inputs\n", static_cast<unsigned long long>(inputs));
}

std::vector<Content> read_corpus(const char* directory) {
  std::vector<Content> corpus;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::ifstream file(entry.path(), std::ios::binary);
    corpus.push_back({std::istreambuf_iterator<char>(file), {}});
    std::printf("%s\n", entry.path().c_str());
    (void)std::fflush(stdout);  // names the culprit when the next line ends the process
    feed(corpus.back());
  }
  return corpus;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  broken_name = "broken-" + std::filesystem::path(argv[0]).filename().string();
  for (const int signal : {SIGILL, SIGSEGV, SIGABRT, SIGBUS, SIGFPE})
    (void)std::signal(signal, &on_signal);
  if (__sanitizer_set_death_callback != nullptr)
    __sanitizer_set_death_callback(&keep_what_broke_it);
  const std::vector<Content> corpus = read_corpus(argv[1]);
  std::printf("%zu files\n", corpus.size());
  if (corpus.empty()) return 1;
  int seconds = std::getenv("WAYMARK_LONG") != nullptr ? 20 : 0;  // NOLINT(concurrency-mt-unsafe)
  if (argc > 2) seconds = std::atoi(argv[2]);
  const auto now = std::chrono::system_clock::now().time_since_epoch().count();
  const auto seed =
      argc > 3 ? std::strtoull(argv[3], nullptr, 10) : static_cast<std::uint64_t>(now);
  if (seconds > 0) feed_changed(corpus, std::chrono::seconds(seconds), seed);
  return 0;
}
