// An event on a line, for people. Pure but for the terminal, which decides on colour.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace postrider::cli {

/// "delivered  ann@example.net  250 2.0.0 ok  (mx.example.net 192.0.2.1:25, TLSv1.3, 120 ms)".
std::string event_line(const boost::json::value& event);

/// What is left to say of an event whose recipient has been named.
std::string event_outcome(const boost::json::value& event);

}  // namespace postrider::cli
