// The way back: what comes after delivery, by mail, becomes events.
//
// A report counts only for a recipient that it proves to be ours (report_reading.h, and the token
// of the address that it came to); what proves nothing is logged as unmatched. Each recipient is
// told to have bounced, to be delayed, to have complained and to have unsubscribed once, whatever
// comes later and however it is worded, for as long as the event log knows the recipient: a replay
// changes nothing. A bounce of a recipient that has failed or expired changes nothing either.
//
// take() returns once the events are durable, so that the sender's copy may go. Reading happens on
// threads of its own, a few mails at a time; the rest is asked to come again. A mail whose reading
// has ended the process twice is refused (reading_marks.h).
//
// Thread: take() on any io thread, to which it comes back; the rest from any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "bounce/classifier.h"
#include "directory/directory.h"
#include "events/event_store.h"
#include "links/link_store.h"
#include "net/io_threads.h"
#include "relay/inbound_address.h"
#include "relay/reading_marks.h"
#include "relay/report_reading.h"
#include "store/committer.h"

namespace postrider::relay {

/// Counters since the start; for metrics.
struct FeedbackFigures {
  std::atomic<std::uint64_t> mails = 0;  ///< read
  std::atomic<std::uint64_t> bounced = 0;
  std::atomic<std::uint64_t> delayed = 0;
  std::atomic<std::uint64_t> complained = 0;
  std::atomic<std::uint64_t> unsubscribed = 0;
  std::atomic<std::uint64_t> repeated = 0;   ///< told before, or of a recipient that had ended
  std::atomic<std::uint64_t> silent = 0;     ///< automatic answers, and what tells of nothing
  std::atomic<std::uint64_t> unmatched = 0;  ///< proved no recipient of ours
  std::atomic<std::uint64_t> broken = 0;     ///< that no reader could bear
};

/// A mail as it came in.
struct InboundMail {
  std::string session;
  std::string sender;  ///< of the envelope; empty: null
  std::vector<InboundAddress> addresses;
  std::string content;
};

class Feedback {
 public:
  struct Parts {
    const Clock& clock;
    const events::EventStore& events;
    const directory::Directory& directory;
    const links::LinkStore& links;
    std::vector<store::Committer>& committers;  ///< one for each io thread
    std::function<std::shared_ptr<const bounce::Classifier>()> classifier;  ///< any thread
    mail::TokenKey token_key{};
    ReadingMarks* marks = nullptr;  ///< null: none are left
  };
  explicit Feedback(Parts parts);
  ~Feedback();

  /// Errc::unavailable: to be tried again; the text is fit for a reply. Errc::invalid: the mail
  /// broke its reader. `mail` outlives the await.
  boost::asio::awaitable<Result<>> take(const InboundMail& mail);

  const FeedbackFigures& figures() const { return figures_; }

 private:
  struct Plan;
  class Claims;

  Result<Plan> read(const InboundMail& mail);
  std::unexpected<Error> broke_its_reader(const InboundMail& mail, const char* why);
  Result<Plan> plan(const InboundMail& mail);
  Result<bool> is_of_one_copy(const events::Event& facts) const;
  Result<> add_unsubscribed(Plan& plan, const InboundMail& mail, RecipientId recipient);
  Result<> add_report(Plan& plan, const ReportReading& reading, RecipientId recipient);
  Result<> add(Plan& plan, RecipientId recipient, const Told& told);
  void note_unmatched(const InboundMail& mail, const std::string& what);

  Parts parts_;
  std::atomic<std::uint32_t> at_work_ = 0;
  std::mutex mutex_;
  std::set<RecipientId> claimed_;  ///< whose events are on their way to the log
  FeedbackFigures figures_;
  net::BlockingPool readers_;
};

}  // namespace postrider::relay
