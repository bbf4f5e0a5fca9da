// What inbound listeners stand on, wired together: the reading of reports, and folders for mail
// that people are to read. Outlives the listeners.
#pragma once

#include <functional>
#include <memory>

#include "relay/inbound.h"

namespace postrider::relay {

class WayBack {
 public:
  using Rules = std::function<std::shared_ptr<const bounce::Classifier>()>;

  /// `rules`: as they are now; any thread.
  WayBack(const Settings& settings, const mail::TokenKey& token_key, Rules rules,
          const links::LinkStore& links, const SubmissionServices& shared);

  void change_to(const InboundSettings& settings) { people_.change_to(settings); }

  InboundServices& services() { return services_; }
  const FeedbackFigures& figures() const { return feedback_.figures(); }

 private:
  std::unique_ptr<ReadingMarks> marks_;  ///< null: the file can't be written, and none are left
  Feedback feedback_;
  net::BlockingPool folders_{1};  // of its own: a flood of it is nobody else's wait
  ForPeople people_;
  InboundServices services_;
};

}  // namespace postrider::relay
