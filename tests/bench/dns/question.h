// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace waymark::bench {

/// One question to ask again and again, and what must come back.
///
/// As a line of text: NAME TYPE EDNS RCODE ANSWERS
///   NAME     labels made of "?" alone become random hex digits, anew for each asking
///   EDNS     -, edns, do, cookie, or subnet=192.0.2.0/24
///   RCODE    a number; ANSWERS: the least number of records in the answer section
struct Question {
  std::vector<std::uint8_t> wire;            // the whole message, id 0
  std::vector<std::uint16_t> random_octets;  // where the random digits stand
  std::uint16_t question_end = 0;            // header and question: what every answer repeats
  std::uint8_t rcode = 0;
  std::uint16_t answers = 0;
};

/// Ends the program with a sentence on a bad line: the input is our own.
Question to_question(std::string_view line);
std::vector<Question> read_questions(const std::string& path);

/// Puts random digits at their places in `message`, a copy of `question.wire`.
void randomize(const Question& question, std::uint8_t* message, std::uint64_t& state);

[[noreturn]] void give_up(const std::string& why);

}  // namespace waymark::bench
