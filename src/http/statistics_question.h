// What a request for statistics asks for: the few parameters of its query, checked.
//
//   by       hour, day, total, account, stream, domain, provider, source, category, campaign,
//            country, client, device
//   from, to times (RFC 3339), or durations back from now ("7d"); `to` is not included
//   account  name
//   stream, domain, provider, source, category, campaign, country, client, device: only what has
//            this value; one of them
//   limit    rows of a dimension
//
// Pure but for the directory's names; any thread. Errc::invalid names the parameter and says what
// is allowed.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "directory/directory.h"
#include "statistics/query.h"

namespace postrider::http {

struct StatisticsQuestion {
  std::string by;
  statistics::Query query;
};

Result<StatisticsQuestion> statistics_question(const std::map<std::string, std::string>& parameters,
                                               const directory::Snapshot& directory, Time now);

}  // namespace postrider::http
