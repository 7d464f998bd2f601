// The link over TLS, to a real broker with certificates of every kind: who is trusted, who is not,
// what is told, and that replaced files need no restart.
#include <filesystem>
#include <set>

#include "integration/world.h"
#include "support/certificates.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

// A TLS listener of a broker, gone with the object.
class TlsListener {
 public:
  // `more`: further terms of Erlang's TLS options.
  TlsListener(const RabbitmqNode& node, const std::string& ca_file, const CertificateFiles& files,
              const std::string& more = "")
      : node_(node), port_(FreePort()) {
    const auto file = [](const char* key, const std::string& path) {
      return std::string("{") + key + ", \"" + path + "\"}";
    };
    Eval("ok = rabbit_networking:start_ssl_listener(" + address() + ", [" +
         file("cacertfile", ca_file) + ", " + file("certfile", files.certificate) + ", " +
         file("keyfile", files.key) + more + "], 1).");
  }
  ~TlsListener() {
    try {
      Eval("rabbit_networking:stop_tcp_listener(" + address() + ").");
    } catch (const std::exception& error) {
      WARN("the clean-up failed: " << error.what());
    }
  }
  TlsListener(const TlsListener&) = delete;
  TlsListener& operator=(const TlsListener&) = delete;

  uint16_t port() const { return port_; }

 private:
  void Eval(const std::string& erlang) const {
    node_.Ctl({"eval", "{ok, _} = application:ensure_all_started(ssl), " + erlang});
  }
  std::string address() const { return "{\"127.0.0.1\", " + std::to_string(port_) + "}"; }

  const RabbitmqNode node_;
  const uint16_t port_;
};

SidecarOptions Over(uint16_t port, const std::string& ca_file, const std::string& more = "",
                    const std::string& host = "localhost") {
  SidecarOptions options;
  options.uri = "amqps://guest@" + host + ":" + std::to_string(port) + "/";
  options.amqp = kFastReconnect;
  const std::string ca = ca_file.empty() ? "" : "ca_file: " + ca_file;
  options.amqp += "  tls: {" + ca + (ca.empty() || more.empty() ? "" : ", ") + more + "}\n";
  return options;
}

std::string ClientFiles(const CertificateFiles& files) {
  return "cert_file: " + files.certificate + ", key_file: " + files.key;
}

std::string Readiness(const SidecarProcess& sidecar) {
  return HttpGet(sidecar.admin_port(), "/readyz").body;
}

bool TellsReadiness(const SidecarProcess& sidecar, const std::string& what,
                    std::chrono::milliseconds within = 5s) {
  return Eventually(within, [&] { return Readiness(sidecar).find(what) != std::string::npos; });
}

// No link, and everybody is told why in these words.
void CheckNoLink(const SidecarProcess& sidecar, const std::string& why) {
  Client client(sidecar.target());
  TellsReadiness(sidecar, why);
  CHECK_THAT(Readiness(sidecar), ContainsSubstring("not ready: no connection to "));
  CHECK_THAT(Readiness(sidecar), ContainsSubstring(why));
  const Outcome outcome = AnswerWithoutLink(client);
  CheckFailure(outcome, StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
  CHECK_THAT(outcome.text, ContainsSubstring(why));
  CHECK(Eventually(5s, [&] {
    return sidecar.output().find("cannot connect to the broker") != std::string::npos;
  }));
}

void CheckNoLink(const SidecarOptions& options, const std::string& why) {
  const SidecarProcess sidecar(options);
  CheckNoLink(sidecar, why);
}

TEST_CASE("Messages large and small go both ways over TLS, by name and by address") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  CertificateAuthority authority;
  const TlsListener listener(node, authority.file(), authority.Issue());
  SidecarOptions options = Over(listener.port(), authority.file(), "",
                                GENERATE(as<std::string>(), "localhost", "127.0.0.1"));
  options.more = "limits: {max_message_bytes: 2097152}\n";
  World world(options, node);
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue, 2000);

  const std::string large = "\"" + std::string((1u << 20) - 2, 'a') + "\"";
  REQUIRE(world.client.Publish(JsonMessage("", queue, large)).ok());
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(subscription.deliveries()[0].body() == large);

  std::vector<pb::PublishRequest> requests;
  for (int i = 0; i < 1000; ++i) requests.push_back(JsonMessage("", queue, std::to_string(i)));
  for (const Outcome& outcome : world.client.PublishAll(requests, 100)) {
    INFO(outcome);
    REQUIRE(outcome.ok());
  }
  REQUIRE(subscription.WaitForDeliveries(1001));
  std::set<std::string> bodies;
  for (const pb::Delivery& delivery : subscription.deliveries()) {
    bodies.insert(delivery.body());
  }
  CHECK(bodies.size() == 1001);
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
  CHECK(world.sidecar.Stop() == 0);
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("A certificate for another name or address is refused, unless it is asked for") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  CertificateAuthority authority;
  CertificateAuthority::Request request;
  request.names = "DNS:rabbit.example,IP:192.0.2.7";
  const TlsListener listener(node, authority.file(), authority.Issue(request));
  CheckNoLink(Over(listener.port(), authority.file()),
              "the broker's certificate is for rabbit.example, 192.0.2.7 and not for localhost");
  CheckNoLink(Over(listener.port(), authority.file(), "", "127.0.0.1"),
              "the broker's certificate is for rabbit.example, 192.0.2.7 and not for 127.0.0.1");
  for (const char* name : {"rabbit.example", "192.0.2.7"}) {
    INFO(name);
    SidecarProcess sidecar(
        Over(listener.port(), authority.file(), std::string("server_name: ") + name));
    sidecar.WaitReady();
  }
}

