// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace waymark {

/// A socket error for people: "connection refused", "no route to host".
std::string connect_error_text(int error_number);
/// True when we lack sockets, memory or a network ourselves: it says nothing about the other side.
bool is_local_shortage(int error_number) noexcept;
/// "timed out after 4 s", "timed out after 0.25 s".
std::string timed_out_text(std::chrono::milliseconds limit);

}  // namespace waymark
