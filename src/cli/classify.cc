#include <cstdio>
#include <fmt/core.h>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "bounce/classifier.h"
#include "bounce/explanation.h"
#include "bounce/unknown_wordings.h"
#include "cli/command.h"
#include "cli/line_reader.h"
#include "cli/refusal_line.h"
#include "relay/settings_toml.h"

namespace postrider::cli {
namespace {

struct Options {
  std::filesystem::path rules;
  bool explain = false;
  bool unmatched = false;
};

std::string verdict_json(const bounce::Finding& finding, bool explain) {
  const bounce::Verdict& verdict = finding.verdict;
  const bounce::MailjetError mailjet = bounce::mailjet_error(verdict.category);
  JsonText json;
  json.begin_object();
  json.field("kind", to_string(verdict.kind));
  json.field("category", to_string(verdict.category));
  json.field("retry", to_string(verdict.retry));
  json.field("suppress", verdict.suppress);
  json.field("rule", verdict.rule);
  json.field_raw("confidence", fmt::format("{:.2f}", verdict.confidence));
  json.begin_object("mailjet");
  json.field("error_related_to", mailjet.related_to);
  json.field("error", mailjet.error);
  json.end_object();
  if (explain) {
    json.field("why", bounce::explain(finding));
  }
  json.end_object();
  return json.take();
}

std::string error_json(std::uint64_t number, std::string_view what) {
  JsonText json;
  json.begin_object();
  json.field("error", what);
  json.field("line", number);
  json.end_object();
  return json.take();
}

std::string wording_json(const bounce::UnknownWordings::Wording& wording) {
  JsonText json;
  json.begin_object();
  json.field("wording", wording.mask);
  json.field("count", wording.count);
  json.field("senders", wording.senders.size());
  json.field("mx", wording.hosts.size());
  json.field("code", wording.code);
  json.field("enhanced", wording.enhanced);
  json.field("rule", wording.rule);
  json.begin_array("samples");
  for (const std::string& sample : wording.samples) {
    json.value(sample);
  }
  json.end_array();
  json.end_object();
  return json.take();
}

/// The filter over one input.
class Filter {
 public:
  Filter(const bounce::Classifier& classifier, const Options& options)
      : classifier_(classifier), options_(options) {}

  Result<> run() {
    LineReader reader(STDIN_FILENO, [] { std::fflush(stdout); });
    for (std::uint64_t number = 1;; ++number) {
      TRY(const auto line, reader.next());
      if (!line) {
        break;
      }
      take(number, *line);
    }
    finish();
    std::fflush(stdout);
    return {};
  }

  bool has_failed() const { return has_failed_; }

 private:
  void take(std::uint64_t number, const Line& line) {
    const Result<RefusalLine> refusal = line.is_too_long
                                            ? fail(Errc::invalid, "the line is longer than 4 MiB")
                                            : parse_refusal(line.text);
    if (!refusal) {
      has_failed_ = true;
      fmt::print(options_.unmatched ? stderr : stdout, "{}\n",
                 error_json(number, refusal.error().text()));
      return;
    }
    const bounce::Finding finding = classifier_.examine(refusal->said.diagnostic());
    if (!options_.unmatched) {
      fmt::print("{}\n", verdict_json(finding, options_.explain));
    } else if (finding.is_by_code()) {
      wordings_.add(refusal->said.diagnostic(), finding, refusal->sender);
    }
  }

  void finish() {
    for (const auto& wording : wordings_.take()) {
      fmt::print("{}\n", wording_json(wording));
    }
    if (wordings_.left_out() > 0) {
      fmt::print(stderr, "postrider: {} refusals by further wordings are left out\n",
                 wordings_.left_out());
    }
  }

  const bounce::Classifier& classifier_;
  const Options& options_;
  bounce::UnknownWordings wordings_;
  bool has_failed_ = false;
};

Result<bounce::Classifier> load(const Context& context, const Options& options) {
  if (!options.rules.empty()) {
    return bounce::Classifier::load(options.rules);
  }
  TRY(const relay::Settings settings,
      relay::require_settings({.file = config_file(context), .overrides = context.set}));
  return bounce::Classifier::load(settings.bounce_rules);
}

void classify(Context& context, const Options& options) {
  const auto classifier = load(context, options);
  if (!classifier) {
    complain(context, classifier.error());
    return;
  }
  Filter filter(*classifier, options);
  if (const Result<> done = filter.run(); !done) {
    complain(context, done.error());
  } else if (filter.has_failed()) {
    context.exit = kFailed;
  }
}

}  // namespace

void add_classify(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "classify", "Says what refusals mean: replies or JSON lines in, a JSON line out for each");
  command->add_flag("--explain", options->explain, "Say why, in words");
  command->add_option("--rules", options->rules,
                      "Rules of your own, which win (default: bounce.rules of the configuration)");
  command->add_flag("--unmatched", options->unmatched,
                    "Print instead the wordings that no rule knows, the most frequent first");
  command->footer(
      "Input: {\"code\":550,\"enhanced\":\"5.1.1\",\"text\":\"...\",\"mx\":\"...\",\"provider\":"
      "\"...\",\"phase\":\"rcpt\"},\nall but text optional; or lines of `postrider events --json`; "
      "or bare replies.\nA line that can't be read gives {\"error\",\"line\"} and, at the end, "
      "exit "
      "status 1.");
  command->callback([options, &context] { classify(context, *options); });
}

}  // namespace postrider::cli
