#include "relay/for_people.h"

#include <optional>
#include <utility>

namespace postrider::relay {

using boost::asio::awaitable;

ForPeople::ForPeople(Parts parts, const InboundSettings& settings)
    : parts_(std::move(parts)),
      postmaster_(parts_.folder / "postmaster"),
      abuse_(parts_.folder / "abuse") {
  settings_.set(settings);
}

awaitable<Result<>> ForPeople::put(InboundUse use, const Mail& mail) {
  const auto settings = settings_.get();
  const bool is_abuse = use == InboundUse::abuse;
  const std::optional<mail::Address>& to = is_abuse ? settings->abuse : settings->postmaster;
  if (to) {
    co_return co_await send_on(*to, mail);
  }
  MailFolder& folder = is_abuse ? abuse_ : postmaster_;
  const std::string head = mail.return_path_line + mail.received_line;
  std::move_only_function<Result<>()> work = [&] {
    return folder.put(head, mail.content, parts_.clock.now());
  };
  co_return co_await parts_.blocking.run(std::move(work));
}

awaitable<Result<>> ForPeople::send_on(const mail::Address& to, const Mail& mail) {
  store::Step step;
  const MessageId id = parts_.intake.reserve(1);
  std::vector<queue::Waiting> waiting = parts_.intake.add_report(
      step, mail.account, to, mail.received_line + mail.content, id, "mail for people, sent on");
  CO_TRY_VOID(co_await parts_.committers[net::IoThreads::current()].commit(std::move(step)));
  parts_.intake.release(std::move(waiting));
  co_return Result<>();
}

}  // namespace postrider::relay