TEST_CASE("A certificate that nobody trusted has signed is refused") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  TempDir dir;
  CertificateAuthority authority("Own CA");
  CertificateAuthority other("Strange CA");
  const CertificateFiles self = SelfSigned(dir);
  {
    const TlsListener listener(node, self.certificate, self);
    CheckNoLink(Over(listener.port(), authority.file()),
                "the broker's certificate is signed by itself and not trusted");
    // The system does not trust it either.
    CheckNoLink(Over(listener.port(), ""), "is signed by itself and not trusted");
  }
  // The broker's chain without its root: it is not to be trusted for being sent.
  const TlsListener listener(node, authority.file(), other.Issue());
  CheckNoLink(Over(listener.port(), authority.file()),
              "the broker's certificate is signed by \"Strange CA\", an authority that is not "
              "trusted: name that authority's certificate in amqp.tls.ca_file");
}

TEST_CASE("A certificate out of its time is refused") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  CertificateAuthority authority;
  CertificateAuthority::Request request;
  const auto now = std::chrono::system_clock::now();
  request.begin = now - std::chrono::hours(48);
  request.end = now - std::chrono::hours(24);
  {
    const TlsListener listener(node, authority.file(), authority.Issue(request));
    CheckNoLink(Over(listener.port(), authority.file()), "the broker's certificate expired at 20");
  }
  request.begin = now + std::chrono::hours(24);
  request.end = now + std::chrono::hours(48);
  const TlsListener listener(node, authority.file(), authority.Issue(request));
  CheckNoLink(Over(listener.port(), authority.file()),
              "the broker's certificate is not valid before 20");
}

TEST_CASE("A broker with TLS 1.1 alone is refused, one with 1.2 or 1.3 is not") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  CertificateAuthority authority;
  const CertificateFiles files = authority.Issue();
  {
    const TlsListener listener(node, authority.file(), files, ", {versions, ['tlsv1.1']}");
    CheckNoLink(Over(listener.port(), authority.file()),
                "the broker offers neither TLS 1.2 nor TLS 1.3");
  }
  for (const char* version : {"tlsv1.2", "tlsv1.3"}) {
    INFO(version);
    const TlsListener listener(node, authority.file(), files,
                               std::string(", {versions, ['") + version + "']}");
    SidecarProcess sidecar(Over(listener.port(), authority.file()));
    sidecar.WaitReady();
  }
}

TEST_CASE("A port without TLS is told as one") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  CheckNoLink(Over(node.port(), ""), "the other side does not speak TLS");
}

TEST_CASE("A broker that wants a client certificate gets it, or is told to want it") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  CertificateAuthority authority;
  CertificateAuthority other("Strange CA");
  const std::string version = GENERATE(as<std::string>(), "tlsv1.2", "tlsv1.3");
  INFO(version);
  const TlsListener listener(
      node, authority.file(), authority.Issue(),
      ", {verify, verify_peer}, {fail_if_no_peer_cert, true}, {versions, ['" + version + "']}");
  CheckNoLink(Over(listener.port(), authority.file()),
              "the broker asks for a client certificate: set amqp.tls.cert_file");
  CheckNoLink(Over(listener.port(), authority.file(), ClientFiles(other.Issue())),
              "the broker refused the client certificate (amqp.tls.cert_file): the broker does not "
              "trust the authority that signed it");
  CertificateAuthority::Request expired;
  expired.begin = std::chrono::system_clock::now() - std::chrono::hours(48);
  expired.end = std::chrono::system_clock::now() - std::chrono::hours(24);
  CheckNoLink(Over(listener.port(), authority.file(), ClientFiles(authority.Issue(expired))),
              "the broker refused the client certificate (amqp.tls.cert_file): it has expired");
  SidecarProcess sidecar(Over(listener.port(), authority.file(), ClientFiles(authority.Issue())));
  sidecar.WaitReady();
}

