// What a refusal means, in one language for all providers: kind, category, whether to try again and
// whether to suppress the address. The same code judges SMTP replies, bounce mails and feedback.
//
// Rules are data (rule_file.h has their form, docs/bounces.md tells how to write them). Of the
// rules that match, the first counts: the operator's, then those of the provider, then wording that
// all use, then the enhanced status code (RFC 3463), then the basic code (RFC 5321, 4.2). The text
// is the witness where code and text disagree.
//
// A Classifier doesn't change once it exists: const calls from any thread, without I/O or a clock.
// Time grows linearly with the text, of which the first kTextLooked bytes are looked at: what a
// server has to say stands in front of what it quotes.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bounce/taxonomy.h"

namespace postrider::bounce {

/// What is known of a refusal; whatever is not known stays empty. Views are read during the call
/// only.
struct Diagnostic {
  int code = 0;               ///< 400 to 599; 0: none, or only in the text
  std::string_view enhanced;  ///< "5.1.1"; empty: none, or only in the text
  std::string_view text;      ///< UTF-8 (other bytes do no harm), of one or more lines
  std::string_view mx;        ///< name of the host that said it
  std::string_view provider;  ///< name of the provider: "google"
  std::string_view phase;     ///< connect, ehlo, starttls, mail, rcpt, data
};

struct Rule;

/// The `rule` of a verdict that no rule has given.
inline constexpr std::string_view kNoRule = "none";

struct Verdict {
  Kind kind = Kind::unknown;
  Category category = Category::unclassified;
  Retry retry = Retry::yes;
  bool suppress = false;    ///< the address, once and for all
  std::string_view rule{};  ///< which rule judged; lives as long as the Classifier
  double confidence = 0;    ///< 0 to 1
};

/// A verdict and how it came about.
struct Finding {
  Verdict verdict;
  const Rule* rule = nullptr;  ///< that judged; null: none. Lives as long as the Classifier
  int code = 0;                ///< as given or as found in the text
  std::string enhanced;        ///< the same

  /// No rule knows the wording: the code alone has judged, or nothing has.
  bool is_by_code() const;
};

class Classifier {
 public:
  static constexpr std::size_t kTextLooked = 16 << 10;

  /// The shipped rules, which are part of the binary, and before them those of the operator's file
  /// (empty: none). Blocks for reading it. Errc::invalid names file, line and what is wrong.
  static Result<Classifier> load(const std::filesystem::path& own = {});

  Classifier(Classifier&&) noexcept;
  Classifier& operator=(Classifier&&) noexcept;
  ~Classifier();

  Verdict classify(const Diagnostic& diagnostic) const;

  /// The same, for those who ask why.
  Finding examine(const Diagnostic& diagnostic) const;

  /// All rules, in the order in which they are asked.
  std::span<const Rule> rules() const;
  std::size_t own_rules() const;  ///< how many of them, from the first, are the operator's

 private:
  struct State;
  explicit Classifier(std::unique_ptr<const State> state);

  std::unique_ptr<const State> state_;
};

}  // namespace postrider::bounce
