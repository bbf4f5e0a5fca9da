#include "http/queue_rows.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace postrider::http {

std::map<std::string, DomainGroup> group_by_domain(const std::vector<delivery::QueueEntry>& entries,
                                                   Time now) {
  std::map<std::string, DomainGroup> groups;
  for (const delivery::QueueEntry& entry : entries) {
    if (!entry.site.empty()) {
      continue;
    }
    const queue::Waiting& waiting = entry.waiting;
    const auto [place, is_new] = groups.try_emplace(waiting.domain);
    DomainGroup& group = place->second;
    if (is_new || waiting.attempts > group.example.attempts) {
      group.example = waiting;
    }
    if (entry.is_held) {
      ++group.held;
      continue;
    }
    if (waiting.due <= now) {
      ++group.looking_up;
      continue;
    }
    group.next_due = group.scheduled == 0 ? waiting.due : std::min(group.next_due, waiting.due);
    ++group.scheduled;
  }
  return groups;
}

std::vector<QueueRow> rows_of(const std::vector<delivery::SiteFigures>& sites,
                              const std::map<std::string, DomainGroup>& groups) {
  std::map<std::string, QueueRow> rows;
  for (const delivery::SiteFigures& site : sites) {
    QueueRow& row = rows[site.site];
    row.site = site.site;
    row.ready += site.ready;
    row.connections += site.connections;
    row.connections_max = site.connections_max;
    row.trouble = site.trouble;
  }
  for (const auto& [domain, group] : groups) {
    const std::string& name = group.site.empty() ? domain : group.site;
    QueueRow& row = rows[name];
    row.site = name;
    if (group.scheduled > 0) {
      row.next_due = row.scheduled == 0 ? group.next_due : std::min(row.next_due, group.next_due);
    }
    row.scheduled += group.scheduled;
    row.looking_up += group.looking_up;
    row.held += group.held;
    row.reply = group.reply.empty() ? row.reply : group.reply;
  }
  std::vector<QueueRow> sorted;
  for (auto& [name, row] : rows) {
    sorted.push_back(std::move(row));
  }
  std::ranges::sort(sorted, [](const QueueRow& a, const QueueRow& b) {
    return std::pair(b.waiting(), std::string_view(a.site)) <
           std::pair(a.waiting(), std::string_view(b.site));
  });
  return sorted;
}

}  // namespace postrider::http
