// What mail/ costs for each message: MB/s where the work grows with the message, else time per
// call.
#include <benchmark/benchmark.h>
#include <string>

#include "mail/dkim.h"
#include "mail/downconvert.h"
#include "mail/header.h"
#include "mail/return_path.h"

namespace {

using namespace postrider;
namespace m = postrider::mail;

const std::string& header() {
  static const std::string text =
      "Received: from client.example.org ([192.0.2.1])\r\n\tby relay.example.org with ESMTPSA id "
      "1\r\n"
      "\tfor <bob@example.net>; Tue, 24 Nov 2026 05:52:12 +0000\r\n"
      "From: \"Ann Lee (Shop)\" <shop@example.org>\r\nTo: Bob <bob@example.net>\r\n"
      "Subject: Your order 17 of November has been shipped and is on its way to you\r\n"
      "Date: Tue, 24 Nov 2026 05:52:12 +0000\r\nMessage-ID: <20261124.17@shop.example.org>\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 7bit\r\nList-Id: <orders.example.org>\r\n"
      "List-Unsubscribe: <https://example.org/unsubscribe?token=abcdefghijklmnopqrstuvwxyz>,\r\n"
      " <mailto:unsubscribe@example.org>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
      "X-Postrider-Id: aeaaaqts35jucacgfsdwqexhzf4a\r\n";
  return text;
}

/// Indented HTML, as newsletters are: every line has white space that the canonical form changes.
std::string html(std::size_t size) {
  std::string body;
  while (body.size() < size) {
    body += "      <td style=\"padding: 0 8px\">Lorem ipsum dolor sit amet, consectetur</td>\r\n";
  }
  body.resize(size - 2);
  return body + "\r\n";
}

/// Base64 lines: nothing changes.
std::string attachment(std::size_t size) {
  std::string body;
  while (body.size() < size) {
    body += std::string(76, 'A') + "\r\n";
  }
  body.resize(size - 2);
  return body + "\r\n";
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(bytes));
}

void bench_parse_path(benchmark::State& state) {
  std::string_view rest;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        m::parse_path("<recipient.17@mail.example.net> NOTIFY=NEVER", {}, &rest));
  }
}
BENCHMARK(bench_parse_path);

void bench_parse_address_list(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::parse_address_list(" \"Ann Lee (Shop)\" <shop@example.org>"));
  }
}
BENCHMARK(bench_parse_address_list);

void bench_parse_u_label(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::parse_domain("b\u00fccher.example"));
  }
}
BENCHMARK(bench_parse_u_label);

void bench_split_message(benchmark::State& state) {
  const std::string message = header() + "\r\n" + html(4096);
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::split_message(message));
  }
}
BENCHMARK(bench_split_message);

void bench_inspect(benchmark::State& state) {
  const std::string message = header() + "\r\n" + html(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::inspect(message));
  }
  count_bytes(state, message.size());
}
BENCHMARK(bench_inspect)->Arg(4 << 10)->Arg(50 << 10);

void bench_hash_body(benchmark::State& state, std::string (*make)(std::size_t)) {
  const std::string body = make(static_cast<std::size_t>(state.range(0)));
  const std::string_view piece = body;
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::hash_body(std::span(&piece, 1)));
  }
  count_bytes(state, body.size());
}
BENCHMARK_CAPTURE(bench_hash_body, html, html)->Arg(4 << 10)->Arg(50 << 10);
BENCHMARK_CAPTURE(bench_hash_body, attachment, attachment)->Arg(4 << 10)->Arg(50 << 10);

void bench_sign_header(benchmark::State& state, m::DkimAlgorithm algorithm) {
  const m::DkimSignature signature{
      .domain = "example.org",
      .selector = "s2026",
      .key = std::make_shared<m::SigningKey>(*m::SigningKey::generate(algorithm))};
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        m::sign_header(header(), m::BodyHash{}, std::span(&signature, 1), Time()));
  }
}
BENCHMARK_CAPTURE(bench_sign_header, rsa, m::DkimAlgorithm::rsa_sha256);
BENCHMARK_CAPTURE(bench_sign_header, ed25519, m::DkimAlgorithm::ed25519_sha256);

/// All of signing but the signature: the header's canonical form and the field.
void bench_sign_header_without_keys(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::sign_header(header(), m::BodyHash{}, {}, Time()));
  }
}
BENCHMARK(bench_sign_header_without_keys);

void bench_token(benchmark::State& state) {
  const m::TokenKey key{1, 2, 3};
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::read_token(key, m::make_token(key, RecipientId{73061140480256})));
  }
}
BENCHMARK(bench_token);

void bench_to_seven_bit(benchmark::State& state) {
  std::string body;
  while (body.size() < (50U << 10)) {
    body += "Viele Gr\u00fc\u00dfe aus dem B\u00fcro, und noch mehr Text in dieser Zeile\r\n";
  }
  const std::string message = header() + "\r\n" + body;
  for (auto _ : state) {
    benchmark::DoNotOptimize(m::to_seven_bit(message));
  }
  count_bytes(state, message.size());
}
BENCHMARK(bench_to_seven_bit);

}  // namespace
