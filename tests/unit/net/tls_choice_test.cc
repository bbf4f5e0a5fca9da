// A server that chooses its certificate by what the client says first.
#include "net/tls_choice.h"

#include <gtest/gtest.h>
#include <map>
#include <openssl/ssl.h>

#include "base/read_file.h"
#include "net/certificate_facts.h"
#include "support/fresh_folder.h"

namespace postrider::net {
namespace {

using namespace std::chrono_literals;

/// What a client saw of a handshake.
struct Seen {
  std::string name;  ///< in the certificate; empty: there was no agreement
  std::string protocol;
  bool was_resumed = false;
};

class TlsChoiceTest : public testing::Test {
 protected:
  std::string pem_for(const std::string& host) {
    EXPECT_TRUE(write_self_signed(host, folder_ / "c.pem", folder_ / "k.pem"));
    return read_file(folder_ / "k.pem").value() + read_file(folder_ / "c.pem").value();
  }

  void SetUp() override {
    for (const char* host : {"a.example", "b.example", "rest.example"}) {
      servers_[host] = server_from_pem(pem_for(host)).value();
    }
    servers_["proof"] = server_from_pem(pem_for("proof.example"), "acme-tls/1").value();
    server_ = choosing_server([this](const TlsHello& hello) {
      hello_ = hello;
      if (hello.speaks("acme-tls/1")) {
        return servers_.at("proof");
      }
      const auto found = servers_.find(hello.host);
      return found == servers_.end() ? servers_.at("rest.example") : found->second;
    });
  }

  /// `protocols`: each behind its length.
  Seen shake_hands(const char* name, const std::string& protocols = "",
                   SSL_SESSION** session = nullptr, int version = TLS1_3_VERSION) {
    SSL_CTX* context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context, version);
    SSL* client = SSL_new(context);
    SSL* server = SSL_new(server_->native());
    BIO* one = nullptr;
    BIO* other = nullptr;
    BIO_new_bio_pair(&one, 0, &other, 0);
    SSL_set_bio(client, one, one);
    SSL_set_bio(server, other, other);
    if (name != nullptr) {
      SSL_set_tlsext_host_name(client, name);
    }
    if (!protocols.empty()) {
      SSL_set_alpn_protos(client, reinterpret_cast<const unsigned char*>(protocols.data()),
                          static_cast<unsigned>(protocols.size()));
    }
    if (session != nullptr && *session != nullptr) {
      SSL_set_session(client, *session);
    }
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < 20 && !(SSL_is_init_finished(client) && SSL_is_init_finished(server));
         ++i) {
      SSL_do_handshake(client);
      SSL_do_handshake(server);
    }
    Seen seen;
    if (SSL_is_init_finished(client) == 1 && SSL_is_init_finished(server) == 1) {
      seen = seen_by(client);
      char byte = 0;
      SSL_read(client, &byte, 1);  // takes the tickets
      if (session != nullptr) {
        *session = SSL_get1_session(client);
      }
    }
    // Or OpenSSL takes it for broken off, and its session for none to be resumed.
    SSL_set_shutdown(client, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_shutdown(server, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(context);
    return seen;
  }

  static Seen seen_by(SSL* client) {
    Seen seen;
    X509* certificate = SSL_get0_peer_certificate(client);
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name,
                              sizeof(name));
    seen.name = name;
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(client, &protocol, &size);
    seen.protocol.assign(reinterpret_cast<const char*>(protocol), size);
    seen.was_resumed = SSL_session_reused(client) == 1;
    return seen;
  }

  test::FreshFolder folder_;
  std::map<std::string, std::shared_ptr<const TlsServer>> servers_;
  std::shared_ptr<const TlsServer> server_;
  TlsHello hello_;
};

TEST_F(TlsChoiceTest, ShowsTheCertificateOfTheNameThatIsAskedFor) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    EXPECT_EQ(shake_hands("a.example", "", nullptr, version).name, "a.example");
    EXPECT_EQ(shake_hands("B.Example", "", nullptr, version).name, "b.example");
    EXPECT_EQ(shake_hands("c.example", "", nullptr, version).name, "rest.example");
    EXPECT_EQ(shake_hands(nullptr, "", nullptr, version).name, "rest.example");
  }
  EXPECT_EQ(hello_.host, "");
}

TEST_F(TlsChoiceTest, KnowsWhichProtocolsTheClientSpeaks) {
  const Seen seen = shake_hands("a.example", "\x02h2\x08http/1.1");
  EXPECT_EQ(hello_.protocols, (std::vector<std::string>{"h2", "http/1.1"}));
  EXPECT_EQ(seen.name, "a.example");
  EXPECT_EQ(seen.protocol, "") << "we agree on none";
}

TEST_F(TlsChoiceTest, AgreesOnTheOneProtocolOfAProof) {
  const Seen seen = shake_hands("a.example",
                                "\x0a"
                                "acme-tls/1");
  EXPECT_EQ(seen.name, "proof.example");
  EXPECT_EQ(seen.protocol, "acme-tls/1");
}

TEST_F(TlsChoiceTest, ResumesSessions) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    SSL_SESSION* session = nullptr;
    EXPECT_FALSE(shake_hands("a.example", "", &session, version).was_resumed);
    SSL_SESSION* first = session;
    EXPECT_TRUE(shake_hands("a.example", "", &session, version).was_resumed);
    SSL_SESSION_free(first);
    SSL_SESSION_free(session);
  }
}

TEST_F(TlsChoiceTest, KeyAndCertificateMustFit) {
  const std::string a = pem_for("a.example");
  const std::string b = pem_for("b.example");
  const auto certificate_of = [](const std::string& pem) {
    return pem.substr(pem.find("-----BEGIN CERTIFICATE"));
  };
  const auto key_of = [](const std::string& pem) {
    return pem.substr(0, pem.find("-----BEGIN CERTIFICATE"));
  };
  EXPECT_TRUE(server_from_pem(key_of(a) + certificate_of(a)));
  EXPECT_FALSE(server_from_pem(key_of(a) + certificate_of(b)));
  EXPECT_FALSE(server_from_pem(key_of(a)));
  EXPECT_FALSE(server_from_pem(certificate_of(a)));
  EXPECT_FALSE(server_from_pem(""));
}

TEST(CertificateFacts, AStarStandsForOneLabel) {
  const CertificateFacts facts{
      .names = {"*.t.example", "x.example"}, .not_before = {}, .not_after = {}};
  EXPECT_TRUE(facts.covers("a.t.example"));
  EXPECT_TRUE(facts.covers("x.example"));
  EXPECT_FALSE(facts.covers("t.example"));
  EXPECT_FALSE(facts.covers("a.b.t.example"));
  EXPECT_FALSE(facts.covers(".t.example"));
  EXPECT_FALSE(facts.covers("at.example"));
  EXPECT_FALSE(facts.covers(""));
}

TEST_F(TlsChoiceTest, FactsOfACertificateAreRead) {
  const CertificateFacts facts = read_certificate(pem_for("a.example")).value();
  EXPECT_EQ(facts.names, std::vector<std::string>{"a.example"});
  const auto life = facts.not_after - facts.not_before;
  EXPECT_GE(life, 24h * 3650);
  EXPECT_LT(life, 24h * 3652);
  EXPECT_FALSE(read_certificate("nothing"));
  EXPECT_EQ(read_certificate_file("/nowhere/x.pem").error().text(),
            "certificate /nowhere/x.pem can't be read: No such file or directory");
}

}  // namespace
}  // namespace postrider::net
