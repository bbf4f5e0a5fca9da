#include "acme/jws.h"

#include <gtest/gtest.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <boost/json.hpp>

#include "acme/pem.h"

namespace postrider::acme {
namespace {

// RFC 7515, A.3.1.
constexpr const char* kKey =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjpsQnnGQmL+YBIff\n"
    "H1136cspYG6+0iY7X1fCE9+E9LKhRANCAAR/zc4ncPbEXUGDy+5v20t7WAczNXvp\n"
    "7xO6z248e9FURcfxRM0bvZt+hyzf7bnuufSzaV1uqQskrYpGIyiFiOWt\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kJwk =
    R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

std::string member(const std::string& json, const char* name) {
  return boost::json::value_to<std::string>(boost::json::parse(json).at(name));
}

/// By OpenSSL, from the two numbers side by side.
bool verifies(const std::string& text, const std::string& signature) {
  if (signature.size() != 64) {
    return false;
  }
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* numbers = ECDSA_SIG_new();
  ECDSA_SIG_set0(numbers, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(numbers, &der);
  ECDSA_SIG_free(numbers);
  const Key key = parse_key(kKey).value();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key.get());
  const bool is_good =
      EVP_DigestVerify(context, der, static_cast<std::size_t>(size),
                       reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(context);
  OPENSSL_free(der);
  return is_good;
}

TEST(Base64Url, HasNoPaddingAndNoLettersOfPaths) {
  EXPECT_EQ(base64url("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url("a"), "YQ");
  EXPECT_EQ(base64url(""), "");
  EXPECT_EQ(decode_base64url("-__-").value(), "\xfb\xff\xfe");
  EXPECT_EQ(decode_base64url("YQ").value(), "a");
  EXPECT_EQ(decode_base64url("YQ==").value(), "a") << "some authorities show it padded";
  EXPECT_FALSE(decode_base64url("a b"));
}

TEST(AccountKey, ThumbprintIsOfItsMembersInOrder) {
  const AccountKey key = AccountKey::parse(kKey).value();
  EXPECT_EQ(key.jwk(), kJwk);
  EXPECT_EQ(key.thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(AccountKey, SignsAsJwsWantsItAndNotAsDer) {
  const AccountKey key = AccountKey::parse(kKey).value();
  for (int i = 0; i < 50; ++i) {  // numbers with zeros in front come now and then
    const std::string signed_text = key.sign(R"({"alg":"ES256"})", R"({"status":"valid"})");
    EXPECT_EQ(member(signed_text, "protected"), base64url(R"({"alg":"ES256"})"));
    EXPECT_EQ(member(signed_text, "payload"), base64url(R"({"status":"valid"})"));
    const std::string text =
        member(signed_text, "protected") + "." + member(signed_text, "payload");
    const std::string signature = decode_base64url(member(signed_text, "signature")).value();
    EXPECT_TRUE(verifies(text, signature));
    EXPECT_FALSE(verifies(text + " ", signature));
  }
  EXPECT_EQ(member(key.sign("{}", ""), "payload"), "") << "POST-as-GET";
}

TEST(AccountKey, IsTheSameAfterItWasWritten) {
  const AccountKey made = AccountKey::make().value();
  EXPECT_EQ(AccountKey::parse(made.pem()).value().thumbprint(), made.thumbprint());
  EXPECT_NE(AccountKey::make().value().thumbprint(), made.thumbprint());
}

TEST(AccountKey, OfAnotherKindIsRefused) {
  EXPECT_FALSE(AccountKey::parse(""));
  EXPECT_FALSE(AccountKey::parse("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"));
  const Key other(EVP_EC_gen("P-384"));
  EXPECT_FALSE(AccountKey::parse(to_pem(other.get())));
}

TEST(ExternalAccount, IsBoundByAMacOfTheKey) {
  const std::string bound = bind_account(kJwk, "kid-1", "secret", "https://ca.example/new-account");
  EXPECT_EQ(member(bound, "protected"),
            "eyJhbGciOiJIUzI1NiIsImtpZCI6ImtpZC0xIiwidXJsIjoiaHR0cHM6Ly9jYS5leGFtcGxlL25ldy1hY2Nv"
            "dW50In0");
  EXPECT_EQ(member(bound, "payload"), base64url(kJwk));
  EXPECT_EQ(member(bound, "signature"), "hGMwYbe9d0w5-Wghg8haM9il97t6CMQsO-wRkev7i1E");
}

}  // namespace
}  // namespace postrider::acme
