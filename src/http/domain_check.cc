#include "http/domain_check.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/text.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::DnsRecord;

namespace {

constexpr std::chrono::seconds kPatience{30};  // after which no further look-up begins

std::string publish(const DnsRecord& record, const std::string& value) {
  return "publish " + record.name + " " + record.type + " \"" + value + "\"";
}

Finding finding(const DnsRecord& record, Verdict verdict, std::vector<std::string> found,
                std::string advice = "") {
  return {
      .record = record, .verdict = verdict, .found = std::move(found), .advice = std::move(advice)};
}

std::vector<std::string> with_prefix(const std::vector<std::string>& texts,
                                     std::string_view prefix) {
  std::vector<std::string> found;
  for (const std::string& text : texts) {
    if (starts_with_ignoring_case(text, prefix)) {
      found.push_back(text);
    }
  }
  return found;
}

Finding judge_ownership(const DnsRecord& record, const std::vector<std::string>& texts) {
  if (std::ranges::find(texts, record.value) != texts.end()) {
    return finding(record, Verdict::ok, {record.value});
  }
  auto others = with_prefix(texts, "postrider-verify=");
  const Verdict verdict = others.empty() ? Verdict::missing : Verdict::wrong;
  return finding(record, verdict, std::move(others), publish(record, record.value));
}

/// The value of a tag of a tag list (RFC 6376, 3.2), without the white space that folding left in
/// it.
std::string tag_of(std::string_view list, std::string_view name) {
  for (const std::string_view tag : split(list, ';')) {
    const std::size_t equals = tag.find('=');
    if (equals == std::string_view::npos || trim(tag.substr(0, equals)) != name) {
      continue;
    }
    std::string value(tag.substr(equals + 1));
    std::erase_if(value, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return value;
  }
  return {};
}

Finding judge_dkim(const DnsRecord& record, const std::vector<std::string>& texts) {
  std::vector<std::string> keys;
  for (const std::string& text : texts) {
    if (!tag_of(text, "p").empty() || starts_with_ignoring_case(text, "v=DKIM1")) {
      keys.push_back(text);
    }
  }
  if (keys.size() == 1 && tag_of(keys[0], "p") == tag_of(record.value, "p")) {
    return finding(record, Verdict::ok, std::move(keys));
  }
  if (keys.size() > 1) {
    return finding(
        record, Verdict::wrong, std::move(keys),
        "several keys under one name: remove all of them and " + publish(record, record.value));
  }
  const Verdict verdict = keys.empty() ? Verdict::missing : Verdict::wrong;
  return finding(record, verdict, std::move(keys), publish(record, record.value));
}

std::vector<std::string> terms_of(const std::string& spf) {
  std::vector<std::string> terms;
  for (const std::string_view term : split(spf, ' ')) {
    if (!term.empty()) {
      terms.emplace_back(term);
    }
  }
  return terms;
}

/// "include:HOST" of the record that we ask for.
std::string our_term(const DnsRecord& record) {
  for (const std::string& term : terms_of(record.value)) {
    if (term.starts_with("include:")) {
      return term;
    }
  }
  return {};
}

/// The SPF record that is there, with our term before its first `all` or `redirect=`: what stands
/// behind `all` is never looked at (RFC 7208, 5.1).
std::string with_our_term(const std::string& spf, const std::string& ours) {
  std::string joined;
  bool placed = false;
  for (const std::string& term : terms_of(spf)) {
    const std::string_view bare =
        std::string_view(term).substr(term.find_first_not_of("+-~?") == 1 ? 1 : 0);
    if (!placed &&
        (equal_ignoring_case(bare, "all") || starts_with_ignoring_case(bare, "redirect="))) {
      joined += ours + " ";
      placed = true;
    }
    joined += term + " ";
  }
  return std::string(trim(placed ? joined : joined + ours));
}

Finding judge_spf(const DnsRecord& record, const std::vector<std::string>& texts) {
  auto found = with_prefix(texts, "v=spf1");
  if (found.empty()) {
    return finding(record, Verdict::missing, {}, publish(record, record.value));
  }
  if (found.size() > 1) {
    return finding(
        record, Verdict::wrong, std::move(found),
        "several SPF records count as none: join them into one that has " + our_term(record));
  }
  const std::string ours = our_term(record);
  const bool is_there = std::ranges::any_of(terms_of(found[0]), [&](const std::string& term) {
    return equal_ignoring_case(term, ours) || equal_ignoring_case(term, "+" + ours);
  });
  if (is_there) {
    return finding(record, Verdict::ok, std::move(found));
  }
  std::string advice =
      publish(record, with_our_term(found[0], ours)) + " in place of the one that is there";
  return finding(record, Verdict::wrong, std::move(found), std::move(advice));
}

Finding judge_dmarc(const DnsRecord& record, const std::vector<std::string>& texts) {
  auto found = with_prefix(texts, "v=DMARC1");
  if (found.empty()) {
    return finding(record, Verdict::missing, {}, publish(record, record.value));
  }
  if (found.size() > 1) {
    return finding(record, Verdict::wrong, std::move(found),
                   "several DMARC records count as none: keep one");
  }
  const std::string policy = lower(tag_of(found[0], "p"));
  if (policy == "none" || policy == "quarantine" || policy == "reject") {
    return finding(record, Verdict::ok, std::move(found));
  }
  return finding(record, Verdict::wrong, std::move(found),
                 "its p= must be none, quarantine or reject: " + publish(record, record.value));
}

Finding no_answer(const DnsRecord& record, const Error& error) {
  return finding(record, Verdict::unknown, {}, "DNS gave no answer, try again: " + error.text());
}

/// The records of a type; none where the name does not exist.
template <class T>
Result<std::vector<T>> records_of(Result<dns::Answer<T>> answer) {
  if (answer) {
    return std::move(answer->records);
  }
  if (answer.error().code() == Errc::not_found) {
    return std::vector<T>();
  }
  return fail(std::move(answer).error());
}

awaitable<Finding> look_up_return_path(dns::Resolver& resolver, const DnsRecord& record) {
  auto cname_answer = co_await resolver.cname(record.name);
  const auto cnames = records_of(std::move(cname_answer));
  if (!cnames) {
    co_return no_answer(record, cnames.error());
  }
  if (!cnames->empty()) {
    co_return judge_return_path(record, cnames->front(), {});
  }
  auto mx_answer = co_await resolver.mx(record.name);
  const auto exchangers = records_of(std::move(mx_answer));
  if (!exchangers) {
    co_return no_answer(record, exchangers.error());
  }
  std::vector<std::string> hosts;
  for (const dns::Mx& mx : *exchangers) {
    hosts.push_back(mx.host);
  }
  co_return judge_return_path(record, "", hosts);
}

/// "_dmarc.a.example.com" -> "_dmarc.example.com"; empty where the parent has a single label.
std::string parent_policy(std::string_view name) {
  constexpr std::string_view kLabel = "_dmarc.";
  const std::string_view domain = name.substr(kLabel.size());
  const std::size_t dot = domain.find('.');
  if (dot == std::string_view::npos || domain.find('.', dot + 1) == std::string_view::npos) {
    return {};
  }
  return std::string(kLabel) + std::string(domain.substr(dot + 1));
}

awaitable<Finding> look_up_texts(dns::Resolver& resolver, const DnsRecord& record) {
  auto answer = co_await resolver.txt(record.name);
  const auto texts = records_of(std::move(answer));
  if (!texts) {
    co_return no_answer(record, texts.error());
  }
  Finding here = judge(record, *texts);
  if (record.purpose != "dmarc" || here.verdict != Verdict::missing) {
    co_return here;
  }
  for (std::string name = parent_policy(record.name); !name.empty(); name = parent_policy(name)) {
    auto parent_answer = co_await resolver.txt(name);
    const auto inherited = records_of(std::move(parent_answer));
    if (!inherited) {
      co_return no_answer(record, inherited.error());
    }
    Finding above = judge(record, *inherited);
    if (above.verdict == Verdict::ok) {
      above.found.front() += " (at " + name + ")";
      co_return above;
    }
  }
  co_return here;
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::ok:
      return "ok";
    case Verdict::missing:
      return "missing";
    case Verdict::wrong:
      return "wrong";
    case Verdict::unknown:
      return "unknown";
  }
  std::unreachable();
}

Finding judge(const DnsRecord& record, const std::vector<std::string>& texts) {
  if (record.purpose == "ownership") {
    return judge_ownership(record, texts);
  }
  if (record.purpose == "dkim") {
    return judge_dkim(record, texts);
  }
  return record.purpose == "spf" ? judge_spf(record, texts) : judge_dmarc(record, texts);
}

Finding judge_return_path(const DnsRecord& record, const std::string& cname,
                          const std::vector<std::string>& mx) {
  if (equal_ignoring_case(cname, record.value)) {
    return finding(record, Verdict::ok, {"CNAME " + cname});
  }
  std::vector<std::string> found;
  if (!cname.empty()) {
    found.push_back("CNAME " + cname);
  }
  for (const std::string& host : mx) {
    found.push_back("MX " + host);
  }
  if (mx.size() == 1 && equal_ignoring_case(mx[0], record.value)) {
    return finding(record, Verdict::ok, std::move(found));
  }
  const Verdict verdict = found.empty() ? Verdict::missing : Verdict::wrong;
  return finding(record, verdict, std::move(found),
                 "publish " + record.name + " CNAME " + record.value +
                     ". (or an MX record that names this host alone)");
}

awaitable<std::vector<Finding>> look_up_records(dns::Resolver& resolver,
                                                const std::vector<DnsRecord>& records) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  std::vector<Finding> findings;
  for (const DnsRecord& record : records) {
    if (std::chrono::steady_clock::now() > until) {
      findings.push_back(no_answer(record, {Errc::timeout, "the domain's servers are too slow"}));
      continue;
    }
    if (record.purpose == "return-path") {
      findings.push_back(co_await look_up_return_path(resolver, record));
    } else {
      findings.push_back(co_await look_up_texts(resolver, record));
    }
  }
  co_return findings;
}

}  // namespace postrider::http
