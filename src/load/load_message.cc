#include "load/load_message.h"

#include <algorithm>
#include <random>
#include <utility>

namespace postrider::load {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kLineBytes = 76;

}  // namespace

std::string make_body(std::size_t bytes) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 e";
  std::mt19937 random(1);  // the same in every run
  std::string body;
  body.reserve(bytes + kLineBytes);
  while (body.size() < bytes) {
    for (std::size_t i = 0; i < kLineBytes - kLineEnd.size(); ++i) {
      body += kLetters[random() % kLetters.size()];
    }
    body += kLineEnd;
  }
  return body;
}

MessageMaker::MessageMaker(const Options& options, std::uint32_t run,
                           std::shared_ptr<const std::string> body, std::string date)
    : options_(options),
      run_(run),
      body_(std::move(body)),
      date_(std::move(date)),
      sender_(mail::to_string(options.sender)) {
  envelope_.reverse_path = options.sender;
  envelope_.recipients.resize(options.recipients);
}

LoadMessage MessageMaker::ids(std::uint64_t number) const {
  return {.run = run_, .first = number * options_.recipients, .count = options_.recipients};
}

smtp::Outgoing MessageMaker::make(std::uint64_t number) {
  const LoadMessage ids = this->ids(number);
  for (std::uint32_t i = 0; i < ids.count; ++i) {
    mail::Address& address = envelope_.recipients[i].address;
    address.local = local_part({.run = run_, .number = ids.first + i});
    address.domain = options_.domains.domain(ids.first + i);
  }
  const mail::Address& first = envelope_.recipients.front().address;
  head_.clear();
  head_.append("From: ").append(sender_).append("\r\nTo: ");
  head_.append(first.local).append("@").append(first.domain);
  head_.append("\r\nSubject: load, message ").append(std::to_string(number));
  head_.append("\r\nDate: ").append(date_).append("\r\nMessage-ID: <");
  head_.append(first.local).append("@").append(options_.sender.domain).append(">\r\n");
  head_.append(id_header(ids)).append(kLineEnd);

  const std::size_t rest = options_.size_bytes > head_.size() + kLineEnd.size()
                               ? options_.size_bytes - head_.size() - kLineEnd.size()
                               : 0;
  std::string_view body = std::string_view(*body_).substr(0, rest);
  if (body.ends_with('\r')) {
    body.remove_suffix(1);
  }
  pieces_ = {head_, body, kLineEnd};
  return {.envelope = &envelope_,
          .content = pieces_,
          .content_bytes = head_.size() + body.size() + kLineEnd.size(),
          .has_dot_lines = false};
}

}  // namespace postrider::load
