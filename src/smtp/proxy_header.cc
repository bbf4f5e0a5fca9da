#include "smtp/proxy_header.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "base/text.h"

namespace postrider::smtp {

namespace ip = boost::asio::ip;

namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kShortestText = 15;  // "PROXY UNKNOWN\r\n"
constexpr std::size_t kLongestText = 107;  // the protocol's own bound
constexpr std::size_t kBinaryFront = 16;   // signature, version, family, length
constexpr std::size_t kLongestBinary = 4096;

std::unexpected<Error> malformed(const char* why) {
  return fail(Errc::invalid, std::string("PROXY header: ") + why);
}

std::size_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool agree(std::string_view received, std::string_view expected) {
  const std::size_t size = std::min(received.size(), expected.size());
  return received.substr(0, size) == expected.substr(0, size);
}

Result<ip::tcp::endpoint> endpoint_of(std::string_view address, std::string_view port, bool v6) {
  boost::system::error_code ec;
  const ip::address parsed = ip::make_address(std::string(address), ec);
  std::uint16_t number = 0;
  const auto [end, bad] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (ec || parsed.is_v6() != v6 || bad != std::errc() || end != port.data() + port.size()) {
    return malformed("an address or a port is wrong");
  }
  return ip::tcp::endpoint(parsed, number);
}

Result<std::optional<ProxiedEndpoints>> parse_text(std::string_view header) {
  const auto words = split(header.substr(0, header.size() - 2), ' ');
  if (words[1] == "UNKNOWN") {
    return std::optional<ProxiedEndpoints>();
  }
  const bool v6 = words[1] == "TCP6";
  if (words.size() != 6 || (!v6 && words[1] != "TCP4")) {
    return malformed("six words with TCP4 or TCP6, or UNKNOWN, are expected");
  }
  TRY(const ip::tcp::endpoint client, endpoint_of(words[2], words[4], v6));
  TRY(const ip::tcp::endpoint server, endpoint_of(words[3], words[5], v6));
  return std::optional(ProxiedEndpoints{.client = client, .server = server});
}

template <class Address>
ip::tcp::endpoint binary_endpoint(std::string_view address, std::string_view port) {
  typename Address::bytes_type bytes{};
  std::memcpy(bytes.data(), address.data(), bytes.size());
  return {Address(bytes), static_cast<std::uint16_t>(byte_at(port, 0) << 8 | byte_at(port, 1))};
}

template <class Address>
Result<std::optional<ProxiedEndpoints>> binary_endpoints(std::string_view block) {
  constexpr std::size_t kSize = std::tuple_size_v<typename Address::bytes_type>;
  if (block.size() < 2 * kSize + 4) {
    return malformed("too short for its addresses");
  }
  const std::string_view ports = block.substr(2 * kSize);
  return std::optional(
      ProxiedEndpoints{.client = binary_endpoint<Address>(block, ports),
                       .server = binary_endpoint<Address>(block.substr(kSize), ports.substr(2))});
}

Result<std::optional<ProxiedEndpoints>> parse_binary(std::string_view header) {
  const std::size_t command = byte_at(header, 12);
  const std::size_t family = byte_at(header, 13);
  if (command >> 4 != 2 || (command & 15) > 1) {
    return malformed("neither LOCAL nor PROXY of version 2");
  }
  const bool is_local = (command & 15) == 0;
  const std::string_view block = header.substr(kBinaryFront);
  if (!is_local && family == 0x11) {
    return binary_endpoints<ip::address_v4>(block);
  }
  if (!is_local && family == 0x21) {
    return binary_endpoints<ip::address_v6>(block);
  }
  return std::optional<ProxiedEndpoints>();
}

}  // namespace

Result<std::size_t> proxy_header_lacks(std::string_view received) {
  if (agree(received, kBinary)) {
    if (received.size() < kBinaryFront) {
      // A header of version 1 may be a byte shorter, but the first byte has told them apart.
      return received.empty() ? 1 : kBinaryFront - received.size();
    }
    const std::size_t whole = kBinaryFront + (byte_at(received, 14) << 8 | byte_at(received, 15));
    if (whole > kLongestBinary) {
      return malformed("longer than 4096 bytes");
    }
    return whole - std::min(whole, received.size());
  }
  if (!agree(received, kText)) {
    return malformed("expected from this address, and something else came");
  }
  if (received.size() < kShortestText) {
    return kShortestText - received.size();
  }
  if (received.ends_with("\r\n")) {
    return 0;
  }
  const std::size_t lacks = received.ends_with('\r') ? 1 : 2;
  if (received.size() + lacks > kLongestText) {
    return malformed("longer than 107 bytes");
  }
  return lacks;
}

Result<std::optional<ProxiedEndpoints>> parse_proxy_header(std::string_view header) {
  TRY(const std::size_t lacks, proxy_header_lacks(header));
  if (lacks != 0) {
    return malformed("cut off");
  }
  return header.starts_with(kText) ? parse_text(header) : parse_binary(header);
}

}  // namespace postrider::smtp
