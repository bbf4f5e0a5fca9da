#include "readers/lookup.h"

#include <utility>

namespace postrider::readers {
namespace {

Result<std::optional<UserAgents>> load_agents(const std::filesystem::path& file) {
  std::error_code ignored;
  const bool may_be_missing = file == kInstalledUserAgents;
  if (file.empty() || (may_be_missing && !std::filesystem::exists(file, ignored))) {
    return std::nullopt;
  }
  TRY(UserAgents agents, UserAgents::load(file));
  return std::optional(std::move(agents));
}

Result<std::optional<AddressFile>> open_file(const std::filesystem::path& file,
                                             AddressFile::Kind kind) {
  if (file.empty()) {
    return std::nullopt;
  }
  TRY(AddressFile opened, AddressFile::open(file, kind));
  return std::optional(std::move(opened));
}

}  // namespace

Lookup::Lookup() : cache_(std::make_unique<ClientCache>()) {}

Result<Lookup> Lookup::load(const Files& files) {
  Lookup lookup;
  TRY(lookup.agents_, load_agents(files.user_agents));
  TRY(lookup.countries_, open_file(files.countries, AddressFile::Kind::countries));
  TRY(lookup.systems_, open_file(files.autonomous_systems, AddressFile::Kind::autonomous_systems));
  if (!files.networks.empty()) {
    TRY(NetworkLabels networks, NetworkLabels::load(files.networks));
    lookup.networks_ = std::move(networks);
  }
  return lookup;
}

Client Lookup::client_of(std::string_view agent) const {
  if (!agents_ || agent.empty()) {
    return {};
  }
  agent = agent.substr(0, UserAgents::kAgentLooked);
  if (auto known = cache_->find(agent)) {
    return *std::move(known);
  }
  Client client = agents_->describe(agent);
  cache_->put(agent, client);
  return client;
}

std::string Lookup::country_of(const boost::asio::ip::address& address) const {
  return countries_ ? countries_->country(address) : std::string();
}

Origin Lookup::origin_of(const boost::asio::ip::address& address) const {
  return {.network = networks_ ? networks_->label(address) : std::string(),
          .autonomous_system = systems_ ? systems_->autonomous_system(address) : 0};
}

}  // namespace postrider::readers
