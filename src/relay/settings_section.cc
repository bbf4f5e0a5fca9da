#include "relay/settings_section.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::relay {

Section::Section(Reading& reading, std::string path, const Table* table, Place place)
    : reading_(reading), path_(std::move(path)), table_(table), place_(std::move(place)) {}

Section::~Section() {
  if (table_ == nullptr) {
    return;
  }
  for (const Entry& entry : *table_) {
    if (std::ranges::find(known_, entry.key) != known_.end()) {
      continue;
    }
    std::string hint = nearest(entry.key, known_);
    std::string what = "there is no such option";
    what += hint.empty() ? "; see config/postrider.toml for those there are"
                         : "; did you mean " + path_of(hint) + "?";
    reading_.problems.push_back(
        {.place = entry.place, .key = printable(path_of(entry.key), 100), .what = std::move(what)});
  }
}

Section Section::section(std::string_view key) {
  const Node* node = take(key);
  if (node != nullptr && node->table() == nullptr) {
    complain_of_type(*node, "a section: [" + path_of(key) + "]", complainer(key));
    node = nullptr;
  }
  return {reading_, path_of(key), node == nullptr ? nullptr : node->table(),
          node == nullptr ? place_ : node->place};
}

void Section::visit(std::string path, const Node& node,
                    const std::function<void(Section&)>& element) {
  if (node.table() == nullptr) {
    complain_of_type(node, "a table", [&](const Place& place, std::string what) {
      reading_.problems.push_back({.place = place, .key = path, .what = std::move(what)});
    });
    return;
  }
  Section section(reading_, std::move(path), node.table(), node.place);
  element(section);
}

void Section::each(std::string_view key, const std::function<void(Section&)>& element) {
  const Node* node = take(key);
  if (node == nullptr) {
    if (reading_.is_survey) {
      Section section(reading_, path_of(key) + "[]", nullptr, place_);
      element(section);
    }
    return;
  }
  const auto* elements = std::get_if<Array>(&node->value);
  if (elements == nullptr) {
    complain_of_type(*node, "a list of tables: [[" + path_of(key) + "]]", complainer(key));
    return;
  }
  for (std::size_t i = 0; i < elements->size(); ++i) {
    visit(path_of(key) + "[" + std::to_string(i) + "]", (*elements)[i], element);
  }
}

void Section::named(std::string_view key, const std::vector<std::string>& built_in,
                    const std::function<void(Section&, const std::string&)>& element) {
  const Node* node = take(key);
  if (node != nullptr && node->table() == nullptr) {
    complain_of_type(*node, "a section: [" + path_of(key) + ".NAME]", complainer(key));
    return;
  }
  const Table none;
  const Table& written = node == nullptr ? none : *node->table();
  const auto absent = [&](const std::string& name) {
    Section section(reading_, path_of(key) + "." + name, nullptr, place_);
    element(section, name);
  };
  if (reading_.is_survey) {
    absent("NAME");
    return;
  }
  for (const std::string& name : built_in) {
    if (find_entry(written, name) == nullptr) {
      absent(name);
    }
  }
  for (const Entry& entry : written) {
    visit(path_of(key) + "." + printable(entry.key, 100), entry.node,
          [&](Section& section) { element(section, entry.key); });
  }
}

bool Section::has(std::string_view key) const {
  return table_ != nullptr && find_entry(*table_, key) != nullptr;
}

void Section::complain(std::string_view key, std::string what) {
  const Entry* entry = table_ == nullptr ? nullptr : find_entry(*table_, key);
  reading_.problems.push_back({.place = entry == nullptr ? place_ : entry->node.place,
                               .key = path_of(key),
                               .what = std::move(what)});
}

std::string Section::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const Node* Section::take(std::string_view key) {
  known_.emplace_back(key);
  const Entry* entry = table_ == nullptr ? nullptr : find_entry(*table_, key);
  return entry == nullptr ? nullptr : &entry->node;
}

Complain Section::complainer(std::string_view key) {
  return [this, path = path_of(key)](const Place& place, std::string what) {
    reading_.problems.push_back({.place = place, .key = path, .what = std::move(what)});
  };
}

}  // namespace postrider::relay
