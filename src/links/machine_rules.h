// Who opens and clicks without being a person, by data (config/machines.toml): a first verdict from
// the request alone, and a later one from what a recipient's events show over time.
//
// Pure; const calls from any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "events/event.h"
#include "links/hit.h"
#include "readers/lookup.h"

namespace postrider::links {

/// What a request shows of who made it.
struct Asked {
  bool is_click = false;  ///< else the pixel
  std::string_view method = {};
  std::string_view agent = {};
  std::string_view accept = {};
  std::string_view language = {};
  std::string_view purpose = {};
  readers::Origin origin = {};  ///< filled in where the rules ask for it
};

/// [timing]
struct Timing {
  Duration after_delivery{};
  std::uint32_t after_delivery_confidence = 0;
  std::uint32_t burst_links = 0;
  Duration burst_within{};
  std::uint32_t burst_confidence = 0;
  Duration twin_within{};
  std::uint32_t twin_confidence = 0;
  std::vector<std::uint64_t> twin_asn;  ///< of data centres and gateways
  Duration settled_after{};
};

class MachineRules {
 public:
  /// `name`: the file, for errors. Errc::invalid says which rule is wrong and why.
  static Result<MachineRules> parse(std::string_view toml, const std::string& name);
  /// Those that are part of the binary.
  static const MachineRules& shipped();
  /// The same, and before them those of the operator's file (empty: none), whose [timing] counts as
  /// far as it goes. Blocks for reading it. Errc::not_found; Errc::invalid as parse().
  static Result<MachineRules> load(const std::filesystem::path& own);

  Verdict judge(const Asked& asked) const;
  /// Whether any rule asks for Asked::origin.
  bool ask_for_origin() const;
  const Timing& timing() const { return timing_; }

 private:
  friend class RuleReader;
  Result<> read(std::string_view toml, const std::string& name, const Timing* usual);
  struct Rule {
    Verdict verdict;
    bool of_opens = true;
    bool of_clicks = true;
    std::vector<std::string> agent;     // in lower case
    std::vector<std::string> agent_is;  // as written
    std::vector<std::string> purpose;   // in lower case
    std::string method;
    std::string accept_is;
    std::string accept_lacks;
    bool no_language = false;
    std::vector<std::string> network;  // labels
    std::vector<std::uint64_t> asn;

    bool is_about_origin() const { return !network.empty() || !asn.empty(); }
    bool fits(const Asked& asked, std::string_view lower_agent) const;
  };

  std::vector<Rule> rules_;
  Timing timing_;
};

/// A verdict that is seen differently than it was told.
struct Reassessment {
  std::uint64_t sequence = 0;  ///< of the open or click
  std::string was;             ///< "" for a person
  Verdict verdict;
};

/// `story`: the recipient's events, in order, verdicts that were changed already among them.
/// `links`: how many targets its message has. Of opens and clicks, which are now judged otherwise.
std::vector<Reassessment> reassess(std::span<const events::Event> story, std::size_t links,
                                   const Timing& timing);

/// The text of config/machines.toml.
std::string_view shipped_machines();

}  // namespace postrider::links
