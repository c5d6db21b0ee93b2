// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/shared_memory.h"

namespace waymark::app {

/// What two supervisors say to each other over DATA_DIR/takeover.sock (SOCK_SEQPACKET), a line of
/// words and some descriptors a datagram:
///
///   successor   → predecessor : take-over 1                        1: of this protocol
///   predecessor → successor   : house WORKERS API ROUTE53|- DNS…   + lock, board, sockets of the
///   doors
///                               share                              + UDP sockets, for each worker
///                               share                              + TCP sockets, after each of
///                               those refused SENTENCE                   instead: it serves on
///   successor   → predecessor : control                            asks for the control process to
///   end predecessor → successor   : a dns::Message of kind publish     it has: the newest
///   generation successor   → predecessor : serving                            its workers answer,
///   its API listens
///
/// Until `serving` the predecessor goes on as before when the connection ends.
struct HandOverMessage {
  std::string text;
  std::vector<FileDescriptor> descriptors;
};

constexpr std::string_view hand_over_greeting = "take-over 1";
constexpr std::size_t most_handed_descriptors = 250;  // the kernel takes 253 at once

/// DATA_DIR/takeover.sock. Fails with `bad_value` when the path is too long for a socket.
Result<std::string> hand_over_path(const std::string& data_dir);
/// A connected socket. Fails with `unavailable`.
Result<FileDescriptor> connect_to_predecessor(const std::string& data_dir);
/// Of this user alone, in place of what is there. Fails with `io`.
Result<FileDescriptor> listen_for_successor(const std::string& data_dir);

/// Fails with `io` when the other side is gone or takes nothing.
Result<void> send_words(const FileDescriptor& socket, std::string_view text,
                        const std::vector<int>& descriptors = {});
/// Waits as long as the socket's SO_RCVTIMEO says. Fails with `io`.
Result<HandOverMessage> receive_words(const FileDescriptor& socket);

/// Who is at the other end of a connected socket. `handle` (a pidfd) is of that very process: its
/// number may be another's by the time that it is to be ended.
struct Peer {
  pid_t process = -1;  // 0: of another container, its number means nothing here
  uid_t user = 0;
  FileDescriptor handle{};  // none: it has gone, or can not be seen
};
Result<Peer> peer_of(const FileDescriptor& socket);
/// Why it may not take over from this process, or empty.
std::string refusal_of(const Peer& peer);
/// Ends it with SIGKILL; false when it had ended.
bool end(const Peer& peer);

}  // namespace waymark::app
