// SPDX-License-Identifier: Apache-2.0
#include "base/connect_error.h"

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace waymark {

std::string connect_error_text(int error_number) {
  switch (error_number) {
    case 0:
      return "could not connect";
    case ECONNREFUSED:
      return "connection refused";
    case ECONNRESET:
      return "connection reset";
    case EHOSTUNREACH:
      return "no route to host";
    case ENETUNREACH:
      return "network is unreachable";
    default:
      return std::generic_category().message(error_number);
  }
}

bool is_local_shortage(int error_number) noexcept {
  return error_number == EMFILE || error_number == ENFILE || error_number == ENOBUFS ||
         error_number == ENOMEM || error_number == EADDRNOTAVAIL ||  // out of local ports
         error_number == ENETDOWN || error_number == ENETUNREACH;    // our interface, our routes
}

std::string timed_out_text(std::chrono::milliseconds limit) {
  char text[64];
  std::snprintf(text, sizeof text, "timed out after %g s",
                static_cast<double>(limit.count()) / 1000);
  return text;
}

}  // namespace waymark
