// Answers in JSON: what was asked for, or {"error": {"code": "...", "text": "..."}}.
//
// Codes: those of Errc (invalid 400, not_found 404, timeout 504, closed and unavailable 503,
// corrupt 500), and not_running 503, method_not_allowed 405, too_large 413. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/server.h"

namespace postrider::http {

Response json_answer(std::string json, int status = 200);
Response error_answer(int status, std::string_view code, std::string_view text);
Response error_answer(const Error& error);

std::string_view code_of(Errc code);
/// The code that an error answer of a server stands for; `unavailable` for one that nobody knows.
Errc errc_of(std::string_view code);

}  // namespace postrider::http
