// SPDX-License-Identifier: Apache-2.0
//
// One-record changes over REST, on a schedule, while questions come over UDP on another.
//
//   churn_bench DNS_PORT API_PORT NAMES CHANGES_A_SECOND QUESTIONS_A_SECOND SECONDS
//
// WAYMARK_TOKEN holds the token; the zone bench.test. must have the names h0000000 … of NAMES.
// A change writes two addresses that carry its number, so an answer that mixes two changes (torn)
// is seen, and so is one that is older than what was acknowledged and seen before (gone back).
// After the run every changed name is asked for its last acknowledged number (lost).
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
constexpr unsigned changed_names = 5'000;  // each of them again and again
constexpr unsigned changers = 48;          // connections
constexpr std::size_t batch = 64;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "churn_bench: %s\n", why.c_str());
  std::exit(1);
}

struct Plan {
  std::uint16_t dns_port = 0, api_port = 0;
  unsigned names = 0, changes = 0, questions = 0, seconds = 0;
  std::string token;
  unsigned all_changes() const noexcept { return changes * seconds; }
  /// The name that a change is about: spread over the whole zone.
  unsigned name_of(unsigned change) const noexcept {
    return static_cast<unsigned>(std::uint64_t{change % changed_names} * 7919 % names);
  }
};

int connect_to(int type, std::uint16_t port) {
  const int made = socket(AF_INET, type, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(made, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) give_up("no connection");
  const timeval patience{2, 0};
  (void)setsockopt(made, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return made;
}

std::string label_of(unsigned name) {
  std::array<char, 16> text;
  std::snprintf(text.data(), text.size(), "h%07u", name);
  return text.data();
}

using Question = std::array<std::uint8_t, 37>;  // a label of 8, bench, test

Question question_for(unsigned name) {
  static constexpr char form[] = "\0\1\0\0\0\1\0\0\0\0\0\0\10h0000000\5bench\4test\0\0\1\0\1";
  Question question;
  std::memcpy(question.data(), form, question.size());
  std::memcpy(question.data() + 13, label_of(name).data(), 8);
  return question;
}

struct Answer {
  bool good = false, torn = false;
  unsigned number = 0;  // of the change that it shows; 0: as imported
};

/// The addresses of a plain answer: 16 octets a record behind the question, in any order.
Answer read_answer(const std::uint8_t* reply, std::size_t octets) {
  Answer answer;
  if (octets < sizeof(Question) + 16 || (reply[3] & 15) != 0) return answer;
  answer.good = true;
  if (reply[7] != 2) return answer;
  std::array<unsigned, 2> numbers{};
  for (std::size_t i = 0; i < 2; ++i) {
    const std::uint8_t* address = reply + sizeof(Question) + 16 * i + 12;
    numbers[i] = unsigned{address[1]} << 16 | unsigned{address[2]} << 8 | address[3];
  }
  answer.torn = numbers[0] != numbers[1];
  answer.number = numbers[0];
  return answer;
}

Answer ask(int socket, unsigned name) {
  const Question question = question_for(name);
  std::array<std::uint8_t, 1232> reply;
  for (int attempt = 0; attempt < 5; ++attempt) {
    if (send(socket, question.data(), question.size(), 0) < 0) continue;
    const ssize_t octets = recv(socket, reply.data(), reply.size(), 0);
    if (octets > 0) return read_answer(reply.data(), static_cast<std::size_t>(octets));
  }
  return {};
}

/// What all threads tell; the lock is theirs once a change.
struct Findings {
  std::mutex lock;
  std::vector<double> commit_ms, answer_ms;
  std::vector<unsigned> acknowledged = std::vector<unsigned>(changed_names, 0);
  unsigned refused = 0, gone_back = 0;
  std::atomic<unsigned> torn{0}, late{0};
  std::uint64_t asked = 0, answered = 0, wrong = 0;
};

/// One change; false when it was refused.
bool post(int socket, const Plan& plan, unsigned name, unsigned number) {
  std::array<char, 64> addresses;
  const unsigned a = number >> 16 & 255, b = number >> 8 & 255, c = number & 255;
  std::snprintf(addresses.data(), addresses.size(), R"("10.%u.%u.%u","11.%u.%u.%u")", a, b, c, a, b,
                c);
  const std::string body = R"({"changes":[{"action":"upsert","record":{"name":")" + label_of(name) +
                           R"(.bench.test.","type":"A","ttl":60,"values":[)" + addresses.data() +
                           "]}}]}";
  const std::string request =
      "POST /v1/zones/bench.test./changes HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " +
      plan.token +
      "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  if (send(socket, request.data(), request.size(), MSG_NOSIGNAL) < 0) give_up("the API hung up");
  std::string reply;
  std::size_t whole = std::string::npos;
  while (reply.size() < whole) {
    std::array<char, 4096> piece;
    const ssize_t octets = recv(socket, piece.data(), piece.size(), 0);
    if (octets <= 0) give_up("no answer of the API");
    reply.append(piece.data(), static_cast<std::size_t>(octets));
    const auto end = reply.find("\r\n\r\n"), length = reply.find("Content-Length: ");
    if (end != std::string::npos && length < end)
      whole = end + 4 + std::strtoul(reply.c_str() + length + 16, nullptr, 10);
  }
  return reply.starts_with("HTTP/1.1 201");
}

double since(SteadyClock::time_point begun) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begun).count();
}

