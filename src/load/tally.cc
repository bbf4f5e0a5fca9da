#include "load/tally.h"

namespace postrider::load {

void Tally::take(const smtp::Envelope& envelope, std::string_view content, Micros now) {
  const std::optional<LoadMessage> made_for = find_id_header(content);
  const std::lock_guard lock(mutex_);
  if (figures_.messages == 0) {
    figures_.first = now;
  }
  figures_.last = now;
  ++figures_.messages;
  figures_.bytes += content.size();
  lines_.clear();
  for (const smtp::Recipient& recipient : envelope.recipients) {
    take_recipient(recipient.address, made_for, now);
  }
  if (log_ != nullptr) {
    log_->append(lines_);
  }
}

void Tally::take_recipient(const mail::Address& address, const std::optional<LoadMessage>& made_for,
                           Micros now) {
  ++figures_.recipients;
  std::optional<LoadId> id = parse_local_part(address.local);
  if (id && made_for && !made_for->is_for(*id)) {
    ++figures_.misdelivered;
  }
  if (!id && made_for && made_for->count == 1) {
    id = LoadId{.run = made_for->run, .number = made_for->first};
  }
  const std::optional<std::uint32_t> before = id ? counter_.count(*id) : std::nullopt;
  if (!before) {
    ++figures_.foreign;
    return;
  }
  if (log_ != nullptr) {
    append_line(lines_, Arrived{.id = *id, .at = now, .copies_before = *before});
  }
}

void Tally::add_session() {
  const std::lock_guard lock(mutex_);
  ++figures_.sessions;
}

CountingFigures Tally::figures() const {
  const std::lock_guard lock(mutex_);
  CountingFigures figures = figures_;
  figures.runs = counter_.runs();
  return figures;
}

}  // namespace postrider::load
