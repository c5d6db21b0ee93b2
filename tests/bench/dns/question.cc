// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/dns/question.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

namespace waymark::bench {
namespace {

constexpr std::array<std::pair<std::string_view, std::uint16_t>, 11> types{{{"A", 1},
                                                                            {"NS", 2},
                                                                            {"CNAME", 5},
                                                                            {"SOA", 6},
                                                                            {"MX", 15},
                                                                            {"TXT", 16},
                                                                            {"AAAA", 28},
                                                                            {"SRV", 33},
                                                                            {"DS", 43},
                                                                            {"HTTPS", 65},
                                                                            {"ANY", 255}}};

void put16(std::vector<std::uint8_t>& wire, unsigned value) {
  wire.push_back(static_cast<std::uint8_t>(value >> 8));
  wire.push_back(static_cast<std::uint8_t>(value));
}

void put_name(Question& question, std::string_view name) {
  while (!name.empty() && name != ".") {
    const std::string_view label = name.substr(0, name.find('.'));
    const bool random = label.find_first_not_of('?') == std::string_view::npos;
    question.wire.push_back(static_cast<std::uint8_t>(label.size()));
    for (const char c : label) {
      if (random)
        question.random_octets.push_back(static_cast<std::uint16_t>(question.wire.size()));
      question.wire.push_back(static_cast<std::uint8_t>(c));
    }
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  question.wire.push_back(0);
}

/// The options of an OPT record (RFC 6891 §6.1.2), as the line names them.
std::vector<std::uint8_t> options_of(const std::string& edns) {
  std::vector<std::uint8_t> options;
  if (edns == "cookie") {  // RFC 7873 §4: a client cookie alone
    put16(options, 10), put16(options, 8);
    for (unsigned octet = 1; octet <= 8; ++octet)
      options.push_back(static_cast<std::uint8_t>(octet * 29));
  } else if (edns.starts_with("subnet=")) {  // RFC 7871 §6
    const auto slash = edns.find('/');
    in_addr address{};
    if (slash == std::string::npos ||
        inet_pton(AF_INET, edns.substr(7, slash - 7).c_str(), &address) != 1)
      give_up("no subnet: " + edns);
    const auto bits = static_cast<unsigned>(std::strtoul(edns.c_str() + slash + 1, nullptr, 10));
    const unsigned octets = (bits + 7) / 8;
    put16(options, 8), put16(options, 4 + octets), put16(options, 1);
    options.push_back(static_cast<std::uint8_t>(bits));
    options.push_back(0);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&address);
    options.insert(options.end(), bytes, bytes + octets);
  } else if (edns != "edns" && edns != "do") {
    give_up("no EDNS word: " + edns);
  }
  return options;
}

void put_opt(std::vector<std::uint8_t>& wire, const std::string& edns) {
  const std::vector<std::uint8_t> options = options_of(edns);
  wire.push_back(0);
  put16(wire, 41), put16(wire, 1232), put16(wire, 0);
  put16(wire, edns == "do" ? 0x8000 : 0);
  put16(wire, static_cast<unsigned>(options.size()));
  wire.insert(wire.end(), options.begin(), options.end());
}

}  // namespace

void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(2);
}

Question to_question(std::string_view line) {
  std::istringstream words{std::string(line)};
  std::string name, type, edns;
  unsigned rcode = 0, answers = 0;
  if (!(words >> name >> type >> edns >> rcode >> answers))
    give_up("no question: " + std::string(line));
  const auto* const found =
      std::find_if(types.begin(), types.end(), [&](const auto& one) { return one.first == type; });
  if (found == types.end()) give_up("no type of ours: " + type);

  Question question;
  question.rcode = static_cast<std::uint8_t>(rcode);
  question.answers = static_cast<std::uint16_t>(answers);
  question.wire = {0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(edns != "-")};
  put_name(question, name);
  put16(question.wire, found->second), put16(question.wire, 1);
  question.question_end = static_cast<std::uint16_t>(question.wire.size());
  if (edns != "-") put_opt(question.wire, edns);
  return question;
}

std::vector<Question> read_questions(const std::string& path) {
  std::vector<Question> questions;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    questions.push_back(to_question(line));
  if (questions.empty()) give_up("no questions in " + path);
  return questions;
}

void randomize(const Question& question, std::uint8_t* message, std::uint64_t& state) {
  unsigned left = 0;
  std::uint64_t digits = 0;
  for (const std::uint16_t at : question.random_octets) {
    if (left == 0) {  // splitmix64: sixteen digits a step
      std::uint64_t z = state += 0x9E3779B97F4A7C15ULL;
      z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
      z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
      digits = z ^ (z >> 31);
      left = 16;
    }
    message[at] = static_cast<std::uint8_t>("0123456789abcdef"[digits & 15]);
    digits >>= 4;
    --left;
  }
}

}  // namespace waymark::bench
