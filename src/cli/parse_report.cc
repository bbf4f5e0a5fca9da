#include <cstdio>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "base/read_file.h"
#include "bounce/bounce_report.h"
#include "bounce/feedback_report.h"
#include "cli/command.h"

namespace postrider::cli {
namespace {

constexpr std::size_t kFileMost = std::size_t{64} << 20;

void field_or_null(JsonText& json, std::string_view name, std::string_view text) {
  if (text.empty()) {
    json.field_raw(name, "null");
  } else {
    json.field(name, text);
  }
}

void put_recipient(JsonText& json, const bounce::ReportedRecipient& recipient) {
  const auto& verdict = recipient.verdict;
  json.begin_object();
  json.field("recipient", recipient.recipient);
  field_or_null(json, "kind", verdict ? to_string(verdict->kind) : "");
  field_or_null(json, "category", verdict ? to_string(verdict->category) : "");
  json.field("action", to_string(recipient.action));
  json.field_raw("code", recipient.code == 0 ? "null" : std::to_string(recipient.code));
  field_or_null(json, "enhanced", recipient.enhanced);
  json.field("text", recipient.text);
  field_or_null(json, "mta", recipient.mta);
  field_or_null(json, "rule", verdict ? verdict->rule : "");
  json.end_object();
}

std::string bounce_json(const std::string& file, const bounce::BounceReport& report) {
  JsonText json;
  json.begin_object();
  json.field("file", file);
  json.begin_array("recipients");
  for (const bounce::ReportedRecipient& recipient : report.recipients) {
    put_recipient(json, recipient);
  }
  json.end_array();
  field_or_null(json, "message_id", report.message_id);
  json.field("autoreply", report.autoreply);
  if (report.is_cut) {
    json.field("cut", true);
  }
  json.end_object();
  return json.take();
}

std::string feedback_json(const std::string& file, const bounce::FeedbackReport& report) {
  JsonText json;
  json.begin_object();
  json.field("file", file);
  field_or_null(json, "feedback_type", report.feedback_type);
  field_or_null(json, "recipient", report.recipient);
  field_or_null(json, "source_ip", report.source_ip);
  field_or_null(json, "message_id", report.message_id);
  field_or_null(json, "user_agent", report.user_agent);
  field_or_null(json, "reported_domain", report.reported_domain);
  field_or_null(json, "arrival_date", report.arrival_date);
  field_or_null(json, "original_from", report.original_from);
  field_or_null(json, "feedback_id", report.feedback_id);
  field_or_null(json, "postrider_id", report.own_id);
  json.end_object();
  return json.take();
}

std::string error_json(const std::string& file, const std::string& what) {
  JsonText json;
  json.begin_object();
  json.field("file", file);
  json.field("error", what);
  json.end_object();
  return json.take();
}

/// A line for each file, whatever is wrong with another.
void each_file(Context& context, const std::vector<std::string>& files, auto&& line_of) {
  for (const std::string& file : files) {
    const Result<std::string> message = read_file(file, kFileMost);
    fmt::print("{}\n",
               message ? line_of(file, *message) : error_json(file, message.error().text()));
    if (!message) {
      context.exit = kFailed;
    }
  }
}

void parse_bounces(Context& context, const std::vector<std::string>& files) {
  const Result<bounce::Classifier> classifier = bounce::Classifier::load();
  if (!classifier) {
    complain(context, classifier.error());
    return;
  }
  each_file(context, files, [&](const std::string& file, const std::string& message) {
    bounce::BounceReport report = bounce::read_bounce(message);
    bounce::judge(report, *classifier);
    return bounce_json(file, report);
  });
}

void parse_feedback(Context& context, const std::vector<std::string>& files) {
  each_file(context, files, [](const std::string& file, const std::string& message) {
    return feedback_json(file, bounce::read_feedback(message));
  });
}

}  // namespace

void add_parse_report(CLI::App& app, Context& context) {
  auto files = std::make_shared<std::vector<std::string>>();
  CLI::App* bounces = app.add_subcommand(
      "parse-bounce", "Reads bounce mails: a JSON line for each file, who was not reached and why");
  bounces->add_option("FILE", *files, "Messages, one in each file")->required();
  bounces->callback([&context, files] { parse_bounces(context, *files); });
  CLI::App* feedback = app.add_subcommand(
      "parse-feedback", "Reads complaints (ARF and its kin): a JSON line for each file");
  feedback->add_option("FILE", *files, "Messages, one in each file")->required();
  feedback->callback([&context, files] { parse_feedback(context, *files); });
}

}  // namespace postrider::cli
