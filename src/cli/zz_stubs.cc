#include <iostream>
#include "cli/command.h"
#include "http/control_api.h"
namespace postrider::cli {
void complain(Context& c, const Error& e) { std::cerr << "postrider: " << e.text() << "\n"; c.exit = kFailed; }
std::filesystem::path config_file(const Context& c) { return c.config; }
bool may_colour() { return false; }
void add_check(CLI::App&, Context&) {}
void add_account(CLI::App&, Context&) {}
void add_credential(CLI::App&, Context&) {}
void add_domain(CLI::App&, Context&) {}
void add_queue(CLI::App&, Context&) {}
void add_message(CLI::App&, Context&) {}
void add_events(CLI::App&, Context&) {}
void add_simulator(CLI::App&, Context&) {}
void add_clock(CLI::App&, Context&) {}
void add_reload(CLI::App&, Context&) {}
void add_status(CLI::App&, Context&) {}
}
namespace postrider::http {
struct Server::State {};
Server::Server(std::shared_ptr<State>) {}
Server::~Server() = default;
Result<std::unique_ptr<Server>> Server::listen(const boost::asio::any_io_executor&, boost::asio::ip::tcp::endpoint, Handler) { return std::unique_ptr<Server>(); }
Result<std::unique_ptr<Server>> Server::listen_local(const boost::asio::any_io_executor&, const std::string&, Handler) { return std::unique_ptr<Server>(); }
boost::asio::ip::tcp::endpoint Server::endpoint() const { return {}; }
boost::asio::awaitable<void> Server::stop() { co_return; }
Handler make_control_api(const ControlParts&) { return {}; }
Handler make_health(relay::Relay&) { return {}; }
}
