// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "app/data_directory.h"
#include "app/generations.h"
#include "app/hand_over_wire.h"
#include "app/sockets.h"
#include "base/async.h"
#include "dns/board.h"

namespace waymark::app {

/// The running supervisor's side of a take-over: waits for a successor, hands it the sockets, and
/// tells the supervisor what to do meanwhile. One successor at a time, of the same user or root.
class HandOver {
 public:
  struct Events {
    std::function<void()> end_control;     // then control_ended() is called
    std::function<void()> resume_control;  // there is no successor any more
    std::function<void()> give_way;        // it serves
  };

  HandOver(asio::io_context& loop, std::string data_dir, Events events);

  /// Waits for successors from now on; without, it says why not, once.
  void listen(const Sockets& sockets, const dns::Board& board, const DataDirectory& directory);
  /// The control process has ended, as was asked for.
  void control_ended(const Generations& generations);
  /// Waits for nobody any more, and lets go of a successor that does not serve yet.
  void stop();

 private:
  void accept();
  void consider(FileDescriptor one, Peer& peer);
  void refuse(FileDescriptor one, const std::string& why);
  void greet();
  void next_words();
  void on_words(const std::string& words);
  Result<void> hand_sockets();
  void let_go(const std::string& why);

  asio::io_context& loop_;
  std::string data_dir_;
  Events events_;
  const Sockets* sockets_ = nullptr;
  const dns::Board* board_ = nullptr;
  const DataDirectory* directory_ = nullptr;
  std::optional<asio::posix::stream_descriptor> listener_, readable_;
  std::optional<asio::posix::stream_descriptor> refused_;  // the last one, until it has heard why
  FileDescriptor successor_;
  Peer peer_;
  asio::steady_timer patience_;
  bool control_asked_ = false;
};

/// The successor's side, while it is none yet.
class Predecessor {
 public:
  /// Asks the supervisor that serves from `data_dir` for all it has. Throws std::runtime_error with
  /// its answer, or why it gives none.
  static Predecessor ask(const std::string& data_dir);

  /// Sockets of the addresses that `config` names; throws std::runtime_error when they are others.
  Sockets sockets(const Config& config);
  FileDescriptor lock() { return std::move(lock_); }
  /// Its secrets of DNS cookies, if they can be read: clients go on with theirs.
  void keep_cookies(Result<dns::CookieSecrets>& secrets) const;

  /// Has its control process ended; gives the newest generation, with the health bits on `board`
  /// when they belong to it. Empty when this program can not read it. Throws std::runtime_error.
  Generations take_control(dns::Board& board);
  /// Tells it that we serve, so that it may go.
  void tell_serving();
  const FileDescriptor& socket() const noexcept { return socket_; }

 private:
  Predecessor(FileDescriptor socket, Sockets sockets, FileDescriptor lock, FileDescriptor board)
      : socket_(std::move(socket)),
        sockets_(std::move(sockets)),
        lock_(std::move(lock)),
        board_(std::move(board)) {}

  /// None when its layout is another program's.
  std::optional<dns::Board> board() const;

  FileDescriptor socket_;
  Sockets sockets_;
  FileDescriptor lock_, board_;
};

}  // namespace waymark::app