/// Takes every change that is due next, commits it and asks until the answer has it. Two changes of
/// one name never run at once: they are changed_names apart, five seconds at 1,000 a second.
void change(const Plan& plan, SteadyClock::time_point begun, std::atomic<unsigned>& next,
            Findings& findings) {
  const int api = connect_to(SOCK_STREAM, plan.api_port);
  const int on = 1;
  (void)setsockopt(api, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const int dns = connect_to(SOCK_DGRAM, plan.dns_port);
  for (unsigned i = next++; i < plan.all_changes(); i = next++) {
    const auto due = begun + i * 1'000'000'000ns / plan.changes;
    std::this_thread::sleep_until(due);
    if (since(due) > 50) ++findings.late;
    const unsigned name = plan.name_of(i), number = i + 1;
    const auto sent = SteadyClock::now();
    const bool taken = post(api, plan, name, number);
    const auto acknowledged = SteadyClock::now();
    Answer answer = ask(dns, name);
    const unsigned first = answer.number;
    for (; taken && answer.number != number && since(acknowledged) < 5'000;
         answer = ask(dns, name)) {
      findings.torn += answer.torn;
      std::this_thread::sleep_for(500us);
    }
    findings.torn += answer.torn;
    const double lag = since(acknowledged);
    const std::scoped_lock guard(findings.lock);
    findings.refused += !taken;
    unsigned& last = findings.acknowledged[i % changed_names];
    findings.gone_back += taken && first < last;
    if (!taken) continue;
    last = number;
    findings.commit_ms.push_back(
        std::chrono::duration<double, std::milli>(acknowledged - sent).count());
    findings.answer_ms.push_back(lag);
  }
  close(api);
  close(dns);
}

/// Asks on schedule in bursts of a millisecond; a closed loop would hide a pause of the server.
class Load {
 public:
  Load(const Plan& plan, Findings& findings)
      : plan_(plan),
        findings_(findings),
        socket_(connect_to(SOCK_DGRAM | SOCK_NONBLOCK, plan.dns_port)) {
    const int octets = 8 << 20;
    (void)setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &octets, sizeof octets);
    for (std::size_t i = 0; i < batch; ++i) {
      pieces_out_[i] = {questions_[i].data(), sizeof(Question)};
      pieces_in_[i] = {replies_[i].data(), replies_[i].size()};
      out_[i].msg_hdr.msg_iov = &pieces_out_[i];
      in_[i].msg_hdr.msg_iov = &pieces_in_[i];
      out_[i].msg_hdr.msg_iovlen = in_[i].msg_hdr.msg_iovlen = 1;
    }
  }

  void run(const std::atomic<bool>& stop) {
    const auto begun = SteadyClock::now();
    while (!stop) {
      const auto due = static_cast<std::uint64_t>(since(begun) * plan_.questions / 1000);
      while (findings_.asked < due)
        send_some(std::min<std::uint64_t>(batch, due - findings_.asked));
      receive();
      std::this_thread::sleep_for(1ms);
    }
    for (int i = 0; i < 200 && findings_.answered < findings_.asked; ++i) {
      receive();
      std::this_thread::sleep_for(5ms);
    }
    close(socket_);
  }

 private:
  void send_some(std::uint64_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
      questions_[i] = question_for(static_cast<unsigned>((state_ >> 32) % plan_.names));
    }
    const int sent = sendmmsg(socket_, out_.data(), static_cast<unsigned>(count), 0);
    if (sent > 0) findings_.asked += static_cast<std::uint64_t>(sent);
    receive();
  }

  void receive() {
    for (int count = 1; count > 0;) {
      count = recvmmsg(socket_, in_.data(), batch, MSG_DONTWAIT, nullptr);
      for (int i = 0; i < count; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const Answer answer = read_answer(replies_[at].data(), in_[at].msg_len);
        ++findings_.answered;
        findings_.wrong += !answer.good;
        findings_.torn += answer.torn;
      }
    }
  }

  const Plan& plan_;
  Findings& findings_;
  int socket_;
  std::uint64_t state_ = 1;
  std::array<Question, batch> questions_;
  std::array<std::array<std::uint8_t, 512>, batch> replies_;
  std::array<mmsghdr, batch> in_{}, out_{};
  std::array<iovec, batch> pieces_in_{}, pieces_out_{};
};

