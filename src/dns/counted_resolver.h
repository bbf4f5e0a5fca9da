// A resolver that counts how look-ups end and how long they take, cached ones among them, and
// leaves the work to another one. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/duration_counts.h"
#include "dns/resolver.h"

namespace postrider::dns {

struct LookupFigures {
  std::uint64_t found = 0;
  std::uint64_t not_found = 0;  ///< the name or the type does not exist
  std::uint64_t failed = 0;     ///< no answer, or none that may be believed
  DurationCounts took;
};

class CountedResolver final : public Resolver {
 public:
  static constexpr std::array kBounds{0.001, 0.01, 0.05, 0.2, 1.0, 5.0, 20.0};  ///< seconds

  explicit CountedResolver(std::shared_ptr<Resolver> asked) : asked_(std::move(asked)) {}

  boost::asio::awaitable<Result<Answer<Mx>>> mx(std::string name) override;
  boost::asio::awaitable<Result<Answer<boost::asio::ip::address>>> addresses(std::string name,
                                                                             bool v4,
                                                                             bool v6) override;
  boost::asio::awaitable<Result<Answer<std::string>>> txt(std::string name) override;
  boost::asio::awaitable<Result<Answer<std::string>>> cname(std::string name) override;

  LookupFigures figures() const;

 private:
  template <class T>
  boost::asio::awaitable<Result<T>> count(boost::asio::awaitable<Result<T>> lookup);

  const std::shared_ptr<Resolver> asked_;
  mutable std::mutex mutex_;  // guards figures_
  LookupFigures figures_;
};

}  // namespace postrider::dns
