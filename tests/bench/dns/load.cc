// SPDX-License-Identifier: Apache-2.0
//
// Asks a DNS server on loopback as fast as it answers, or at a fixed rate, judges every answer and
// measures the server's CPU time over exactly the measured interval. Prints one JSON object.
//
//   dns_load PORT QUESTIONS [word=value …]
//     seconds=2 warmup=0.2   measured, and before that
//     flows=4 window=192     sockets, and questions outstanding over all of them
//     rate=0                 questions a second on schedule; 0: closed loop
//     tcp=0 echo=0           over TCP; expect an echo
//     pids=1,2               processes whose CPU time is the server's
//     seed=1                 of the random digits
//     from=127.1.0.1 step=1  over UDP: the first socket's address, and from each to the next
//
// One thread that spins: give it a core of its own. At a fixed rate latency counts from the
// moment a question was due, so that a server that stalls can not hide it.
#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/dns/cpu_meter.h"
#include "tests/bench/dns/flow.h"

using namespace waymark::bench;  // NOLINT(google-build-using-namespace): a program of one file

namespace {

struct Options {
  std::map<std::string, std::string> words{{"seconds", "2"},    {"warmup", "0.2"}, {"flows", "4"},
                                           {"window", "192"},   {"rate", "0"},     {"tcp", "0"},
                                           {"echo", "0"},       {"pids", ""},      {"seed", "1"},
                                           {"from", "0.0.0.0"}, {"step", "1"}};
  double number(const char* name) const { return std::strtod(words.at(name).c_str(), nullptr); }
};

Options read_options(int argc, char** argv) {
  if (argc < 3) give_up("dns_load PORT QUESTIONS [word=value …]");
  Options options;
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    if (!options.words.contains(word.substr(0, equals)) || equals == std::string::npos)
      give_up("unknown word " + word);
    options.words[word.substr(0, equals)] = word.substr(equals + 1);
  }
  return options;
}

std::vector<pid_t> read_pids(const std::string& list) {
  std::vector<pid_t> pids;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');)
    pids.push_back(std::atoi(word.c_str()));
  return pids;
}

/// State of both sides at one moment of the run.
struct Mark {
  std::uint64_t at = monotonic_ns();
  CpuTime server;
  double own_seconds = 0;
  Tally tally;

  Mark(const std::vector<pid_t>& pids, const Run& run) : server(cpu_time(pids)), tally(run.tally) {
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    for (const timeval& part : {used.ru_utime, used.ru_stime})
      own_seconds += static_cast<double>(part.tv_sec) + static_cast<double>(part.tv_usec) * 1e-6;
  }
};

using Flows = std::vector<std::unique_ptr<Flow>>;

/// One turn over all sockets until `end`; with a rate, on its schedule.
void drive(Flows& flows, std::uint64_t end, double gap_ns, double& due) {
  std::uint64_t now = monotonic_ns(), swept = now;
  while (now < end) {
    for (const auto& flow : flows) {
      flow->receive();
      now = monotonic_ns();
      if (gap_ns == 0) {
        (void)flow->send(flow->ledger().free(), now, 0);
      } else if (due <= static_cast<double>(now)) {
        const auto behind = static_cast<std::size_t>((static_cast<double>(now) - due) / gap_ns) + 1;
        due += gap_ns *
               static_cast<double>(flow->send(behind, static_cast<std::uint64_t>(due), gap_ns));
      }
    }
    if (now - swept < 50'000'000) continue;
    swept = now;
    for (const auto& flow : flows)
      flow->ledger().expire(now);
  }
}

/// Waits for what is still outstanding.
void drain(Flows& flows) {
  const std::uint64_t end = monotonic_ns() + 2 * Ledger::patience_ns;
  std::size_t outstanding = 1;
  while (outstanding > 0 && monotonic_ns() < end) {
    outstanding = 0;
    for (const auto& flow : flows) {
      flow->receive();
      flow->ledger().expire(monotonic_ns());
      outstanding += flow->ledger().outstanding();
    }
  }
}