// Puts the files of one in the place of another's, as a rotation does.
void Replace(const CertificateFiles& old, const CertificateFiles& fresh) {
  std::filesystem::rename(fresh.key, old.key);
  std::filesystem::rename(fresh.certificate, old.certificate);
}

TEST_CASE("A link outlives its certificate, and replaced files bring the next one up") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string queue = names.Queue();
  TempDir dir;
  CertificateAuthority authority("Old CA");
  CertificateAuthority next("New CA");
  CertificateAuthority::Request request;
  request.end = std::chrono::system_clock::now() + 6s;
  const CertificateFiles broker = authority.Issue(request);
  const TlsListener listener(node, authority.file(), broker);
  TcpProxy proxy(listener.port());
  const std::string trusted = dir.Write("trusted.pem", ReadFile(authority.file()));
  SidecarProcess sidecar(Over(proxy.port(), trusted));
  sidecar.WaitReady();
  Client client(sidecar.target());

  REQUIRE(Eventually(10s, [&] { return std::chrono::system_clock::now() > request.end + 1s; }));
  CHECK(client.Publish(JsonMessage("", queue)).ok());
  CHECK(proxy.accepted() == 1);
  proxy.Cut();
  CheckNoLink(sidecar, "the broker's certificate expired at 20");

  Replace(broker, next.Issue());
  node.Ctl({"eval", "ssl:clear_pem_cache()."});
  CheckNoLink(sidecar, "signed by \"New CA\", an authority that is not trusted");
  // As an editor would, half of it first.
  dir.Write("trusted.pem", "-----BEGIN CERTIFICATE-----\n");
  CheckNoLink(sidecar, "amqp.tls.ca_file: " + trusted + " has a broken certificate");
  dir.Write("trusted.pem", ReadFile(next.file()));
  sidecar.WaitReady(2s);
  CHECK(client.Publish(JsonMessage("", queue)).ok());
}

TEST_CASE("A sidecar logs in by its certificate, to the user that it names") {
  TempDir dir;
  CertificateAuthority authority;
  const CertificateFiles broker = authority.Issue();
  const RabbitmqNode node = RabbitmqNode::Start(
      dir.File("node"),
      {"RABBITMQ_NODE_PLUGINS=rabbitmq_auth_mechanism_ssl",
       "RABBITMQ_NODE_CONF=auth_mechanisms.1 = EXTERNAL\nauth_mechanisms.2 = PLAIN\n"
       "ssl_cert_login_from = common_name\nssl_options.cacertfile = " +
           authority.file() + "\nssl_options.certfile = " + broker.certificate +
           "\nssl_options.keyfile = " + broker.key +
           "\nssl_options.verify = verify_peer\nssl_options.fail_if_no_peer_cert = true"});
  struct StopAtEnd {
    ~StopAtEnd() { node.Stop(); }
    const RabbitmqNode& node;
  } stop{node};
  node.Ctl({"add_user", "shop", "unused"});
  node.Ctl({"set_permissions", "-p", "/", "shop", ".*", ".*", ".*"});
  Names names(node);
  const std::string queue = names.Queue();
  const auto options = [&](const std::string& common_name) {
    CertificateAuthority::Request request;
    request.common_name = common_name;
    request.names = "";
    SidecarOptions external =
        Over(node.tls_port(), authority.file(), ClientFiles(authority.Issue(request)));
    external.uri = "amqps://localhost:" + std::to_string(node.tls_port()) + "/";
    external.amqp += "  auth_mechanism: external\n";
    return external;
  };
  SidecarProcess sidecar(options("shop"));
  sidecar.WaitReady();
  Client client(sidecar.target());
  CHECK(client.Publish(JsonMessage("", queue)).ok());
  CHECK_THAT(node.Ctl({"list_connections", "user", "auth_mechanism", "ssl"}),
             ContainsSubstring("shop\tEXTERNAL\ttrue"));

  CheckNoLink(options("nobody"), "login refused: ACCESS_REFUSED");
  node.Ctl({"eval", "application:set_env(rabbit, auth_mechanisms, ['PLAIN'])."});
  CheckNoLink(options("shop"), "the broker offers no EXTERNAL login, but PLAIN");
}

}  // namespace
}  // namespace amqp_sidecar::test
