#include "cli/link_keeper.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/json.hpp>

#include "base/bytes.h"
#include "base/json_text.h"
#include "base/text.h"
#include "cli/control_client.h"
#include "cli/json_value.h"
#include "directory/directory.h"
#include "links/link_store.h"
#include "relay/data_directory.h"
#include "store/store.h"

namespace postrider::cli {
namespace {

using directory::Directory;
using directory::OpenMode;

Result<track::TokenKeys> keys_of(Directory& directory) {
  TRY(const auto stored, directory.tracking_keys());
  std::vector<track::TokenKeys::Entry> entries;
  for (const Directory::TrackingKey& key : stored) {
    entries.push_back({.id = key.id, .key = key.key});
  }
  return track::TokenKeys::create(entries);
}

Result<AccountId> account_in(const Directory& directory, const std::string& name) {
  const auto snapshot = directory.snapshot();
  const auto all = snapshot->accounts();
  const directory::Account* found =
      name.empty() ? (all.empty() ? nullptr : all.front()) : snapshot->account(name);
  if (found == nullptr) {
    return fail(Errc::not_found, name.empty()
                                     ? std::string("there is no account")
                                     : "there is no account '" + printable(name, 80) + "'");
  }
  return found->id;
}

class WithRelay final : public LinkKeeper {
 public:
  WithRelay(AccountId account, track::TokenKeys keys, std::unique_ptr<ControlClient> relay)
      : LinkKeeper(account, std::move(keys)), relay_(std::move(relay)) {}

  Result<MessageId> keep(const links::TrackedMessage& message) override {
    JsonText body;
    body.begin_object();
    body.field("record", base64(links::encode(message)));
    body.end_object();
    TRY(const Answer answer,
        relay_->ask({.method = "POST", .target = "/v1/tracked-messages", .body = body.take()}));
    boost::system::error_code malformed;
    const boost::json::value value = boost::json::parse(answer.body, malformed);
    if (malformed || answer.status != 201) {
      return fail(Errc::unavailable, "the relay did not keep the links: " +
                                         printable(text(member(value, "error"), "text"), 300));
    }
    return MessageId{number(value, "message")};
  }

 private:
  std::unique_ptr<ControlClient> relay_;
};

class InData final : public LinkKeeper {
 public:
  InData(AccountId account, track::TokenKeys keys, std::unique_ptr<relay::DataDirectory> owned,
         std::unique_ptr<store::Store> store, std::uint64_t highest_id)
      : LinkKeeper(account, std::move(keys)),
        owned_(std::move(owned)),
        store_(std::move(store)),
        ids_(0, highest_id) {}

  Result<MessageId> keep(const links::TrackedMessage& message) override {
    const MessageId id = ids_.reserve(message.accepted, 1);
    store::Step step;
    links::LinkStore::put(step, id, message);
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(step), .completed = {}, .reply_to = nullptr});
    store_->submit(requests);
    return id;
  }

 private:
  std::unique_ptr<relay::DataDirectory> owned_;
  std::unique_ptr<store::Store> store_;
  IdSource ids_;
};

Result<std::unique_ptr<LinkKeeper>> open_in(const std::filesystem::path& data,
                                            const std::string& account) {
  TRY(auto owned, relay::DataDirectory::own(data));
  TRY(const auto directory,
      Directory::open(relay::DataDirectory::directory_file(data), OpenMode::read_write));
  TRY(const AccountId id, account_in(*directory, account));
  TRY(track::TokenKeys keys, keys_of(*directory));
  TRY(auto store, store::Store::open({.directory = relay::DataDirectory::spool(data)}));
  std::uint64_t highest = 0;
  for (const auto table : {store::Table::meta, store::Table::event_about, store::Table::link}) {
    TRY(const std::optional<std::string> key, store->last_key(table));
    highest = std::max(highest, key ? Reader(*key).u64() : 0);
  }
  store->start([](const Error&) {});
  return std::make_unique<InData>(id, std::move(keys), std::move(owned), std::move(store),
                                  highest + kIdStep);
}

}  // namespace

Result<std::unique_ptr<LinkKeeper>> LinkKeeper::open(const std::filesystem::path& data,
                                                     const std::string& account) {
  TRY(std::unique_ptr<ControlClient> relay,
      connect_to_relay(relay::DataDirectory::control_socket(data)));
  if (!relay) {
    return open_in(data, account);
  }
  TRY(const auto directory,
      Directory::open(relay::DataDirectory::directory_file(data), OpenMode::read_only));
  TRY(const AccountId id, account_in(*directory, account));
  TRY(track::TokenKeys keys, keys_of(*directory));
  return std::make_unique<WithRelay>(id, std::move(keys), std::move(relay));
}

}  // namespace postrider::cli
