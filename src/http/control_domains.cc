#include <algorithm>
#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/domain_check.h"
#include "http/domain_findings.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::DnsRecord;
using directory::Domain;

namespace {

Result<Domain> find_domain(const directory::Directory& directory, const std::string& name) {
  const auto snapshot = directory.snapshot();
  const Domain* domain = snapshot->domain(domain_key(name));
  if (domain == nullptr) {
    return fail(Errc::not_found, "no account has the domain '" + printable(name, 255) + "'");
  }
  return *domain;
}

void write_record(JsonText& json, const DnsRecord& record) {
  json.field("name", record.name);
  json.field("type", record.type);
  json.field("value", record.value);
  json.field("purpose", record.purpose);
  json.field("required", record.is_required);
}

/// The members, into an object that is open.
void write_members(JsonText& json, const Domain& domain, const std::string& account) {
  json.field("name", domain.name);
  json.field("account", account);
  json.field("verified", domain.is_verified);
  json.field("verified_how", domain.verified_how);
  json.field("return_path_domain", domain.return_path_domain);
  json.begin_array("keys");
  for (const directory::DkimKey& key : domain.keys) {
    const bool is_rsa = key.key->algorithm() == mail::DkimAlgorithm::rsa_sha256;
    json.begin_object();
    json.field("selector", key.selector);
    json.field("algorithm", is_rsa ? "rsa-sha256" : "ed25519-sha256");
    json.field("active", key.is_active);
    json.end_object();
  }
  json.end_array();
  json.field("created", format_time(domain.created));
}

/// With the records to publish.
Response answer(const ControlParts& parts, const Domain& domain, int status = 200) {
  JsonText json;
  json.begin_object();
  write_members(json, domain, account_name(*parts.directory->snapshot(), domain.account));
  json.begin_array("records");
  for (const DnsRecord& record : directory::records_to_publish(domain, parts.installation)) {
    json.begin_object();
    write_record(json, record);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json_answer(json.take(), status);
}

awaitable<Result<Response>> list(const ControlParts& parts, Call /*call*/) {
  const auto snapshot = parts.directory->snapshot();
  JsonText json;
  json.begin_object();
  json.begin_array("domains");
  for (const Domain* domain : snapshot->domains()) {
    json.begin_object();
    write_members(json, *domain, account_name(*snapshot, domain->account));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> show(const ControlParts& parts, Call call) {
  CO_TRY(const Domain domain, find_domain(*parts.directory, call.name("name")));
  co_return answer(parts, domain);
}

awaitable<Result<Response>> add(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"name", "account", "verified"}));
  CO_TRY(const std::string name, body.required_text("name"));
  CO_TRY(const std::optional<std::string> owner, body.text("account"));
  CO_TRY(const std::optional<bool> verified, body.flag("verified"));
  CO_TRY(const directory::Account account,
         find_account(*parts.directory->snapshot(), owner.value_or("default")));
  std::move_only_function<Result<Domain>()> work = [&] {
    return parts.directory->add_domain(account.id, name, verified.value_or(false),
                                       parts.relay->clock().now());
  };
  CO_TRY(const Domain domain, co_await off_thread(parts, std::move(work)));
  co_return answer(parts, domain, 201);
}

awaitable<Result<Response>> verify(const ControlParts& parts, Call call) {
  CO_TRY(const Domain known, find_domain(*parts.directory, call.name("name")));
  std::move_only_function<Result<Domain>()> work = [&] {
    return parts.directory->verify_domain(known.name, "operator");
  };
  CO_TRY(const Domain domain, co_await off_thread(parts, std::move(work)));
  co_return answer(parts, domain);
}

awaitable<Result<Response>> remove(const ControlParts& parts, Call call) {
  CO_TRY(const Domain domain, find_domain(*parts.directory, call.name("name")));
  std::move_only_function<Result<>()> work = [&] {
    return parts.directory->remove_domain(domain.name);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("removed", domain.name);
  json.end_object();
  co_return json_answer(json.take());
}

Verdict verdict_of(const std::vector<Finding>& findings, std::string_view purpose) {
  const auto found = std::ranges::find_if(findings, [&](const Finding& finding) {
    return finding.record.purpose == purpose && finding.verdict == Verdict::ok;
  });
  if (found != findings.end()) {
    return Verdict::ok;
  }
  const auto first = std::ranges::find_if(
      findings, [&](const Finding& finding) { return finding.record.purpose == purpose; });
  return first == findings.end() ? Verdict::unknown : first->verdict;
}

/// What DNS proves becomes true of the domain: its owner, and where its bounces may go.
Result<Domain> learn(directory::Directory& directory, Domain domain,
                     const std::vector<Finding>& findings) {
  if (!domain.is_verified) {
    const bool by_token = verdict_of(findings, "ownership") == Verdict::ok;
    if (by_token || verdict_of(findings, "dkim") == Verdict::ok) {
      TRY(domain, directory.verify_domain(domain.name, by_token ? "txt" : "dkim"));
    }
  }
  // Receivers refuse a sender whose domain has no mail host: its own return path is for as long as
  // it leads here. Where DNS gave no answer, nothing changes.
  const Verdict path = verdict_of(findings, "return-path");
  const bool leads_here = path == Verdict::ok;
  if (path != Verdict::unknown && leads_here == domain.return_path_domain.empty()) {
    TRY(domain, directory.use_own_return_path(domain.name, leads_here));
  }
  return domain;
}

awaitable<Result<Response>> check(const ControlParts& parts, Call call) {
  CO_TRY(const Domain known, find_domain(*parts.directory, call.name("name")));
  const std::vector<Finding> findings = co_await examine(parts, known);
  std::move_only_function<Result<Domain>()> work = [&] {
    return learn(*parts.directory, known, findings);
  };
  CO_TRY(const Domain domain, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  write_members(json, domain, account_name(*parts.directory->snapshot(), domain.account));
  bool is_complete = domain.is_verified;
  json.begin_array("records");
  for (const Finding& finding : findings) {
    // Ownership is asked for until it is proven, in one way or another.
    DnsRecord record = finding.record;
    record.is_required = record.purpose == "ownership" ? !domain.is_verified : record.is_required;
    is_complete = is_complete && (!record.is_required || finding.verdict == Verdict::ok);
    json.begin_object();
    write_record(json, record);
    json.field("verdict", to_string(finding.verdict));
    json.begin_array("found");
    for (const std::string& found : finding.found) {
      json.value(found);
    }
    json.end_array();
    json.field("advice", finding.advice);
    json.end_object();
  }
  json.end_array();
  json.field("complete", is_complete);
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/domains", Needs::stores, list},
                              Entry{"POST", "/v1/domains", Needs::relay, add},
                              Entry{"GET", "/v1/domains/{name}", Needs::stores, show},
                              Entry{"DELETE", "/v1/domains/{name}", Needs::relay, remove},
                              Entry{"POST", "/v1/domains/{name}/check", Needs::relay, check},
                              Entry{"POST", "/v1/domains/{name}/verify", Needs::relay, verify}};

}  // namespace

std::span<const Entry> domain_entries() {
  return kEntries;
}

}  // namespace postrider::http
