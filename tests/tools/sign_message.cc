// Signs a message, for tests that show the result to verifiers which are not ours.
//
//   sign_message --generate rsa|ed25519          a new key, PEM
//   sign_message --record KEY.pem                its TXT record
//   sign_message DOMAIN SELECTOR=KEY.pem ...     standard input, signed, on standard output
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

#include "mail/dkim.h"
#include "mail/header.h"

namespace {

using postrider::Errc;
using postrider::fail;
using postrider::Result;
using postrider::SystemClock;
namespace mail = postrider::mail;

std::string read_all(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), {}};
}

Result<mail::SigningKey> read_key(const std::string& path) {
  std::ifstream in(path);
  return mail::SigningKey::from_pem(read_all(in));
}

Result<std::string> generate(const std::string& kind) {
  TRY(const mail::SigningKey key,
      mail::SigningKey::generate(kind == "rsa" ? mail::DkimAlgorithm::rsa_sha256
                                               : mail::DkimAlgorithm::ed25519_sha256));
  return key.to_pem();
}

Result<std::string> record(const std::string& path) {
  TRY(const mail::SigningKey key, read_key(path), path);
  return key.dns_record();
}

Result<std::string> sign(const std::string& domain, std::span<const std::string> keys) {
  std::vector<mail::DkimSignature> signatures;
  for (const std::string& argument : keys) {
    const auto equals = argument.find('=');
    TRY(mail::SigningKey key, read_key(argument.substr(equals + 1)), argument);
    signatures.push_back({.domain = domain,
                          .selector = argument.substr(0, equals),
                          .key = std::make_shared<mail::SigningKey>(std::move(key))});
  }
  const std::string message = read_all(std::cin);
  const mail::Sections sections = mail::split_message(message);
  TRY(const std::string fields,
      mail::sign_header(sections.header, mail::hash_body(std::span(&sections.body, 1)), signatures,
                        SystemClock().now()));
  return fields + message;
}

Result<std::string> run(std::span<const std::string> arguments) {
  if (arguments.size() < 2) {
    return fail(Errc::invalid, "too few arguments");
  }
  if (arguments[0] == "--generate") {
    return generate(arguments[1]);
  }
  if (arguments[0] == "--record") {
    return record(arguments[1]);
  }
  return sign(arguments[0], arguments.subspan(1));
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto out = run(arguments);
  if (!out) {
    std::cerr << "sign_message: " << out.error().text() << "\n";
    return 1;
  }
  std::cout << *out;
}
