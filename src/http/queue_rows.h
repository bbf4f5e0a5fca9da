// What waits, put together by site: what is ready there, what is scheduled for it, and why.
// Pure; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "delivery/dispatcher.h"

namespace postrider::http {

struct QueueRow {
  std::string site;  ///< a domain where none of its recipients has been tried yet
  std::size_t ready = 0;
  std::size_t scheduled = 0;
  std::size_t looking_up = 0;  ///< due, and waiting for DNS
  std::size_t held = 0;        ///< for the pause of an account to end
  std::size_t connections = 0;
  std::uint32_t connections_max = 0;
  Time next_due{};      ///< of what is scheduled
  std::string reply;    ///< the last one that somebody in this row got
  std::string trouble;  ///< why the site is not being tried at the moment

  std::size_t waiting() const { return ready + scheduled + looking_up + held; }
};

/// Of the recipients of one domain that are in no ready queue.
struct DomainGroup {
  std::size_t scheduled = 0;
  std::size_t looking_up = 0;
  std::size_t held = 0;
  Time next_due{};
  queue::Waiting example;  ///< the one with the most attempts
  std::string site;        ///< from the spool, as far as known
  std::string reply;
};

std::map<std::string, DomainGroup> group_by_domain(const std::vector<delivery::QueueEntry>& entries,
                                                   Time now);

/// Those with the most waiting first.
std::vector<QueueRow> rows_of(const std::vector<delivery::SiteFigures>& sites,
                              const std::map<std::string, DomainGroup>& groups);

}  // namespace postrider::http
