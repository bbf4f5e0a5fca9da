#include "http/answer.h"

#include <array>
#include <utility>

#include "base/json_text.h"

namespace postrider::http {
namespace {

struct Row {
  Errc errc;
  std::string_view code;
  int status;
};
constexpr std::array kRows{
    Row{Errc::invalid, "invalid", 400},         Row{Errc::not_found, "not_found", 404},
    Row{Errc::timeout, "timeout", 504},         Row{Errc::closed, "closed", 503},
    Row{Errc::unavailable, "unavailable", 503}, Row{Errc::corrupt, "corrupt", 500}};

const Row& row_of(Errc errc) {
  for (const Row& row : kRows) {
    if (row.errc == errc) {
      return row;
    }
  }
  std::unreachable();
}

}  // namespace

Response json_answer(std::string json, int status) {
  Response response;
  response.status = status;
  response.body = std::move(json) + "\n";
  return response;
}

Response error_answer(int status, std::string_view code, std::string_view text) {
  JsonText json;
  json.begin_object();
  json.begin_object("error");
  json.field("code", code);
  json.field("text", text);
  json.end_object();
  json.end_object();
  return json_answer(json.take(), status);
}

Response error_answer(const Error& error) {
  const Row& row = row_of(error.code());
  return error_answer(row.status, row.code, error.text());
}

std::string_view code_of(Errc code) {
  return row_of(code).code;
}

Errc errc_of(std::string_view code) {
  for (const Row& row : kRows) {
    if (row.code == code) {
      return row.errc;
    }
  }
  return Errc::unavailable;
}

}  // namespace postrider::http
