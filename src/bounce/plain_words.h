// The same refusal in plainer words: "isn't" as "is not", "postbox" as "mailbox", "declined" as
// "rejected". Rules are written in the words that most use; where none of them knows a wording,
// this is looked at in its place. English only; a word that means two things is left alone. Pure,
// linear; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::bounce {

/// Replaces `out` by `normal` (normal_form.h) in plainer words. False if they are the same.
bool plain_words(std::string_view normal, std::string& out);

}  // namespace postrider::bounce