void print_row(const char* what, std::vector<double> values) {
  if (values.empty()) give_up("no change was acknowledged");
  std::sort(values.begin(), values.end());
  const auto at = [&](double part) {
    return values[static_cast<std::size_t>(part * static_cast<double>(values.size() - 1))];
  };
  std::printf("%-26s p50 %8.2f  p99 %8.2f  max %8.2f ms\n", what, at(.5), at(.99), values.back());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) give_up("DNS_PORT API_PORT NAMES CHANGES_A_SECOND QUESTIONS_A_SECOND SECONDS");
  const auto word = [&](int i) {
    return static_cast<unsigned>(std::strtoul(argv[i], nullptr, 10));
  };
  const char* token = std::getenv("WAYMARK_TOKEN");
  const Plan plan{static_cast<std::uint16_t>(word(1)),
                  static_cast<std::uint16_t>(word(2)),
                  word(3),
                  word(4),
                  word(5),
                  word(6),
                  token == nullptr ? "" : token};
  Findings findings;
  Load load(plan, findings);
  std::atomic<bool> stop{false};
  std::thread loader([&] { load.run(stop); });
  const auto begun = SteadyClock::now() + 100ms;
  std::atomic<unsigned> next{0};
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < changers; ++i)
    threads.emplace_back([&] { change(plan, begun, next, findings); });
  for (std::thread& thread : threads)
    thread.join();
  const double took = since(begun) / 1000;
  stop = true;
  loader.join();

  unsigned lost = 0;
  const int dns = connect_to(SOCK_DGRAM, plan.dns_port);
  for (unsigned i = 0; i < std::min(changed_names, plan.all_changes()); ++i)
    lost += ask(dns, plan.name_of(i)).number != findings.acknowledged[i];
  close(dns);

  std::printf("%zu changes in %.1f s (%.0f a second; %u refused, %u begun 50 ms late)\n",
              findings.commit_ms.size(), took,
              static_cast<double>(findings.commit_ms.size()) / took, findings.refused,
              findings.late.load());
  print_row("sent -> acknowledged", findings.commit_ms);
  print_row("acknowledged -> answered", findings.answer_ms);
  std::printf("%lu questions (%.0f a second), %lu without an answer, %lu answered otherwise\n",
              findings.asked, static_cast<double>(findings.asked) / took,
              findings.asked - findings.answered, findings.wrong);
  std::printf("%u lost, %u gone back, %u torn\n", lost, findings.gone_back, findings.torn.load());
  return lost + findings.gone_back + findings.torn == 0 ? 0 : 1;
}
