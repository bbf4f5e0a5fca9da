// Runs one coroutine to its end on a loop of its own and hands out what it returned. Bounded.
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace postrider::http {

template <class T>
T await(boost::asio::awaitable<T> task) {
  boost::asio::io_context io;
  std::optional<T> result;
  boost::asio::co_spawn(io, std::move(task), [&](const std::exception_ptr& error, T value) {
    if (error) {
      std::rethrow_exception(error);
    }
    result = std::move(value);
  });
  io.run_for(std::chrono::seconds(20));
  if (!result) {
    throw std::runtime_error("the coroutine did not end");
  }
  return *std::move(result);
}

}  // namespace postrider::http
