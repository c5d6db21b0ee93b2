// SPDX-License-Identifier: Apache-2.0
#include "app/child_words.h"

namespace waymark::app {
namespace {

std::string joined(const std::vector<FileDescriptor>& descriptors) {
  std::string list;
  for (const FileDescriptor& descriptor : descriptors)
    list += (list.empty() ? "" : ",") + std::to_string(descriptor.get());
  return list;
}

std::string joined(const std::vector<Endpoint>& addresses) {
  std::string list;
  for (const Endpoint& address : addresses)
    list += (list.empty() ? "" : ",") + address.to_string();
  return list;
}

const char* name_of(log::Level level) noexcept {
  switch (level) {
    case log::Level::debug:
      return "debug";
    case log::Level::info:
      return "info";
    case log::Level::warning:
      return "warning";
    case log::Level::error:
      return "error";
  }
  return "info";
}

}  // namespace

std::vector<std::string> control_words(int channel, int board, const Sockets& sockets,
                                       const std::vector<std::string>& serve_arguments) {
  std::vector<std::string> words{"waymark",      "control",
                                 "--channel",    std::to_string(channel),
                                 "--board",      std::to_string(board),
                                 "--api-socket", std::to_string(sockets.api.get()),
                                 "--bound-dns",  joined(sockets.dns)};
  words.emplace_back("--route53-socket");
  words.push_back(std::to_string(sockets.route53.get()));
  words.insert(words.end(), serve_arguments.begin(), serve_arguments.end());
  return words;
}

namespace {

const char* yes_or_no(bool value) noexcept {
  return value ? "yes" : "no";
}

/// What dns::ResponderSettings holds.
void add_answer_words(std::vector<std::string>& words, const Config& config) {
  std::string exempt;
  for (const IpPrefix& prefix : config.rate_limit_exempt)
    exempt += (exempt.empty() ? "" : ",") + prefix.to_string();
  for (auto& [flag, value] : std::initializer_list<std::pair<const char*, std::string>>{
           {"--max-udp-octets", std::to_string(config.max_udp_octets)},
           {"--nsid", config.nsid},
           {"--report-agent", config.report_agent},
           {"--version-text", config.hide_version ? "" : version_text},
           {"--require-cookie", yes_or_no(config.require_cookie)},
           {"--rate-limit", std::to_string(config.rate_limit)},
           {"--rate-limit-slip", std::to_string(config.rate_limit_slip)},
           {"--rate-limit-log-only", yes_or_no(config.rate_limit_log_only)},
           {"--rate-limit-exempt", exempt},
           {"--query-log", std::to_string(config.query_log)}}) {
    words.emplace_back(flag);
    words.push_back(value);
  }
}

}  // namespace

std::vector<std::string> worker_words(std::uint32_t index, int channel, int board,
                                      const Sockets::Share& share, const Config& config) {
  std::vector<std::string> words{"waymark-dns",
                                 "--index",
                                 std::to_string(index),
                                 "--channel",
                                 std::to_string(channel),
                                 "--board",
                                 std::to_string(board),
                                 "--udp",
                                 joined(share.udp),
                                 "--tcp",
                                 joined(share.tcp),
                                 "--log-level",
                                 name_of(config.log_level),
                                 "--log-format",
                                 config.log_format == log::Format::json ? "json" : "text"};
  add_answer_words(words, config);
  if (config.seed) {
    words.emplace_back("--seed");
    words.push_back(std::to_string(*config.seed));
  }
  return words;
}

}  // namespace waymark::app
