// Runs one coroutine to its end on a loop of its own and hands out what it returned. Bounded.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace postrider::dns {

template <class T>
T await(boost::asio::io_context& io, boost::asio::awaitable<T> task) {
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result = std::move(value);
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  io.restart();
  while (!result && std::chrono::steady_clock::now() < until) {
    io.run_one_until(until);
  }
  if (!result) {
    throw std::runtime_error("the coroutine did not end");
  }
  return *std::move(result);
}

}  // namespace postrider::dns
