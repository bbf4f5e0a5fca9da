// The kinds of values that options have: how each is read, what bounds it keeps, and how it is
// written again. An option names its kind; nothing else knows TOML's types.
//
// A kind that refuses a value says so at the value's own place (an element of a list has its own),
// in words that end in what to write. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "mail/address.h"
#include "net/network.h"
#include "relay/settings_tree.h"

namespace postrider::relay {

using Complain = std::function<void(const Place&, std::string)>;

template <class T>
struct Kind {
  /// Nothing after a complaint.
  std::function<std::optional<T>(const Node&, const Complain&)> read;
  std::function<std::string(const T&)> write;  ///< as TOML
};

Kind<std::string> text();             ///< any string without control characters
Kind<std::string> secret();           ///< text() that is never written out again
Kind<std::string> domain();           ///< in lower-case A-labels
Kind<std::string> optional_domain();  ///< the same, or "" for none
Kind<std::string> pattern();          ///< of domains (base/pattern.h)
Kind<std::string> account_name();
Kind<mail::Address> mail_address();  ///< of ASCII letters
Kind<std::string> zone();            ///< a domain, or "." for all of them
Kind<std::string> dns_server();      ///< "192.0.2.53" or "192.0.2.53@5353"
Kind<bool> flag();
Kind<std::uint32_t> whole(std::uint32_t min, std::uint32_t max);
Kind<std::uint16_t> port();                                      ///< 1 to 65535
Kind<double> real(double min, double max);                       ///< also written without a point
Kind<std::uint64_t> size(std::uint64_t min, std::uint64_t max);  ///< "25MiB", or bytes
Kind<Duration> duration(Duration min, Duration max);             ///< "5m"
Kind<boost::asio::ip::tcp::endpoint> endpoint();
Kind<net::Network> network();
Kind<boost::asio::ip::address> address_v4();
Kind<boost::asio::ip::address> address_v6();
Kind<std::filesystem::path> path();  ///< absolute, or "" for none

/// One of `names`, in the order of T's values.
template <class T>
Kind<T> choice(std::vector<std::string> names);

/// Nothing until it is written.
template <class T>
Kind<std::optional<T>> unset_or(Kind<T> kind);

/// "" is nothing.
template <class T>
Kind<std::optional<T>> optional_of(Kind<T> kind);

/// A list, or a single value for a list of one.
template <class T>
Kind<std::vector<T>> list_of(Kind<T> kind);

/// A table with free keys: each key is read as a string of `First`, each value as `Second`.
template <class First, class Second>
Kind<std::vector<std::pair<First, Second>>> table_of(Kind<First> first, Kind<Second> second);

/// For kinds of one's own: "is a list; write true or false".
void complain_of_type(const Node& node, const std::string& expected, const Complain& complain);

// How the templates are made.

std::optional<std::size_t> read_choice(const Node& node, const std::vector<std::string>& names,
                                       const Complain& complain);

template <class T>
Kind<T> choice(std::vector<std::string> names) {
  return {
      .read = [names](const Node& node, const Complain& complain) -> std::optional<T> {
        const auto index = read_choice(node, names, complain);
        return index ? std::optional(static_cast<T>(*index)) : std::nullopt;
      },
      .write =
          [names](const T& value) { return toml_string(names[static_cast<std::size_t>(value)]); }};
}

template <class T>
Kind<std::optional<T>> unset_or(Kind<T> kind) {
  using Optional = std::optional<T>;
  return {.read = [kind](const Node& node, const Complain& complain) -> std::optional<Optional> {
            auto value = kind.read(node, complain);
            return value ? std::optional<Optional>(std::move(value)) : std::nullopt;
          },
          .write = [kind](const Optional& value) { return value ? kind.write(*value) : ""; }};
}

template <class T>
Kind<std::optional<T>> optional_of(Kind<T> kind) {
  using Optional = std::optional<T>;
  return {.read = [kind](const Node& node, const Complain& complain) -> std::optional<Optional> {
            const auto* written = std::get_if<std::string>(&node.value);
            if (written != nullptr && written->empty()) {
              return Optional();
            }
            auto value = kind.read(node, complain);
            return value ? std::optional<Optional>(Optional(std::move(*value))) : std::nullopt;
          },
          .write = [kind](const Optional& value) { return value ? kind.write(*value) : "\"\""; }};
}

template <class T>
Kind<std::vector<T>> list_of(Kind<T> kind) {
  using List = std::vector<T>;
  return {.read = [kind](const Node& node, const Complain& complain) -> std::optional<List> {
            const Array single{node};
            const auto* written = std::get_if<Array>(&node.value);
            List list;
            bool good = true;
            for (const Node& element : written == nullptr ? single : *written) {
              auto value = kind.read(element, complain);
              good = good && value.has_value();
              if (value) {
                list.push_back(std::move(*value));
              }
            }
            return good ? std::optional(std::move(list)) : std::nullopt;
          },
          .write =
              [kind](const List& list) {
                std::string out = "[";
                for (const T& value : list) {
                  out += (out.size() > 1 ? ", " : "") + kind.write(value);
                }
                return out + "]";
              }};
}

template <class First, class Second>
Kind<std::vector<std::pair<First, Second>>> table_of(Kind<First> first, Kind<Second> second) {
  using Pairs = std::vector<std::pair<First, Second>>;
  return {
      .read = [first, second](const Node& node, const Complain& complain) -> std::optional<Pairs> {
        if (node.table() == nullptr) {
          complain_of_type(node, "a table, such as { \"KEY\" = \"VALUE\" }", complain);
          return std::nullopt;
        }
        Pairs pairs;
        bool good = true;
        for (const Entry& entry : *node.table()) {
          auto key = first.read({.value = entry.key, .place = entry.place}, complain);
          auto value = second.read(entry.node, complain);
          good = good && key && value;
          if (key && value) {
            pairs.emplace_back(std::move(*key), std::move(*value));
          }
        }
        return good ? std::optional(std::move(pairs)) : std::nullopt;
      },
      .write =
          [first, second](const Pairs& pairs) {
            std::string out = "{";
            for (const auto& [key, value] : pairs) {
              out += (out.size() > 1 ? ", " : " ") + first.write(key) + " = " + second.write(value);
            }
            return out + (out.size() > 1 ? " }" : "}");
          }};
}

}  // namespace postrider::relay
