#include "support/plain_dkim.h"

#include <algorithm>
#include <memory>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/text.h"

namespace postrider::fuzz {
namespace {

bool is_white(char c) {
  return c == ' ' || c == '\t';
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
      lines.emplace_back();
      ++i;
    } else {
      lines.back() += text[i];
    }
  }
  return lines;
}

std::string with_single_spaces(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (!is_white(c)) {
      out += c;
    } else if (out.empty() || out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

std::string without(std::string_view unwanted, std::string_view text) {
  std::string out(text);
  std::erase_if(out, [&](char c) { return unwanted.contains(c); });
  return out;
}

/// "b=" keeps its name and loses its value, as it stands.
std::string without_signature(std::string_view field) {
  const auto start = field.rfind(";") + 1;  // ours is the last tag
  const auto equals = field.find('=', start);
  return std::string(field.substr(0, equals + 1));
}

}  // namespace

std::string plain_relaxed_body(std::string_view body) {
  std::vector<std::string> lines = lines_of(body);
  for (std::string& line : lines) {
    line = with_single_spaces(line);
    if (line.ends_with(' ')) {
      line.pop_back();
    }
  }
  while (!lines.empty() && lines.back().empty()) {
    lines.pop_back();
  }
  std::string out;
  for (const std::string& line : lines) {
    out += line + "\r\n";
  }
  return out;
}

std::string plain_relaxed_field(std::string_view field) {
  std::string unfolded;
  for (const std::string& line : lines_of(field)) {
    unfolded += line;
  }
  const auto colon = unfolded.find(':');
  std::string name = lower(unfolded.substr(0, colon));
  while (!name.empty() && is_white(name.back())) {
    name.pop_back();
  }
  if (colon == std::string::npos) {
    return name + "\r\n";
  }
  std::string value = with_single_spaces(unfolded.substr(colon + 1));
  if (value.starts_with(' ')) {
    value.erase(0, 1);
  }
  if (value.ends_with(' ')) {
    value.pop_back();
  }
  return name + ":" + value + "\r\n";
}

std::vector<std::string> plain_fields(std::string_view header) {
  std::vector<std::string> fields;
  std::vector<std::string> lines = lines_of(header);
  if (lines.back().empty()) {
    lines.pop_back();
  }
  for (const std::string& line : lines) {
    const bool continues = !fields.empty() && !line.empty() && is_white(line.front());
    if (!continues) {
      fields.emplace_back();
    }
    fields.back() += line + "\r\n";
  }
  return fields;
}

std::string plain_name(std::string_view field) {
  const auto colon = field.find(':');
  if (colon == std::string_view::npos) {
    return {};
  }
  std::string name = lower(field.substr(0, colon));
  while (!name.empty() && is_white(name.back())) {
    name.pop_back();
  }
  const bool good = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; });
  return good ? name : "";
}

std::string plain_sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha256(), nullptr);
  return digest;
}

Tags plain_tags(std::string_view signature_field) {
  Tags tags;
  std::string rest = without(" \t\r\n", signature_field.substr(signature_field.find(':') + 1));
  while (!rest.empty()) {
    const auto end = std::min(rest.find(';'), rest.size());
    const std::string tag = rest.substr(0, end);
    const auto equals = std::min(tag.find('='), tag.size());
    tags.emplace_back(tag.substr(0, equals), tag.substr(std::min(equals + 1, tag.size())));
    rest.erase(0, end + 1);
  }
  return tags;
}

std::string tag_of(const Tags& tags, std::string_view name) {
  for (const auto& [tag, value] : tags) {
    if (tag == name) {
      return value;
    }
  }
  return {};
}

std::vector<std::string> names_in(std::string_view colon_separated) {
  std::vector<std::string> names(1);
  for (const char c : colon_separated) {
    if (c == ':') {
      names.emplace_back();
    } else {
      names.back() += to_lower(c);
    }
  }
  return names;
}

std::string plain_signed_text(std::string_view header, std::string_view signature_field) {
  std::vector<std::string> unused = plain_fields(header);
  std::string text;
  for (const std::string& name : names_in(tag_of(plain_tags(signature_field), "h"))) {
    for (auto field = unused.rbegin(); field != unused.rend(); ++field) {
      if (plain_name(*field) == name) {
        text += plain_relaxed_field(*field);
        unused.erase(std::next(field).base());
        break;
      }
    }
  }
  const std::string itself = plain_relaxed_field(without_signature(signature_field));
  return text + itself.substr(0, itself.size() - 2);
}

bool plain_verify(std::string_view header, std::string_view field, std::string_view body_hash,
                  std::string_view dns_record) {
  const Tags tags = plain_tags(field);
  const auto key_bytes = decode_base64(dns_record.substr(dns_record.find("p=") + 2));
  const auto signature = decode_base64(tag_of(tags, "b"));
  if (!key_bytes || !signature || tag_of(tags, "bh") != base64(body_hash)) {
    return false;
  }
  const bool is_rsa = dns_record.contains("k=rsa");
  const auto* bytes = reinterpret_cast<const unsigned char*>(key_bytes->data());
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      is_rsa ? d2i_PUBKEY(nullptr, &bytes, static_cast<long>(key_bytes->size()))
             : EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes, key_bytes->size()),
      EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  // RSA hashes by itself; Ed25519 signs the hash (RFC 8463, 3).
  const std::string text = plain_signed_text(header, field);
  const std::string verified = is_rsa ? text : plain_sha256(text);
  return key != nullptr &&
         EVP_DigestVerifyInit(context.get(), nullptr, is_rsa ? EVP_sha256() : nullptr, nullptr,
                              key.get()) == 1 &&
         EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature->data()),
                          signature->size(),
                          reinterpret_cast<const unsigned char*>(verified.data()),
                          verified.size()) == 1;
}

}  // namespace postrider::fuzz
