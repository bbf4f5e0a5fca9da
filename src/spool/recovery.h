// Reads the whole spool at the start: messages and the states of their recipients, both in the
// order of their keys, as two streams that are merged; nothing is looked up one by one.
//
// A message that can't be decoded is set aside with its states; a state that can't, by itself, and
// its recipient waits as it was accepted. What a newer version has written is left alone, and told
// once. Messages whose recipients have all settled are forgotten; so are states without a message.
//
// Thread: before all others. Errors: those of the store; what can't be decoded never stops it.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spool/spool.h"
#include "store/step.h"
#include "store/store.h"

namespace postrider::spool {

/// Takes everything of a message out, with the states of its first `states` recipients.
void forget(store::Step& step, MessageId id, std::uint32_t states);

/// In the table of what was set aside.
std::string set_aside_key(store::Table table, std::string_view key);

Result<RecoveryFigures> recover_messages(const store::Store& store,
                                         const std::function<void(Recovered)>& take,
                                         store::Step& repairs, std::vector<std::string>& problems);

}  // namespace postrider::spool
