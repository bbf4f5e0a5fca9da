// `postrider rewrite`: shows, on files, what tracking does to a message.
#include <cstdint>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <memory>
#include <optional>
#include <sodium.h>
#include <string>
#include <system_error>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/json_text.h"
#include "base/read_file.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/link_keeper.h"
#include "track/link_rules.h"
#include "track/plan.h"
#include "track/splice.h"

namespace postrider::cli {

namespace fs = std::filesystem;

namespace {

struct Options {
  std::string track_host;
  std::string in;
  std::string out;
  std::string account;
  std::string campaign;
  std::vector<std::string> tags;
  std::vector<std::string> kept_hosts;
  bool html = false;
  bool dir = false;
  bool diff = false;
  bool text = false;
  bool no_clicks = false;
  bool no_opens = false;
  bool preserve_signed = false;
};

constexpr AccountId kAccount{1};

/// What rewriting needs besides the file.
struct Tools {
  track::LinkRules rules;
  track::TokenKeys keys;                    ///< where nobody keeps the links
  IdSource ids{0, 0};                       ///< the same
  std::unique_ptr<LinkKeeper> keeper = {};  ///< with --data
};

/// Its id and what makes its tokens.
Result<track::TokenKeys::Maker> maker_for(const track::Plan& plan, const Options& options,
                                          Tools& tools) {
  const Time now = SystemClock().now();
  if (!tools.keeper) {
    return tools.keys.maker(kAccount, tools.ids.reserve(now, 1));
  }
  links::TrackedMessage message;
  message.account = tools.keeper->account();
  message.accepted = now;
  message.campaign = options.campaign;
  message.privacy = Privacy::full;
  message.set_links(plan);
  TRY(const MessageId id, tools.keeper->keep(message));
  return tools.keeper->keys().maker(message.account, id);
}

Result<> write_file(const fs::path& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << content;
  file.close();
  if (!file) {
    return fail(Errc::unavailable, "writing " + path.string() + " failed");
  }
  return {};
}

Result<track::LinkRules> rules_of(const Options& options) {
  track::LinkRules rules;
  TRY(rules.base, track::read_tracking_base(options.track_host));
  for (const std::string& tag : options.tags) {
    const auto equals = tag.find('=');
    if (equals == 0 || equals == std::string::npos) {
      return fail(Errc::invalid, "'" + printable(tag, 80) + "' is not NAME=VALUE");
    }
    rules.url_tags.push_back({.name = tag.substr(0, equals), .value = tag.substr(equals + 1)});
  }
  for (const std::string& host : options.kept_hosts) {
    rules.kept_hosts.push_back(lower(host));
  }
  rules.clicks = !options.no_clicks;
  rules.opens = !options.no_opens;
  rules.plain_text = options.text;
  rules.preserve_signed = options.preserve_signed;
  return rules;
}

/// A key of this run's own: nothing that it rewrites is understood later.
Result<track::TokenKeys> throwaway_keys() {
  track::TokenKeys::Entry entry{.id = 0, .key = {}};
  if (sodium_init() < 0) {
    return fail(Errc::unavailable, "libsodium can't be initialised");
  }
  randombytes_buf(entry.key.data(), entry.key.size());
  return track::TokenKeys::create({entry});
}

/// One file and what became of it.
struct Rewritten {
  std::string name;
  std::string before;
  std::string after;
  track::Plan plan;
  std::vector<std::string> urls;  ///< of links, in their order
  std::string pixel;
  std::string unsubscribe;
};

Result<Rewritten> rewrite(const fs::path& path, const Options& options, Tools& tools) {
  Rewritten done;
  done.name = path.string();
  TRY(done.before, read_file(path));
  done.plan = options.html ? track::plan_page(done.before, tools.rules)
                           : track::plan_message(done.before, tools.rules);
  TRY(const track::Splice splice, track::Splice::prepare(done.plan, done.before));
  TRY(const track::TokenKeys::Maker maker, maker_for(done.plan, options, tools));
  done.after = splice.copy_for(maker, 0);
  done.pixel = maker.url(tools.rules.base, 0, track::TokenKind::open);
  done.unsubscribe = maker.url(tools.rules.base, 0, track::TokenKind::unsubscribe);
  for (std::size_t i = 0; i < done.plan.links.size(); ++i) {
    const bool is_app_link = done.plan.links[i].is_app_link;
    done.urls.push_back(maker.url(
        tools.rules.base, 0, is_app_link ? track::TokenKind::app_click : track::TokenKind::click,
        static_cast<std::uint16_t>(i)));
  }
  return done;
}

/// Lines that differ, with a minus before what was and a plus before what is.
void print_diff(const Rewritten& done) {
  const auto before = split(done.before, '\n');
  const auto after = split(done.after, '\n');
  fmt::print("--- {}\n+++ rewritten\n", done.name);
  std::size_t i = 0;
  std::size_t k = 0;
  constexpr std::size_t kFarthest = 50;  // lines that one place may grow or shrink by
  while (i < before.size() || k < after.size()) {
    if (i < before.size() && k < after.size() && before[i] == after[k]) {
      ++i;
      ++k;
      continue;
    }
    std::size_t gone = before.size() - i;
    std::size_t come = after.size() - k;
    for (std::size_t sum = 1; sum <= kFarthest; ++sum) {
      for (std::size_t a = 0; a <= sum; ++a) {
        const std::size_t b = sum - a;
        if (i + a < before.size() && k + b < after.size() && before[i + a] == after[k + b]) {
          gone = a;
          come = b;
          sum = kFarthest;
          break;
        }
      }
    }
    fmt::print("@@ -{},{} +{},{} @@\n", i + 1, gone, k + 1, come);
    for (; gone > 0; --gone) {
      fmt::print("-{}\n", printable(trim(before[i++]), 400));
    }
    for (; come > 0; --come) {
      fmt::print("+{}\n", printable(trim(after[k++]), 400));
    }
  }
}

void print_json(const Rewritten& done) {
  JsonText json;
  json.begin_object();
  json.field("file", done.name);
  json.field("untouched", done.plan.untouched);
  json.field("left_over", done.plan.left_over);
  json.field("pixel", done.pixel);
  json.field("unsubscribe", done.unsubscribe);
  json.begin_array("links");
  for (std::size_t i = 0; i < done.urls.size(); ++i) {
    const track::PlannedLink& link = done.plan.links[i];
    json.begin_object();
    json.field("url", done.urls[i]);
    json.field("target", done.plan.targets[link.target]);
    json.field("has_user", link.has_user);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  fmt::print("{}\n", json.take());
}

void print(const Rewritten& done) {
  if (!done.plan.untouched.empty()) {
    fmt::print("{}: left as it is: {}\n", done.name, done.plan.untouched);
    return;
  }
  fmt::print(
      "{}: {} links to {} targets{}\n", done.name, done.plan.links.size(), done.plan.targets.size(),
      done.plan.left_over == 0 ? ""
                               : fmt::format("; {} more are over the limit", done.plan.left_over));
}

Result<> rewrite_one(const Context& context, const Options& options, Tools& tools,
                     const fs::path& in, const fs::path& out) {
  TRY(const Rewritten done, rewrite(in, options, tools));
  if (!out.empty()) {
    TRY_VOID(write_file(out, done.after));
  }
  if (context.json) {
    print_json(done);
  } else if (options.diff) {
    print_diff(done);
  } else {
    print(done);
  }
  return {};
}

Result<> rewrite_folder(const Context& context, const Options& options, Tools& tools) {
  std::error_code failed;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(options.in, failed)) {
    if (entry.is_regular_file()) {
      files.push_back(entry.path());
    }
  }
  if (failed) {
    return fail(Errc::not_found, "reading " + options.in + ": " + failed.message());
  }
  std::ranges::sort(files);
  if (!options.out.empty()) {
    fs::create_directories(options.out, failed);
  }
  for (const fs::path& file : files) {
    const fs::path out = options.out.empty() ? fs::path() : options.out / file.filename();
    TRY_VOID(rewrite_one(context, options, tools, file, out));
  }
  return {};
}

Result<> run(const Context& context, const Options& options) {
  TRY(track::LinkRules rules, rules_of(options));
  TRY(track::TokenKeys keys, throwaway_keys());
  Tools tools{.rules = std::move(rules), .keys = std::move(keys)};
  if (!context.data.empty()) {
    TRY(tools.keeper, LinkKeeper::open(context.data, options.account));
  }
  if (options.out.empty() && !options.diff && !context.json) {
    return fail(Errc::invalid, "name the file to write, or ask for --diff");
  }
  return options.dir ? rewrite_folder(context, options, tools)
                     : rewrite_one(context, options, tools, options.in, options.out);
}

}  // namespace

void add_rewrite(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "rewrite", "Rewrites a message's links and adds the pixel, to show what tracking does");
  const auto options = std::make_shared<Options>();
  command->add_option("--track-host", options->track_host, "URL of the tracking host")->required();
  command->add_flag("--html", options->html, "IN is one HTML page, not a message");
  command->add_flag("--dir", options->dir, "IN and OUT are folders: every file in IN");
  command->add_flag("--diff", options->diff, "Print what changes");
  command->add_flag("--text", options->text, "Links of plain text, too");
  command->add_flag("--no-clicks", options->no_clicks, "Leave links as they are");
  command->add_flag("--no-opens", options->no_opens, "Add no pixel");
  command->add_flag("--preserve-signed", options->preserve_signed,
                    "Leave a message that its author's domain has signed");
  command->add_option("--tag", options->tags, "Append NAME=VALUE to targets: utm_source=shop")
      ->allow_extra_args(false);
  command->add_option("--keep-host", options->kept_hosts, "Leave links to this host as they are")
      ->allow_extra_args(false);
  command->add_option("--account", options->account,
                      "With --data DIR, where a relay then answers the links: whose they are");
  command->add_option("--campaign", options->campaign, "With --data DIR: what is counted together");
  command->add_option("IN", options->in, "What to rewrite")->required();
  command->add_option("OUT", options->out, "Where to write it");
  command->callback([&context, options] {
    if (const Result<> done = run(context, *options); !done) {
      complain(context, done.error());
    }
  });
}

}  // namespace postrider::cli
