#include "readers/address_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <initializer_list>
#include <maxminddb.h>
#include <optional>
#include <string_view>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <system_error>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "base/descriptor.h"
#include "base/text.h"

namespace postrider::readers {

namespace ip = boost::asio::ip;

struct AddressFile::State {
  MMDB_s file{};
  bool is_open = false;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (is_open) {
      MMDB_close(&file);
    }
  }
};

namespace {

Result<Descriptor> copy_in_memory(const std::filesystem::path& file) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  const Descriptor from(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  Descriptor copy(::memfd_create("addresses", MFD_CLOEXEC));
  ssize_t copied = !from.is_open() || !copy.is_open() ? -1 : 1;
  while (copied > 0) {
    copied = ::sendfile(copy.number(), from.number(), nullptr, kPiece);
  }
  if (copied < 0) {
    return fail(Errc::not_found,
                file.string() + " can't be read: " + std::generic_category().message(errno));
  }
  return copy;
}

using Path = std::initializer_list<const char*>;

ip::address plain(const ip::address& address) {
  return address.is_v6() && address.to_v6().is_v4_mapped()
             ? ip::address(ip::make_address_v4(ip::v4_mapped, address.to_v6()))
             : address;
}

std::optional<MMDB_entry_s> entry_of(const MMDB_s& file, const ip::address& address) {
  const ip::tcp::endpoint endpoint(plain(address), 0);
  int problem = MMDB_SUCCESS;
  const MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&file, endpoint.data(), &problem);
  return problem == MMDB_SUCCESS && found.found_entry ? std::optional(found.entry) : std::nullopt;
}

std::optional<MMDB_entry_data_s> value_at(MMDB_entry_s entry, Path path) {
  std::array<const char*, 4> keys{};
  std::ranges::copy(path, keys.begin());  // shorter by one at least: ends in null
  MMDB_entry_data_s data{};
  const int problem = MMDB_aget_value(&entry, &data, keys.data());
  return problem == MMDB_SUCCESS && data.has_data ? std::optional(data) : std::nullopt;
}

std::string_view text_at(const MMDB_entry_s& entry, Path path) {
  const auto data = value_at(entry, path);
  return data && data->type == MMDB_DATA_TYPE_UTF8_STRING
             ? std::string_view(data->utf8_string, data->data_size)
             : std::string_view();
}

bool is_country(std::string_view code) {
  return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

/// "AS15169": as some publishers write it.
std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  if (text.starts_with("AS")) {
    const std::string_view digits = text.substr(2);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
  }
  return number;
}

/// Publishers say in the type what it is: "GeoLite2-ASN", "DBIP-Country-Lite". Empty: it fits.
std::string misfit(std::string_view type, AddressFile::Kind kind) {
  const std::string name = lower(type);
  const auto says = [&](std::string_view word) { return name.contains(word); };
  if (kind == AddressFile::Kind::countries && (says("asn") || says("-isp"))) {
    return "it is about networks (" + printable(type, 60) + "), not about countries";
  }
  if (kind == AddressFile::Kind::autonomous_systems && (says("country") || says("city"))) {
    return "it is about places (" + printable(type, 60) + "), not about networks";
  }
  return {};
}

}  // namespace

Result<AddressFile> AddressFile::open(const std::filesystem::path& file, Kind kind) {
  TRY(const Descriptor copy, copy_in_memory(file));
  auto state = std::make_unique<State>();
  const std::string name = "/proc/self/fd/" + std::to_string(copy.number());
  const int problem = MMDB_open(name.c_str(), MMDB_MODE_MMAP, &state->file);
  if (problem != MMDB_SUCCESS) {
    return fail(Errc::invalid, file.string() + ": it is no whole file in MaxMind's format (" +
                                   MMDB_strerror(problem) + ")");
  }
  state->is_open = true;
  const char* type = state->file.metadata.database_type;
  if (const std::string why = misfit(type == nullptr ? "" : type, kind); !why.empty()) {
    return fail(Errc::invalid, file.string() + ": " + why);
  }
  return AddressFile(std::move(state));
}

AddressFile::AddressFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
AddressFile::AddressFile(AddressFile&&) noexcept = default;
AddressFile& AddressFile::operator=(AddressFile&&) noexcept = default;
AddressFile::~AddressFile() = default;

// Not registered_country: that is where a provider is registered, which says nothing of its
// customers.
std::string AddressFile::country(const ip::address& address) const {
  const auto entry = entry_of(state_->file, address);
  if (!entry) {
    return {};
  }
  for (const Path& path : {Path{"country", "iso_code"}, Path{"country_code"}, Path{"country"}}) {
    if (const std::string_view code = text_at(*entry, path); is_country(code)) {
      return std::string(code);
    }
  }
  return {};
}

std::uint64_t AddressFile::autonomous_system(const ip::address& address) const {
  const auto entry = entry_of(state_->file, address);
  if (!entry) {
    return 0;
  }
  const auto number = value_at(*entry, {"autonomous_system_number"});
  if (number && number->type == MMDB_DATA_TYPE_UINT32) {
    return number->uint32;
  }
  return number_in(text_at(*entry, {"asn"}));
}

}  // namespace postrider::readers
