// What is asked for, what proves it, where it lies, and when it is renewed.
#include <fstream>
#include <gtest/gtest.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "acme/certificate_folder.h"
#include "acme/certificate_request.h"
#include "acme/challenges.h"
#include "acme/pem.h"
#include "acme/renewal.h"
#include "net/certificate_facts.h"
#include "support/fresh_folder.h"

namespace postrider::acme {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

mode_t mode_of(const fs::path& path) {
  struct stat facts{};
  EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
  return facts.st_mode & 0777;
}

TEST(CertificateRequest, NamesItsHostAndIsSignedByItsKey) {
  const CertificateRequest made = make_certificate_request("links.shop.example").value();
  const auto* bytes = reinterpret_cast<const unsigned char*>(made.der.data());
  X509_REQ* request = d2i_X509_REQ(nullptr, &bytes, static_cast<long>(made.der.size()));
  ASSERT_NE(request, nullptr);
  const Key key = parse_key(made.key).value();
  EXPECT_EQ(X509_REQ_verify(request, key.get()), 1);
  STACK_OF(X509_EXTENSION)* extensions = X509_REQ_get_extensions(request);
  auto* names = static_cast<GENERAL_NAMES*>(
      X509V3_get_d2i(extensions, NID_subject_alt_name, nullptr, nullptr));
  ASSERT_EQ(sk_GENERAL_NAME_num(names), 1);
  const ASN1_IA5STRING* name = sk_GENERAL_NAME_value(names, 0)->d.dNSName;
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name)),
                        static_cast<std::size_t>(ASN1_STRING_length(name))),
            "links.shop.example");
  GENERAL_NAMES_free(names);
  sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
  X509_REQ_free(request);
}

TEST(Challenges, AreShownForTheirHostAndTokenAlone) {
  Challenges challenges;
  ASSERT_TRUE(challenges.show(ChallengeType::http_01, "a.example", "token", "token.print"));
  EXPECT_EQ(challenges.text("a.example", "token"), "token.print");
  EXPECT_FALSE(challenges.text("b.example", "token"));
  EXPECT_FALSE(challenges.text("a.example", "other"));
  EXPECT_FALSE(challenges.text("a.example", ""));
  EXPECT_EQ(challenges.server("a.example"), nullptr);
  challenges.hide("a.example");
  EXPECT_FALSE(challenges.text("a.example", "token"));

  ASSERT_TRUE(challenges.show(ChallengeType::tls_alpn_01, "a.example", "token", "token.print"));
  EXPECT_NE(challenges.server("a.example"), nullptr);
  EXPECT_EQ(challenges.server("b.example"), nullptr);
  EXPECT_FALSE(challenges.text("a.example", ""));
  challenges.hide("a.example");
  EXPECT_EQ(challenges.server("a.example"), nullptr);
}

TEST(ChallengeCertificate, NamesItsHost) {
  const std::string pem = make_challenge_certificate("a.example", "token.print").value();
  EXPECT_EQ(net::read_certificate(pem)->names, std::vector<std::string>{"a.example"});
}

TEST(CertificateFolder, KeepsWhatIsPutThereForItsOwnerAlone) {
  const test::FreshFolder top;
  CertificateFolder folder(top / "certificates");
  EXPECT_TRUE(folder.load()->certificates.empty()) << "not there yet";
  ASSERT_TRUE(folder.put("a.example", "KEY AND CHAIN"));
  EXPECT_EQ(mode_of(top / "certificates"), 0700U);
  EXPECT_EQ(mode_of(top / "certificates" / "a.example.pem"), 0600U);

  const std::string thumbprint = folder.account_key()->thumbprint();
  EXPECT_EQ(mode_of(top / "certificates" / "account-key.pem"), 0600U);
  CertificateFolder again(top / "certificates");
  EXPECT_EQ(again.account_key()->thumbprint(), thumbprint);
  const auto content = again.load();
  ASSERT_TRUE(content);
  EXPECT_EQ(content->certificates,
            (std::map<std::string, std::string>{{"a.example", "KEY AND CHAIN"}}));
}

TEST(CertificateFolder, TakesNoNoticeOfWhatAProcessThatWasKilledHasLeft) {
  const test::FreshFolder top;
  CertificateFolder folder(top / "certificates");
  ASSERT_TRUE(folder.put("a.example", "OLD"));
  std::ofstream(top / "certificates" / "a.example.pem.new") << "HALF";
  EXPECT_EQ(folder.load()->certificates.size(), 1U);
  ASSERT_TRUE(folder.put("a.example", "NEW"));
  EXPECT_EQ(folder.load()->certificates.at("a.example"), "NEW");
}

TEST(CertificateFolder, RemembersFailuresUntilThereIsACertificate) {
  const test::FreshFolder top;
  CertificateFolder folder(top / "certificates");
  const Time now = Time(Duration(1'800'000'000'000));
  const Failure failure{.count = 3, .at = now, .not_before = now + 15min, .why = "no proof: 404"};
  ASSERT_TRUE(folder.note("a.example", failure));
  const auto read = folder.load()->failures.at("a.example");
  EXPECT_EQ(read.count, 3U);
  EXPECT_EQ(read.at, now);
  EXPECT_EQ(read.not_before, now + 15min);
  EXPECT_EQ(read.why, "no proof: 404");
  ASSERT_TRUE(folder.put("a.example", "PEM"));
  EXPECT_TRUE(folder.load()->failures.empty());
}

TEST(CertificateFolder, DoesNotReplaceAnAccountKeyThatItCantRead) {
  const test::FreshFolder top;
  CertificateFolder folder(top / "certificates");
  ASSERT_TRUE(folder.account_key());
  std::ofstream(top / "certificates" / "account-key.pem") << "nothing";
  const auto key = folder.account_key();
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().code(), Errc::corrupt);
}

TEST(Renewal, IsDueWithAThirdOfTheLifeLeft) {
  const auto due_after = [](Duration life) {
    return renewal_due({.names = {}, .not_before = Time(), .not_after = Time() + life}) - Time();
  };
  EXPECT_EQ(due_after(24h * 90), 24h * 60);
  EXPECT_EQ(due_after(24h * 6), 24h * 4);
}

TEST(Renewal, IsTriedAgainEverMoreRarely) {
  EXPECT_EQ(pause_after(1, 0s), 1min);
  EXPECT_EQ(pause_after(2, 0s), 5min);
  EXPECT_EQ(pause_after(8, 0s), 24h);
  EXPECT_EQ(pause_after(1000, 0s), 24h);
  EXPECT_EQ(pause_after(1, 2h), 2h) << "as the authority asks";
  EXPECT_EQ(pause_after(8, 2h), 24h);
}

}  // namespace
}  // namespace postrider::acme
