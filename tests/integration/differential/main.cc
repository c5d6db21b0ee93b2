// SPDX-License-Identifier: Apache-2.0
//
// differential NAMES QUERIES SEED WAYMARK_PORT PEER=PORT…
// Asks Waymark and its peers the same questions and compares. NAMES: a file with lines "zone NAME"
// and "name NAME". Exit code 1 when an answer differs in a way that no rule allows.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "tests/integration/differential/peer.h"
#include "tests/integration/differential/question_maker.h"
#include "tests/integration/differential/reply.h"
#include "tests/integration/differential/rules.h"

namespace {

using namespace waymark;                // NOLINT(google-build-using-namespace)
using namespace waymark::differential;  // NOLINT(google-build-using-namespace)

constexpr std::size_t window = 64, most_told = 20, opt_octets = 11;

[[noreturn]] void end(const std::string& what) {
  std::fprintf(stderr, "differential: %s\n", what.c_str());
  std::exit(2);
}

struct Names {
  std::vector<dns::Name> zones, all;
};

Names read_names(const char* path) {
  std::ifstream file(path);
  if (!file) end(std::string("can not read ") + path);
  Names names;
  for (std::string line; std::getline(file, line);) {
    const auto name = dns::Name::parse(std::string_view(line).substr(5));
    if (!name) end(line + ": " + name.error().detail());
    if (line.starts_with("zone ")) names.zones.push_back(*name);
    names.all.push_back(*name);
  }
  return names;
}

/// With EDNS, so that answers seldom need TCP, and in letters of any case.
Bytes encode(const Question& question, std::uint16_t id, Random& random) {
  Bytes message;
  ByteWriter out(message);
  out.u16(id), out.u16(0), out.u16(1), out.u16(0), out.u16(0), out.u16(1);
  for (const Octet octet : question.name.wire()) {
    const bool letter = octet >= 'a' && octet <= 'z';
    out.u8(letter && random.below(2) == 0 ? static_cast<Octet>(octet - 32) : octet);
  }
  out.u16(static_cast<std::uint16_t>(question.type)), out.u16(1);
  out.u8(0), out.u16(41), out.u16(1232), out.u32(0), out.u16(0);
  return message;
}

class Differential {
 public:
  Differential(Names names, std::uint64_t seed, int peers, char** arguments)
      : zones_(std::move(names.zones)),
        maker_(std::move(names.all), seed),
        letters_(seed + 1),
        waymark_("waymark", static_cast<std::uint16_t>(std::atoi(arguments[0]))) {
    for (int i = 1; i < peers; ++i) {
      const std::string word = arguments[i];
      const std::size_t equals = word.find('=');
      if (equals == std::string::npos) end(word + " is not PEER=PORT");
      peers_.push_back(std::make_unique<Peer>(
          word.substr(0, equals), static_cast<std::uint16_t>(std::stoi(word.substr(equals + 1)))));
    }
  }

  std::uint64_t run(std::uint64_t queries) {
    for (std::uint64_t asked = 0; asked < queries; asked += window)
      ask_window();
    std::printf("%llu questions, %llu asked again over TCP; ", count(questions_), count(over_tcp_));
    std::printf("%llu differences\n", count(differences_));
    for (const auto& [rule, times] : by_rule_)
      std::printf("  %8llu  %s (%s)\n", count(times), rule->name, rule->section);
    return differences_;
  }

 private:
  static unsigned long long count(std::uint64_t number) { return number; }

  void ask_window() {
    std::vector<Question> questions;
    std::vector<Bytes> queries;
    for (std::size_t i = 0; i < window; ++i) {
      questions.push_back(maker_.next());
      queries.push_back(encode(questions.back(), next_id_++, letters_));
    }
    const std::vector<Bytes> mine = waymark_.ask(queries);
    std::vector<std::vector<Bytes>> theirs;
    for (const auto& peer : peers_)
      theirs.push_back(peer->ask(queries));
    for (std::size_t i = 0; i < window; ++i) {
      std::vector<ByteView> replies;
      for (const auto& peer : theirs)
        replies.push_back(peer[i]);
      check(questions[i], queries[i], mine[i], replies);
    }
    questions_ += window;
  }

  /// One question: every peer agrees, or a rule says why not; and where that rule wants a witness,
  /// another peer does agree.
  void check(const Question& question, ByteView query, ByteView mine_octets,
             const std::vector<ByteView>& theirs_octets) {
    if (!echoes(query, mine_octets)) tell(question, "does not echo the question");
    bool agreed = false;
    std::vector<std::string> unwitnessed;
    for (std::size_t p = 0; p < peers_.size(); ++p) {
      Reply mine = read(question, mine_octets, waymark_);
      Reply theirs = read(question, theirs_octets[p], *peers_[p]);
      if (mine.truncated || theirs.truncated) {
        ++over_tcp_;
        mine = read(question, waymark_.ask_over_tcp(query), waymark_);
        theirs = read(question, peers_[p]->ask_over_tcp(query), *peers_[p]);
      }
      const bool same = mine == theirs;
      const Rule* rule = same ? nullptr : rule_for(question, mine, theirs);
      if (rule != nullptr) ++by_rule_[rule];
      const std::string told =
          "\n  waymark: " + to_text(mine) + "\n  " + peers_[p]->name() + ": " + to_text(theirs);
      if (!same && rule == nullptr) tell(question, told);
      if (rule != nullptr && rule->witness) unwitnessed.push_back(rule->name + told);
      agreed |= same || (rule != nullptr && !rule->witness);
    }
    if (!agreed)
      for (const std::string& told : unwitnessed)
        tell(question, "nobody agrees where " + told);
  }

  const Rule* rule_for(const Question& question, const Reply& mine, const Reply& theirs) const {
    for (const Rule& rule : rules())
      if (rule.allows(question, mine, theirs, zones_)) return &rule;
    return nullptr;
  }

  /// The question comes back in the letters that it was asked in.
  static bool echoes(ByteView query, ByteView reply) {
    const std::size_t end = query.size() - opt_octets;
    return reply.size() >= end &&
           std::equal(query.begin() + 12, query.begin() + static_cast<std::ptrdiff_t>(end),
                      reply.begin() + 12);
  }

  void tell(const Question& question, const std::string& what) {
    if (++differences_ > most_told) return;
    std::printf("%s %s: %s\n", question.name.to_string().c_str(),
                dns::to_string(question.type).c_str(), what.c_str());
  }

  static Reply read(const Question& question, ByteView octets, const Peer& peer) {
    auto reply = read_reply(octets);
    if (!reply)
      end(peer.name() + " sent no sound message for " + question.name.to_string() + ' ' +
          dns::to_string(question.type));
    return std::move(*reply);
  }

  std::vector<dns::Name> zones_;
  QuestionMaker maker_;
  Random letters_;
  Peer waymark_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::uint16_t next_id_ = 0;
  std::uint64_t questions_ = 0, over_tcp_ = 0, differences_ = 0;
  std::map<const Rule*, std::uint64_t> by_rule_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) end("takes NAMES QUERIES SEED WAYMARK_PORT PEER=PORT…");
  Differential differential(read_names(argv[1]), std::strtoull(argv[3], nullptr, 10), argc - 4,
                            argv + 4);
  return differential.run(std::strtoull(argv[2], nullptr, 10)) == 0 ? 0 : 1;
}
