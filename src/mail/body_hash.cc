// The relaxed body and its hash: RFC 6376, 3.4.4. Nearly every byte of a body stays as it is, so
// what is looked for is the next place where one doesn't; all before it goes to the hash as it
// stands.
#include <array>
#include <cstring>
#include <ranges>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "mail/dkim.h"
#include "mail/sha256.h"

namespace postrider::mail {
namespace {

bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}

/// Whether white space at `here` changes, by what follows it.
bool is_irregular(char here, char next) {
  return here == '\t' || (here == ' ' && (is_wsp(next) || next == '\r'));
}

#if defined(__SSE2__)
/// A bit for each of the 16 bytes at `from` that is irregular; reads 17 bytes.
unsigned irregular_mask(const char* from) {
  const auto load = [](const char* at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  };
  const auto equals = [](__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); };
  const __m128i here = load(from);
  const __m128i next = load(from + 1);
  const __m128i changes_space =
      _mm_or_si128(_mm_or_si128(equals(next, ' '), equals(next, '\t')), equals(next, '\r'));
  const __m128i irregular =
      _mm_or_si128(equals(here, '\t'), _mm_and_si128(equals(here, ' '), changes_space));
  return static_cast<unsigned>(_mm_movemask_epi8(irregular));
}
#endif

/// Where the first white space begins that may change; a space at the end may. The size if none
/// does.
std::size_t find_irregular(std::string_view text) {
  std::size_t at = 0;
#if defined(__SSE2__)
  for (; at + 17 <= text.size(); at += 16) {
    if (const unsigned mask = irregular_mask(text.data() + at); mask != 0) {
      return at + static_cast<std::size_t>(__builtin_ctz(mask));
    }
  }
#endif
  for (; at < text.size(); ++at) {
    if (is_irregular(text[at], at + 1 < text.size() ? text[at + 1] : ' ')) {
      return at;
    }
  }
  return text.size();
}

/// How many bytes at the end are empty lines, white space and the last line's end.
std::size_t blank_tail(std::span<const std::string_view> body) {
  std::size_t blank = 0;
  bool behind_lf = false;
  for (const std::string_view piece : std::views::reverse(body)) {
    for (const char c : std::views::reverse(piece)) {
      if (behind_lf ? c != '\r' : !is_wsp(c) && c != '\n') {
        return blank;
      }
      blank += behind_lf ? 2 : is_wsp(c) ? 1 : 0;
      behind_lf = !behind_lf && c == '\n';
    }
  }
  return blank;
}

/// Relaxes what is fed to it, except for the end of the body, into `sink(std::string_view)`.
template <class Sink>
class Relaxer {
 public:
  explicit Relaxer(Sink& sink) : sink_(sink) {}

  void feed(std::string_view piece) {
    while (!piece.empty()) {
      if (held_ == Held::nothing) {
        const std::size_t regular = find_irregular(piece);
        sink_(piece.substr(0, regular));
        piece.remove_prefix(regular);
        held_ = piece.empty() ? Held::nothing : Held::space;
      }
      if (held_ != Held::nothing) {
        piece = settle(piece);
      }
    }
  }

  void finish() {
    if (held_ == Held::space_and_cr) {
      sink_(" \r");
    }
  }

 private:
  /// What waits for the bytes behind it, which may stand in the next piece.
  enum class Held : std::uint8_t { nothing, space, space_and_cr };

  std::string_view settle(std::string_view piece) {
    if (held_ == Held::space) {
      const auto end = piece.find_first_not_of(" \t");
      piece.remove_prefix(std::min(end, piece.size()));
      if (piece.empty()) {
        return piece;
      }
      if (piece.front() != '\r') {
        sink_(" ");
        held_ = Held::nothing;
        return piece;
      }
      piece.remove_prefix(1);
      held_ = Held::space_and_cr;
      if (piece.empty()) {
        return piece;
      }
    }
    // White space in front of a line's end goes; in front of a lone CR it is like any other.
    sink_(piece.front() == '\n' ? "\r" : " \r");
    held_ = Held::nothing;
    return piece;
  }

  Sink& sink_;
  Held held_ = Held::nothing;
};

template <class Sink>
void relax(std::span<const std::string_view> body, Sink& sink) {
  std::size_t left = 0;
  for (const std::string_view piece : body) {
    left += piece.size();
  }
  left -= blank_tail(body);
  if (left == 0) {
    return;
  }
  Relaxer relaxer(sink);
  for (const std::string_view piece : body) {
    const std::string_view wanted = piece.substr(0, left);
    relaxer.feed(wanted);
    left -= wanted.size();
  }
  relaxer.finish();
  sink("\r\n");
}

/// Gathers short pieces: an update of the hash costs as much as the hash of some 100 bytes.
class HashSink {
 public:
  void operator()(std::string_view bytes) {
    if (bytes.size() > buffer_.size() - used_) {
      flush();
      if (bytes.size() >= buffer_.size() / 4) {
        hash_.update(bytes);
        return;
      }
    }
    std::memcpy(buffer_.data() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
  }

  BodyHash finish() {
    flush();
    return hash_.finish();
  }

 private:
  void flush() {
    hash_.update({buffer_.data(), used_});
    used_ = 0;
  }

  Sha256 hash_;
  std::array<char, 4096> buffer_;
  std::size_t used_ = 0;
};

}  // namespace

BodyHash hash_body(std::span<const std::string_view> body) {
  HashSink sink;
  relax(body, sink);
  return sink.finish();
}

std::string relax_body(std::string_view body) {
  std::string out;
  out.reserve(body.size());
  const auto append = [&out](std::string_view bytes) { out += bytes; };
  relax(std::span(&body, 1), append);
  return out;
}

}  // namespace postrider::mail
