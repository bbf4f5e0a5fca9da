// Reads the whole spool at the start: messages and the states of their recipients, both in the order
// of their keys, as two streams that are merged; nothing is looked up one by one.
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

std::string set_aside_key(store::Table table, std::string_view key);

Result<RecoveryFigures> recover_messages(const store::Store& store,
                                         const std::function<void(Recovered)>& take,
                                         store::Step& repairs, std::vector<std::string>& problems);

}  // namespace postrider::spool
