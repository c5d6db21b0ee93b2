// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "tests/bench/dns/question.h"

namespace waymark::bench {

struct Tally {
  std::uint64_t sent = 0, right = 0, lost = 0, late = 0;
  std::uint64_t wrong_rcode = 0, wrong_count = 0, wrong_message = 0;
  std::uint64_t reply_octets = 0;

  std::uint64_t wrong() const { return wrong_rcode + wrong_count + wrong_message; }
};

/// What all sockets of a run share.
struct Run {
  std::vector<Question> questions;
  bool echo = false;  // only QR and the question are expected back
  Tally tally;
  bool measuring = false;
  std::vector<std::uint32_t> latencies;  // nanoseconds, while measuring
  std::size_t next_question = 0;
  std::uint64_t random = 1;
};

/// Questions outstanding on one socket, by message id: the low octet is a place, the high one
/// tells its users apart. Every reply is judged here.
class Ledger {
 public:
  static constexpr std::size_t max_window = 256;
  static constexpr std::uint64_t patience_ns = 1'000'000'000;

  Ledger(Run& run, std::size_t window) : run_(run), places_(std::min(window, max_window)) {
    for (std::size_t i = places_.size(); i-- > 0;)
      free_.push_back(static_cast<std::uint8_t>(i));
  }

  std::size_t free() const { return free_.size(); }
  std::size_t outstanding() const { return places_.size() - free_.size(); }

  /// The next message to send. Counted from `due`, when it should have left. Needs a free place.
  std::span<const std::uint8_t> ask(std::uint64_t due) {
    const std::uint8_t number = free_.back();
    free_.pop_back();
    Place& place = places_[number];
    place.question = run_.next_question;
    if (++run_.next_question == run_.questions.size()) run_.next_question = 0;
    const Question& question = run_.questions[place.question];
    place.due = due;
    place.waiting = true;
    ++place.turn;
    std::memcpy(place.message.data(), question.wire.data(), question.wire.size());
    place.message[0] = place.turn;
    place.message[1] = number;
    randomize(question, place.message.data(), run_.random);
    ++run_.tally.sent;
    return {place.message.data(), question.wire.size()};
  }

  void settle(std::span<const std::uint8_t> reply, std::uint64_t now) {
    Tally& tally = run_.tally;
    if (reply.size() < 12 || reply[1] >= places_.size()) return void(++tally.wrong_message);
    Place& place = places_[reply[1]];
    if (!place.waiting || place.turn != reply[0]) return void(++tally.late);
    release(place, reply[1]);
    tally.reply_octets += reply.size();

    const Question& question = run_.questions[place.question];
    const std::size_t end = question.question_end;
    if ((reply[2] & 0x80) == 0 || reply.size() < end ||
        std::memcmp(&reply[12], &place.message[12], end - 12) != 0)
      return void(++tally.wrong_message);
    if (!run_.echo && (reply[3] & 15) != question.rcode) return void(++tally.wrong_rcode);
    if (!run_.echo && (reply[6] << 8 | reply[7]) < question.answers)
      return void(++tally.wrong_count);
    ++tally.right;
    if (run_.measuring)
      run_.latencies.push_back(
          static_cast<std::uint32_t>(std::min<std::uint64_t>(now - place.due, UINT32_MAX)));
  }

  /// Gives up on what has waited too long.
  void expire(std::uint64_t now) {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (!places_[i].waiting || now < places_[i].due + patience_ns) continue;
      release(places_[i], static_cast<std::uint8_t>(i));
      ++run_.tally.lost;
    }
  }

 private:
  struct Place {
    std::size_t question = 0;
    std::uint64_t due = 0;
    std::uint8_t turn = 0;
    bool waiting = false;
    std::array<std::uint8_t, 320> message;
  };

  void release(Place& place, std::uint8_t number) {
    place.waiting = false;
    free_.push_back(number);
  }

  Run& run_;
  std::vector<Place> places_;
  std::vector<std::uint8_t> free_;
};

}  // namespace waymark::bench
