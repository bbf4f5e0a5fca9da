// The frame of every command that talks to an instance: finds it, asks, complains of what goes
// wrong with the fitting exit status, prints JSON as it came or the way people read it. Blocks.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <boost/json/fwd.hpp>

#include "cli/command.h"
#include "cli/control_client.h"

namespace postrider::cli {

using Show = std::function<void(const boost::json::value&)>;

/// Null after a complaint.
std::unique_ptr<ControlClient> open_client(Context& context);

/// The body of a good answer; nothing after a complaint.
std::optional<std::string> ask(Context& context, ControlClient& client, const Question& question);

/// Complains of an answer that is an error. False: it is none.
bool complain_of(Context& context, const Answer& answer);

/// Asks; prints the answer as it is with --json, through `show` otherwise.
void ask_and_show(Context& context, const Question& question, const Show& show);

}  // namespace postrider::cli
