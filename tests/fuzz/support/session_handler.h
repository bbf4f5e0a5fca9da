// The handler behind a fuzzed SMTP session: answers by what it is asked, checks that it may be
// asked so, and keeps what it was asked and said, for the model of the session to compare.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/server_session.h"

namespace postrider::fuzz {

enum class Question : std::uint8_t { connected, authenticate, mail, recipient, data, message };

struct Asked {
  Question question;
  smtp::Reply reply;
  std::string about;                    ///< sender, recipient, content
  std::vector<std::string> recipients;  ///< of a message
};

/// How a session is greeted.
enum class Greeting : std::uint8_t { welcome, refusal, busy, silence };

/// Outlives the handler, which is the session's.
struct HandlerLog {
  std::vector<Asked> asked;
  bool has_ended = false;
};

/// Every reply says "asked N", N its place in the log, so that each can be found in what the client
/// hears. Local parts decide: "refused", "later", "leave" (421), "close" (550, and the session
/// ends), "mute" (ends without a word), "long" (many lines); in a sender "nodata", "nomessage",
/// too.
std::unique_ptr<smtp::SessionHandler> make_handler(HandlerLog& log, Greeting greeting,
                                                   const smtp::ServerOptions& options);

}  // namespace postrider::fuzz
