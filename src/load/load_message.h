// Makes the messages of a load, one after another, in memory that is used again.
//
// The body is the same for all: lines of letters and digits that do not repeat, so that a relay
// which compresses gains no more than it would from an attachment. Thread: one at a time; the body
// is shared.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "load/load_id.h"
#include "load/options.h"
#include "smtp/client.h"

namespace postrider::load {

/// Lines of 76 bytes with CRLF, `bytes` or a little more in all. None begins with a dot.
std::string make_body(std::size_t bytes);

class MessageMaker {
 public:
  /// `options` outlive it; `body` is as long as their messages. `date`: for the field of that name.
  MessageMaker(const Options& options, std::uint32_t run, std::shared_ptr<const std::string> body,
               std::string date);

  /// Message `number` (from 0) of the load, valid until the next call.
  smtp::Outgoing make(std::uint64_t number);

  /// The ids of its recipients.
  LoadMessage ids(std::uint64_t number) const;

 private:
  const Options& options_;
  std::uint32_t run_;
  std::shared_ptr<const std::string> body_;
  std::string date_;
  std::string sender_;

  smtp::Envelope envelope_;
  std::string head_;
  std::array<std::string_view, 3> pieces_;
};

}  // namespace postrider::load