double percentile(std::vector<std::uint32_t>& latencies, double part) {
  if (latencies.empty()) return 0;
  const auto at = static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1));
  std::nth_element(latencies.begin(), latencies.begin() + static_cast<std::ptrdiff_t>(at),
                   latencies.end());
  return latencies[at] / 1000.0;
}

void print(Run& run, const Mark& begin, const Mark& end) {
  const double seconds = static_cast<double>(end.at - begin.at) * 1e-9;
  const double right = static_cast<double>(end.tally.right - begin.tally.right);
  const double cpu_us =
      static_cast<double>(end.server.nanoseconds - begin.server.nanoseconds) / 1e3;
  const auto ticks = [](std::uint64_t a, std::uint64_t b) { return static_cast<double>(b - a); };
  const double user = ticks(begin.server.user_ticks, end.server.user_ticks);
  const double system = ticks(begin.server.system_ticks, end.server.system_ticks);
  const double octets = static_cast<double>(end.tally.reply_octets - begin.tally.reply_octets);
  const double once = std::max(1.0, right);
  std::printf(
      "{\"qps\": %.0f, \"cpu_us\": %.4f, \"server_cpu_s\": %.4f, \"user_share\": %.3f, "
      "\"seconds\": %.3f, \"own_share\": %.3f, \"sent\": %lu, \"right\": %.0f, "
      "\"wrong\": %lu, \"wrong_rcode\": %lu, \"wrong_count\": %lu, \"lost\": %lu, "
      "\"late\": %lu, \"octets\": %.1f, \"p50_us\": %.1f, \"p99_us\": %.1f}\n",
      right / seconds, cpu_us / once, cpu_us / 1e6, user / std::max(1.0, user + system), seconds,
      (end.own_seconds - begin.own_seconds) / seconds, end.tally.sent - begin.tally.sent, right,
      run.tally.wrong(), run.tally.wrong_rcode, run.tally.wrong_count, run.tally.lost,
      run.tally.late, octets / once, percentile(run.latencies, .5), percentile(run.latencies, .99));
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = read_options(argc, argv);
  Run run;
  run.questions = read_questions(argv[2]);
  run.echo = options.number("echo") != 0;
  run.random = static_cast<std::uint64_t>(options.number("seed"));
  run.latencies.reserve(std::size_t{1} << 24);
  const std::vector<pid_t> pids = read_pids(options.words.at("pids"));

  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const auto count = static_cast<std::size_t>(options.number("flows"));
  const auto window = static_cast<std::size_t>(options.number("window")) / count;
  const bool tcp = options.number("tcp") != 0;
  sockaddr_in from{};
  from.sin_family = AF_INET;
  if (inet_pton(AF_INET, options.words.at("from").c_str(), &from.sin_addr) != 1)
    give_up("from= wants an IPv4 address");
  Flows flows;
  const auto step = static_cast<std::uint32_t>(options.number("step"));
  for (std::size_t i = 0; i < count; ++i) {
    flows.push_back(tcp ? open_tcp(run, server, window) : open_udp(run, server, window, from));
    if (from.sin_addr.s_addr != 0) from.sin_addr.s_addr = htonl(ntohl(from.sin_addr.s_addr) + step);
  }

  const double rate = options.number("rate"), gap_ns = rate > 0 ? 1e9 / rate : 0;
  const auto in = [](double seconds) {
    return monotonic_ns() + static_cast<std::uint64_t>(seconds * 1e9);
  };
  auto due = static_cast<double>(monotonic_ns());
  drive(flows, in(options.number("warmup")), gap_ns, due);
  run.measuring = true;
  const Mark begin(pids, run);
  drive(flows, in(options.number("seconds")), gap_ns, due);
  const Mark end(pids, run);
  run.measuring = false;
  drain(flows);
  print(run, begin, end);
}
