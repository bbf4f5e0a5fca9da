#include "cli/count.h"

#include <csignal>
#include <cstdio>
#include <fmt/core.h>
#include <functional>
#include <tuple>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/json_text.h"
#include "cli/load_report.h"
#include "cli/own_certificate.h"
#include "load/counting_server.h"
#include "net/network.h"

namespace postrider::cli {

namespace asio = boost::asio;

namespace {

double seconds(std::chrono::microseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string figures_json(const load::CountingFigures& figures) {
  std::uint64_t distinct = 0;
  std::uint64_t copies = 0;
  for (const load::Counter::Run& run : figures.runs) {
    distinct += run.recipients;
    copies += run.copies;
  }
  const auto took = figures.last - figures.first;
  JsonText json;
  json.begin_object();
  json.field("messages", figures.messages);
  json.field("recipients", figures.recipients);
  json.field("distinct", distinct);
  json.field("copies", copies);
  json.field("foreign", figures.foreign);
  json.field("misdelivered", figures.misdelivered);
  json.field("bytes", figures.bytes);
  json.field("sessions", figures.sessions);
  json.field("first_us", figures.first.time_since_epoch().count());
  json.field("last_us", figures.last.time_since_epoch().count());
  json.field("messages_per_second",
             took.count() > 0 ? static_cast<double>(figures.messages) / seconds(took) : 0.0);
  json.field("cpu_seconds", seconds(processor_time()));
  json.begin_array("runs");
  for (const load::Counter::Run& run : figures.runs) {
    json.begin_object();
    json.field("run", load::run_name(run.run));
    json.field("distinct", run.recipients);
    json.field("copies", run.copies);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.take();
}

void announce(const Context& context, const load::CountingServer& server) {
  const std::string address = net::to_string(server.endpoint());
  if (context.json) {
    JsonText json;
    json.begin_object();
    json.field("address", address);
    json.field("pid", ::getpid());
    json.end_object();
    fmt::print("{}\n", json.take());
  } else {
    fmt::print(
        "Takes and counts mail for any domain at {}. Figures: kill -USR1 {}, and at the end.\n",
        address, ::getpid());
  }
  std::fflush(stdout);
}

/// The log is whole up to what the figures say.
Result<> print_figures(load::CountingServer& server) {
  const load::CountingFigures figures = server.figures();
  const Result<> flushed = server.flush();
  fmt::print("{}\n", figures_json(figures));
  std::fflush(stdout);
  return flushed;
}

/// Prints the figures at each SIGUSR1; returns after SIGTERM or SIGINT. Who has read where we
/// listen may send a signal: they are taken before it is announced.
void serve_signals(const Context& context, load::CountingServer& server) {
  asio::io_context io{1};
  asio::signal_set asked(io, SIGUSR1);
  asio::signal_set ended(io, SIGTERM, SIGINT);
  std::function<void()> wait = [&] {
    asked.async_wait([&](const boost::system::error_code& cancelled, int /*signal*/) {
      if (!cancelled) {
        std::ignore = print_figures(server);  // a log that fails is reported at the end
        wait();
      }
    });
  };
  wait();
  ended.async_wait([&](const boost::system::error_code&, int /*signal*/) { asked.cancel(); });
  announce(context, server);
  io.run();
}

}  // namespace

Result<> count_arrivals(const Context& context, const CountWords& words) {
  load::CountingOptions options;
  options.endpoint = {asio::ip::address_v4::loopback(), words.port};
  options.threads = words.threads;
  options.log = words.log;
  if (words.tls) {
    TRY(options.tls, make_own_certificate());
  }
  TRY(const auto server, load::CountingServer::start(std::move(options)));
  serve_signals(context, *server);
  server->stop();
  return print_figures(*server);
}

}  // namespace postrider::cli
