// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace waymark {

namespace asio = boost::asio;

/// What control-plane coroutines return. They fail with Result values, not exceptions.
template <class T>
using Awaitable = asio::awaitable<T>;

/// Starts a coroutine whose owner outlives it. An exception out of it is our own mistake and ends
/// the process.
template <class Executor, class Coroutine>
void spawn(Executor&& executor, Coroutine&& coroutine) {
  asio::co_spawn(std::forward<Executor>(executor), std::forward<Coroutine>(coroutine),
                 [](const std::exception_ptr& failure) {
                   if (failure) std::rethrow_exception(failure);
                 });
}

}  // namespace waymark
