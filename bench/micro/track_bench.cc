// What tracking costs: the scan in MB/s, and the copy for one recipient of a message of 50 KB with
// 30 links; against planning and preparing each copy anew; the dearest of 64 KiB of hostile input.
#include <benchmark/benchmark.h>
#include <ctime>
#include <optional>
#include <sodium.h>
#include <string>
#include <vector>

#include "base/text.h"
#include "mail/transfer_encoding.h"
#include "track/hostile_pages.h"
#include "track/html_scanner.h"
#include "track/plan.h"
#include "track/splice.h"

namespace {

using namespace postrider;
using namespace postrider::track;

/// A newsletter as they are: nested tables, styles in every tag, a link in some rows.
std::string newsletter(std::size_t size, std::size_t links) {
  const std::string row =
      "  <tr>\r\n    <td align=\"left\" style=\"font-family: Arial, sans-serif; font-size: 14px; "
      "padding: 0 8px; color: #333333\">\r\n      Lorem ipsum dolor sit amet, consectetur "
      "adipiscing elit, sed do eiusmod\r\n      <img src=\"https://img.example/a.png\" "
      "width=\"600\" alt=\"b\">\r\n    </td>\r\n  </tr>\r\n";
  const std::string link =
      "<tr><td><a href=\"https://shop.example/item/1234?a=1&amp;b=2\" style=\"color:#fff\">Buy"
      "</a></td></tr>\r\n";
  std::string page = "<html><body><table>\r\n";
  const std::size_t rows = size / (row.size() + link.size() * links * row.size() / size);
  for (std::size_t i = 0; page.size() < size; ++i) {
    page += row;
    page += i * links / rows != (i + 1) * links / rows ? link : "";
  }
  return page + "</table></body></html>\r\n";
}

LinkRules rules() {
  LinkRules rules;
  rules.base = "https://links.example.org";
  return rules;
}

std::string message(const std::string& encoding) {
  const std::string page = newsletter(50'000, 30);
  std::string body = page;
  if (encoding == "quoted-printable") {
    body = mail::encode_quoted_printable(page);
  } else if (encoding == "base64") {
    body = mail::encode_base64_lines(page);
  }
  return "From: a@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/html; "
         "charset=utf-8\r\nContent-Transfer-Encoding: " +
         encoding + "\r\n\r\n" + body;
}

TokenKeys keys() {
  [[maybe_unused]] const int done = sodium_init();
  return *TokenKeys::create({{.id = 1, .key = {1}}});
}

void BM_Scan(benchmark::State& state) {
  const std::string page = newsletter(1'000'000, 600);
  for (auto _ : state) {
    HtmlScanner scanner(page);
    std::size_t tags = 0;
    while (scanner.next()) {
      ++tags;
    }
    benchmark::DoNotOptimize(tags);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(page.size()));
}
BENCHMARK(BM_Scan);

void BM_FindLinks(benchmark::State& state) {
  const std::string page = newsletter(1'000'000, 600);
  const Charset charset = Charset::of("utf-8", page);
  for (auto _ : state) {
    benchmark::DoNotOptimize(read_page(page, charset, rules(), 0));
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(page.size()));
}
BENCHMARK(BM_FindLinks);

void BM_Token(benchmark::State& state) {
  const auto maker = keys().maker(AccountId{1}, MessageId{73061140480256});
  std::uint32_t recipient = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(maker.make(++recipient & 0xFFFF, TokenKind::click, 1));
  }
}
BENCHMARK(BM_Token);

void BM_SpliceForOneRecipient(benchmark::State& state, const std::string& encoding) {
  const std::string text = message(encoding);
  const Plan plan = plan_message(text, rules());
  const Splice splice = *Splice::prepare(plan, text);
  const auto maker = keys().maker(AccountId{1}, MessageId{73061140480256});
  std::uint32_t recipient = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(splice.copy_for(maker, ++recipient & 0xFFFF));
  }
  state.counters["links"] = static_cast<double>(plan.links.size());
  state.counters["record"] = static_cast<double>(encode_plan(plan).size());
}
BENCHMARK_CAPTURE(BM_SpliceForOneRecipient, 8bit, "8bit");
BENCHMARK_CAPTURE(BM_SpliceForOneRecipient, quoted_printable, "quoted-printable");
BENCHMARK_CAPTURE(BM_SpliceForOneRecipient, base64, "base64");

/// What a message to 1,000 recipients costs when each copy is rewritten whole, for comparison.
void BM_RewriteEachCopyWhole(benchmark::State& state, const std::string& encoding) {
  const std::string text = message(encoding);
  const TokenKeys known = keys();
  std::uint32_t recipient = 0;
  for (auto _ : state) {
    const Splice splice = *Splice::prepare(plan_message(text, rules()), text);
    const auto maker = known.maker(AccountId{1}, MessageId{73061140480256});
    benchmark::DoNotOptimize(splice.copy_for(maker, ++recipient & 0xFFFF));
  }
}
BENCHMARK_CAPTURE(BM_RewriteEachCopyWhole, 8bit, "8bit");
BENCHMARK_CAPTURE(BM_RewriteEachCopyWhole, quoted_printable, "quoted-printable");
BENCHMARK_CAPTURE(BM_RewriteEachCopyWhole, base64, "base64");

/// One message to 1,000 recipients: found once, against each copy rewritten whole.
void BM_ThousandCopies(benchmark::State& state, const std::string& encoding, bool is_found_once) {
  const std::string text = message(encoding);
  const auto maker = keys().maker(AccountId{1}, MessageId{73061140480256});
  for (auto _ : state) {
    Plan plan = plan_message(text, rules());
    std::optional<Splice> splice = *Splice::prepare(plan, text);
    for (std::uint32_t recipient = 0; recipient < 1000; ++recipient) {
      if (!is_found_once) {
        plan = plan_message(text, rules());
        splice = *Splice::prepare(plan, text);
      }
      benchmark::DoNotOptimize(splice->copy_for(maker, recipient));
    }
  }
}
BENCHMARK_CAPTURE(BM_ThousandCopies, once_quoted_printable, "quoted-printable", true)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(BM_ThousandCopies, whole_quoted_printable, "quoted-printable", false)
    ->Unit(benchmark::kMillisecond);

/// The dearest of 64 KiB of hostile input, which is to take less than 50 ms.
template <class MakePlan>
void time_hostile(benchmark::State& state, const std::vector<std::string>& inputs,
                  MakePlan make_plan) {
  const auto maker = keys().maker(AccountId{1}, MessageId{73061140480256});
  double slowest_ms = 0;
  std::string which;
  for (auto _ : state) {
    slowest_ms = 0;
    for (const std::string& input : inputs) {
      const std::clock_t begin = std::clock();
      const Plan plan = make_plan(input);
      benchmark::DoNotOptimize(Splice::prepare(plan, input)->copy_for(maker, 1));
      const double took_ms = 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
      if (took_ms > slowest_ms) {
        slowest_ms = took_ms;
        which = printable(input, 200);
      }
    }
  }
  state.counters["slowest_ms"] = slowest_ms;
  state.SetLabel(which);
}

void BM_HostilePages(benchmark::State& state) {
  time_hostile(state, hostile_pages(),
               [](const std::string& page) { return plan_page(page, every_rule()); });
}
BENCHMARK(BM_HostilePages)->Unit(benchmark::kMillisecond);

void BM_HostileMessages(benchmark::State& state) {
  time_hostile(state, hostile_messages(),
               [](const std::string& text) { return plan_message(text, every_rule()); });
}
BENCHMARK(BM_HostileMessages)->Unit(benchmark::kMillisecond);

}  // namespace
