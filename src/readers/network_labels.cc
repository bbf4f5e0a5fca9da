#include "readers/network_labels.h"

#include <algorithm>
#include <functional>

#include "base/read_file.h"
#include "base/text.h"
#include "net/network.h"

namespace postrider::readers {

namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t kLabelBytes = 60;
constexpr unsigned kMappedPrefix = 96;

/// The first `bits` bits.
template <class Bytes>
Bytes front_of(Bytes bytes, unsigned bits) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto begin = static_cast<unsigned>(i * 8);
    const unsigned kept = bits <= begin ? 0 : std::min(bits - begin, 8U);
    bytes[i] = static_cast<std::uint8_t>(bytes[i] & (0xFF00U >> kept));
  }
  return bytes;
}

struct Line {
  std::string_view network;
  std::string_view label;
};

Line parse_line(std::string_view line) {
  line = trim(line.substr(0, line.find('#')));
  const auto gap = std::min(line.find_first_of(" \t"), line.size());
  return {.network = line.substr(0, gap), .label = trim(line.substr(gap))};
}

}  // namespace

bool is_network_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelBytes && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '.';
  });
}

NetworkLabels::Bytes NetworkLabels::bytes_of(const ip::address& address) {
  return address.is_v6() ? address.to_v6().to_bytes()
                         : ip::make_address_v6(ip::v4_mapped, address.to_v4()).to_bytes();
}

Result<NetworkLabels> NetworkLabels::load(const std::filesystem::path& file) {
  TRY(const std::string text, read_file(file));
  return parse(text, file.string());
}

Result<NetworkLabels> NetworkLabels::parse(std::string_view text, const std::string& name) {
  NetworkLabels labels;
  std::size_t number = 0;
  for (const std::string_view written : split(text, '\n')) {
    ++number;
    const Line line = parse_line(written);
    if (line.network.empty()) {
      continue;
    }
    const std::string place = name + ":" + std::to_string(number);
    TRY(const net::Network network, net::parse_network(line.network), place);
    if (!is_network_label(line.label)) {
      return fail(Errc::invalid, place + ": '" + printable(line.label, 80) +
                                     "' is not a label: write 1 to 60 lower-case letters, digits, "
                                     "'-', '_' or '.' behind the network");
    }
    const unsigned prefix = network.prefix + (network.base.is_v4() ? kMappedPrefix : 0);
    const auto [known, is_new] =
        labels.by_prefix_[prefix].emplace(front_of(bytes_of(network.base), prefix), line.label);
    if (!is_new) {
      return fail(Errc::invalid, place + ": " + std::string(line.network) + " has the label '" +
                                     known->second + "' already");
    }
  }
  return labels;
}

std::string NetworkLabels::label(const ip::address& address) const {
  const Bytes bytes = bytes_of(address);
  for (const auto& [prefix, networks] : by_prefix_) {
    if (const auto found = networks.find(front_of(bytes, prefix)); found != networks.end()) {
      return found->second;
    }
  }
  return {};
}

}  // namespace postrider::readers
