// What a search asks for: the parameters of its query, checked.
//
//   recipient, sender   addresses
//   subject             words, all of which stand in it
//   status              accepted (waits, untried), deferred, delivered, failed, expired, bounced,
//                       suppressed, complained; opened, clicked (by people), unsubscribed
//   category, provider  of an attempt; a category of the bounce taxonomy
//   campaign, custom_id as the sender has labelled the message
//   account             name
//   from, to            accepted in this time; as of statistics
//   before              an id: the last one of the page before
//   limit
//
// Pure but for the directory's names; any thread. Errc::invalid names the parameter and says what
// is allowed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "directory/directory.h"
#include "search/find.h"

namespace postrider::http {

struct SearchQuestion {
  search::Query query;
  std::vector<AccountId> accounts;
  std::string recipient;  ///< to compare with what is found; in lower case
  std::string sender;
  std::string campaign;  ///< these two as well
  std::string custom_id;
};

Result<SearchQuestion> search_question(const std::map<std::string, std::string>& parameters,
                                       const directory::Snapshot& directory, Time now);

}  // namespace postrider::http
