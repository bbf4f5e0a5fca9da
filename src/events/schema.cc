#include "events/schema.h"

#include <string_view>
#include <variant>

#include "base/json_text.h"
#include "events/event_fields.h"

namespace postrider::events {
namespace {

/// A line for each property, so that people can read it and a change shows in a diff.
void add_property(std::string& out, std::string_view name, const std::string& property) {
  out += out.ends_with('{') ? "\n" : ",\n";
  JsonText quoted;
  quoted.value(name);
  out += "    " + quoted.take() + ": " + property;
}

std::string number(std::string_view meaning) {
  JsonText json;
  json.begin_object();
  json.field("type", "integer");
  json.field("minimum", 0);
  json.field("description", meaning);
  json.end_object();
  return json.take();
}

std::string text(std::string_view meaning, bool is_time) {
  JsonText json;
  json.begin_object();
  json.field("type", "string");
  if (is_time) {
    json.field("format", "date-time");
  }
  json.field("description", meaning);
  json.end_object();
  return json.take();
}

std::string types() {
  std::string meanings;
  JsonText json;
  json.begin_object();
  json.field("type", "string");
  json.begin_array("enum");
  for (const TypeName& type : kTypes) {
    json.value(type.name);
    meanings += meanings.empty() ? "" : "; ";
    meanings.append(type.name).append(": ").append(type.meaning);
  }
  json.end_array();
  json.field("description", meanings);
  json.end_object();
  return json.take();
}

std::string property_of(const Field& field) {
  const bool is_time = std::holds_alternative<Time Event::*>(field.member);
  return is_time || std::holds_alternative<std::string Event::*>(field.member)
             ? text(field.meaning, is_time)
             : number(field.meaning);
}

}  // namespace

std::string json_schema() {
  std::string properties = "{";
  add_property(properties, "sequence", number("place in the log: grows, and is given once"));
  add_property(properties, "type", types());
  for (const Field& field : kFields) {
    add_property(properties, field.name, property_of(field));
  }
  return R"({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Postrider event",
  "description": "What happened, told once. A field that says nothing is left out. Later versions add fields and types: skip what you do not know.",
  "type": "object",
  "required": ["sequence", "type", "time"],
  "properties": )" +
         properties + "\n  }\n}\n";
}

}  // namespace postrider::events
