#include "readers/user_agents.h"

#include <utility>

#include <yaml-cpp/yaml.h>

#include "base/read_file.h"
#include "base/text.h"
#include "readers/pattern_list.h"

namespace postrider::readers {
namespace {

constexpr std::size_t kPatternsMax = 20'000;

/// Which of a pattern's keys names the family; the others are versions, brands and models.
struct ListKeys {
  const char* list;
  const char* name;
};
constexpr ListKeys kClients{.list = "user_agent_parsers", .name = "family_replacement"};
constexpr ListKeys kDevices{.list = "device_parsers", .name = "device_replacement"};

std::string text_at(const YAML::Node& node, const char* key) {
  const YAML::Node value = node[key];
  return value && value.IsScalar() ? value.Scalar() : std::string();
}

std::unexpected<Error> wrong(const std::string& file, const YAML::Mark& mark,
                             const std::string& what) {
  const std::string line = mark.is_null() ? "" : ":" + std::to_string(mark.line + 1);
  return fail(Errc::invalid, file + line + ": " + what);
}

Result<> read_list(const YAML::Node& root, const ListKeys& keys, const std::string& file,
                   PatternList& into) {
  const YAML::Node list = root[keys.list];
  if (!list || !list.IsSequence() || list.size() == 0 || list.size() > kPatternsMax) {
    return wrong(
        file, root.Mark(),
        std::string("there is no list '") + keys.list + "': this is not uap-core's regexes.yaml");
  }
  for (const YAML::Node& node : list) {
    Pattern pattern{.text = node.IsMap() ? text_at(node, "regex") : std::string(),
                    .ignores_case = node.IsMap() && text_at(node, "regex_flag") == "i",
                    .name = node.IsMap() ? text_at(node, keys.name) : std::string()};
    if (pattern.text.empty()) {
      return wrong(file, node.Mark(), std::string("an element of ") + keys.list + " has no regex");
    }
    if (const Result<> added = into.add(std::move(pattern)); !added) {
      return wrong(file, node.Mark(), added.error().text());
    }
  }
  into.compile();
  return {};
}

std::string cut(std::string name) {
  return printable(name, UserAgents::kFamilyBytes);
}

}  // namespace

struct UserAgents::State {
  PatternList clients;
  PatternList devices;
};

Result<UserAgents> UserAgents::load(const std::filesystem::path& file) {
  TRY(const std::string text, read_file(file));
  auto state = std::make_unique<State>();
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) {
      return wrong(file.string(), root.Mark(), "this is not uap-core's regexes.yaml");
    }
    TRY_VOID(read_list(root, kClients, file.string(), state->clients));
    TRY_VOID(read_list(root, kDevices, file.string(), state->devices));
  } catch (const YAML::Exception& error) {
    return wrong(file.string(), error.mark, error.msg);
  }
  return UserAgents(std::move(state));
}

UserAgents::UserAgents(std::unique_ptr<const State> state) : state_(std::move(state)) {}
UserAgents::UserAgents(UserAgents&&) noexcept = default;
UserAgents& UserAgents::operator=(UserAgents&&) noexcept = default;
UserAgents::~UserAgents() = default;

Client UserAgents::describe(std::string_view agent) const {
  agent = agent.substr(0, kAgentLooked);
  const std::string lower_agent = lower(agent);
  return {.family = cut(state_->clients.name_of(agent, lower_agent)),
          .device = cut(state_->devices.name_of(agent, lower_agent))};
}

}  // namespace postrider::readers
