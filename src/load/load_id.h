// Names in the mail of a load: which run sent it, and which of that run's recipients it is for.
//
// A recipient is load-RUN-NUMBER@DOMAIN, RUN being 8 hexadecimal digits that each run draws anew
// and NUMBER counting from 0 without gaps. A message says in a header field whom it was made for:
// X-Load-Id: RUN-FIRST-COUNT, so that content which goes to the wrong recipient is noticed.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::load {

struct LoadId {
  std::uint32_t run = 0;
  std::uint64_t number = 0;

  bool operator==(const LoadId&) const = default;
};

/// The recipients of one message: `count` of them from `first` on.
struct LoadMessage {
  std::uint32_t run = 0;
  std::uint64_t first = 0;
  std::uint32_t count = 1;

  bool operator==(const LoadMessage&) const = default;
  bool is_for(LoadId id) const {
    return id.run == run && id.number >= first && id.number - first < count;
  }
};

/// Numbers are below this, so that a counter knows what it may be asked to count.
constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 40;

/// "0a1b2c3d".
std::string run_name(std::uint32_t run);
std::optional<std::uint32_t> parse_run(std::string_view text);

/// "load-0a1b2c3d-17", in any case. Nothing if it is not exactly that.
std::string local_part(LoadId id);
std::optional<LoadId> parse_local_part(std::string_view text);

/// "X-Load-Id: 0a1b2c3d-17-1\r\n".
std::string id_header(const LoadMessage& message);
/// The first such field in the header of `content` (CRLF lines), which is all that is looked at.
std::optional<LoadMessage> find_id_header(std::string_view content);

}  // namespace postrider::load
