#include "store/committer.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::store {
namespace {

namespace asio = boost::asio;
using test::FreshFolder;
using test::put;
using test::RunningStore;

void rethrow(const std::exception_ptr& error) {
  if (error) {
    std::rethrow_exception(error);
  }
}

TEST(Committer, WhatComesInOneRoundGoesInOneCommit) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  Committer committer(*store, store.context(), store.mailbox());
  const auto here = std::this_thread::get_id();
  int promised = 0;
  int noted = 0;
  for (int i = 0; i < 30; ++i) {
    asio::co_spawn(
        store.context(),
        [&, i]() -> asio::awaitable<void> {
          Step step = put(Table::meta, std::to_string(i), "x");
          const Result<> done = co_await committer.commit(std::move(step));
          promised += done && std::this_thread::get_id() == here ? 1 : 0;
        },
        rethrow);
  }
  asio::post(store.context(), [&] {
    committer.note(put(Table::meta, "note", "x"),
                   [&](const Result<>& done) { noted += done ? 1 : 0; });
    committer.note(put(Table::meta, "silent note", "x"), {});
  });
  EXPECT_TRUE(store.run_until([&] { return promised == 30 && noted == 1; }));
  EXPECT_EQ(store->figures().commits, 1U);
  EXPECT_EQ(store->figures().steps, 32U);
}

}  // namespace
}  // namespace postrider::store
