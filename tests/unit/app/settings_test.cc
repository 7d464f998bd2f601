// What the configuration means as a whole: every fault names its key, no credential is shown.
#include "app/settings.h"

#include <sys/stat.h>

#include <string>

#include "app/config.h"
#include "support/catch.h"
#include "support/temp_file.h"

namespace amqp_sidecar::app {
namespace {

using Flags = std::vector<std::pair<std::string, std::string>>;

absl::StatusOr<Settings> From(const Flags& flags) {
  const absl::StatusOr<config::v1::Config> config = ReadConfig({{}, {}, flags});
  REQUIRE(config.ok());
  return ToSettings(*config);
}

std::string ErrorOf(const Flags& flags) {
  const absl::StatusOr<Settings> settings = From(flags);
  REQUIRE_FALSE(settings.ok());
  const std::string message(settings.status().message());
  CHECK(message.find("hunter2") == std::string::npos);
  return message;
}

TEST_CASE("the defaults make settings that reach a broker on this host as guest") {
  const absl::StatusOr<Settings> settings = From({});
  REQUIRE(settings.ok());
  REQUIRE(settings->broker.link.endpoints.size() == 1);
  const amqp::Endpoint& endpoint = settings->broker.link.endpoints[0];
  CHECK(endpoint.HostAndPort() == "127.0.0.1:5672");
  CHECK(endpoint.user == "guest");
  CHECK(endpoint.password == "guest");
  CHECK(endpoint.vhost == "/");
  CHECK(settings->broker.link.connection.heartbeat == std::chrono::seconds(10));
  CHECK(settings->broker.link.initial_backoff == std::chrono::milliseconds(100));
  CHECK(settings->rpc.max_message_bytes == 1'048'576);
  CHECK(settings->drain_timeout == std::chrono::seconds(10));
}

TEST_CASE("a password comes from its file, without its line end") {
  const test::TempFile file("hunter2\n");
  const auto settings = From(
      {{"amqp.uris", "amqp://shop@one/,amqp://shop@two/"}, {"amqp.password_file", file.path()}});
  REQUIRE(settings.ok());
  REQUIRE(settings->broker.link.endpoints.size() == 2);
  CHECK(settings->broker.link.endpoints[1].password == "hunter2");
}

TEST_CASE("the password can be read again, and what would make that wait is refused") {
  const test::TempFile file("hunter2\n");
  const auto settings =
      From({{"amqp.uris", "amqp://shop@one/"}, {"amqp.password_file", file.path()}});
  REQUIRE(settings.ok());
  REQUIRE(settings->broker.link.read_password);
  std::ofstream(file.path()) << "other\n";
  CHECK(settings->broker.link.read_password().value() == "other");
  std::ofstream(file.path()) << "";
  CHECK_FALSE(settings->broker.link.read_password().ok());
  std::remove(file.path().c_str());
  REQUIRE(::mkfifo(file.path().c_str(), 0600) == 0);
  CHECK_THAT(
      ErrorOf({{"amqp.uris", "amqp://shop@one/"}, {"amqp.password_file", file.path()}}),
      ContainsSubstring("amqp.password_file: cannot read " + file.path() + ": not a regular file"));
  CHECK_FALSE(From({}).value().broker.link.read_password);
}

TEST_CASE("a password file and a password in a URI are a fault, as is neither") {
  const test::TempFile file("hunter2");
  CHECK_THAT(
      ErrorOf({{"amqp.uris", "amqp://shop:hunter2@one/"}, {"amqp.password_file", file.path()}}),
      ContainsSubstring("amqp.uris[0]: has a password although"));
  CHECK_THAT(ErrorOf({{"amqp.uris", "amqp://shop@one/"}}),
             ContainsSubstring("amqp.uris[0]: user shop has no password"));
  CHECK_THAT(ErrorOf({{"amqp.password_file", "/nowhere/password"}}),
             ContainsSubstring("amqp.password_file: cannot read /nowhere/password"));
  const test::TempFile empty("\n");
  CHECK_THAT(ErrorOf({{"amqp.password_file", empty.path()}}),
             ContainsSubstring("amqp.password_file: " + empty.path() + " is empty"));
}

TEST_CASE("a bad URI names its place and keeps its password to itself") {
  for (const std::string uri :
       {"http://u:hunter2@h/", "amqp://u:hunter2@", "amqp://u:hunter2@h:99999/",
        "amqp://u:hunter2%@h/", "amqp://u:hunter2@h/a/b", "hunter2"}) {
    INFO(uri);
    CHECK_THAT(ErrorOf({{"amqp.uris", "amqp://guest@h/," + uri}}),
               ContainsSubstring("amqp.uris[1]: "));
  }
  CHECK_THAT(ErrorOf({{"amqp.uris", ""}}), ContainsSubstring("amqp.uris: must name at least one"));
}

// A certificate that signed itself, and its key.
const char* const kCertificate = R"(-----BEGIN CERTIFICATE-----
MIIBhTCCASugAwIBAgIUFmoLMzwUwzeeq46GdOS5+Exm7IUwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMc2lkZWNhci10ZXN0MCAXDTI2MTEyNDAzMDIyMVoYDzIxMjYx
MDMxMDMwMjIxWjAXMRUwEwYDVQQDDAxzaWRlY2FyLXRlc3QwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAR13KdGHFsGHrtZe1K0kNyKApeUmY+/Q+YlUSNGCwTpn/jw
vLox4SqbllOTtZG40Rx8MKdlW7LVdYRVhu/HbR94o1MwUTAdBgNVHQ4EFgQUvlf8
MpD6Nn0JCH5qNYhD5N6N28gwHwYDVR0jBBgwFoAUvlf8MpD6Nn0JCH5qNYhD5N6N
28gwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiAGs0iFiyiR1RLc
txbote9riE3uROJNR4ZAe3I9IMDJQwIhALsaHCZOyJ/3dP6unMTKRzW8uGU9oan1
JPgOJ5xPfHh+
-----END CERTIFICATE-----
)";
const char* const kKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgNTZqXVriSc88JlRl
vfnhTrtOw1Aah27o+HpLP9ElPuKhRANCAAR13KdGHFsGHrtZe1K0kNyKApeUmY+/
Q+YlUSNGCwTpn/jwvLox4SqbllOTtZG40Rx8MKdlW7LVdYRVhu/HbR94
-----END PRIVATE KEY-----
)";
const char* const kOtherKey = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg07a4++l/tWQe7LQl
RIipVPMgXKpNPkKjjnZ8qiKv5XGhRANCAAQ3hmvtiSicHOsi4A5ezBYlbX5YwDNU
FvtuyL4uHwsqUcBOqhQrt+qClVtdTKiknmCIahAEVZVrepuY4eF1vT1r
-----END PRIVATE KEY-----
)";
// kKey, with a passphrase.
const char* const kEncryptedKey = R"(-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgqGkS/uH34CgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEGSBx6AVAkmTokPTIw6Z9ugEgZCK
P5/du44x04BTH9PDjivyygvUH3CGblTnlqYkD2ofkvBOoJpt/vu/2nQyIRWTJLyU
A3SRLJ+V+RzJ+ET7Gw028QNAC3nYiWw1vsAZqQboFMHY5nif5ua68e1hCsZtM+Gh
MTJUe5sIK6ranWJ7XM+gqIvEj59TTDqSJxneb4FV5wkXPE19+lNYehDwOHBVElk=
-----END ENCRYPTED PRIVATE KEY-----
)";

TEST_CASE("TLS needs no more than amqps://, and takes an authority and a certificate") {
  const auto plain = From({{"amqp.uris", "amqps://h/"}});
  REQUIRE(plain.ok());
  CHECK(plain->broker.link.endpoints[0].tls);
  CHECK(plain->broker.link.endpoints[0].port == 5671);
  const test::TempFile certificate(kCertificate);
  const test::TempFile key(kKey);
  const auto all = From({{"amqp.uris", "amqps://shop:secret@h/"},
                         {"amqp.tls.ca_file", certificate.path()},
                         {"amqp.tls.cert_file", certificate.path()},
                         {"amqp.tls.key_file", key.path()},
                         {"amqp.tls.server_name", "rabbit"}});
  REQUIRE(all.ok());
  CHECK(all->tls.ca_file == certificate.path());
  CHECK(all->tls.server_name == "rabbit");
}

TEST_CASE("a TLS file that cannot be used names its setting") {
  const test::TempFile certificate(kCertificate);
  const test::TempFile key(kKey);
  const test::TempFile junk("junk\n");
  std::string broken_text = kCertificate;
  broken_text.replace(100, 8, "########");
  const test::TempFile broken(broken_text);
  const auto with = [&](Flags flags) {
    flags.push_back({"amqp.uris", "amqps://h/"});
    return ErrorOf(flags);
  };
  CHECK_THAT(with({{"amqp.tls.ca_file", "/nowhere"}}),
             ContainsSubstring("amqp.tls.ca_file: cannot read /nowhere"));
  CHECK_THAT(with({{"amqp.tls.ca_file", junk.path()}}),
             ContainsSubstring("amqp.tls.ca_file: " + junk.path() + " has no certificate in it"));
  CHECK_THAT(with({{"amqp.tls.ca_file", broken.path()}}),
             ContainsSubstring("amqp.tls.ca_file: " + broken.path() + " has a broken certificate"));
  CHECK_THAT(with({{"amqp.tls.cert_file", certificate.path()}}),
             ContainsSubstring("amqp.tls.cert_file: needs amqp.tls.key_file"));
  CHECK_THAT(with({{"amqp.tls.key_file", key.path()}}),
             ContainsSubstring("amqp.tls.key_file: needs amqp.tls.cert_file"));
  CHECK_THAT(with({{"amqp.tls.cert_file", certificate.path()}, {"amqp.tls.key_file", junk.path()}}),
             ContainsSubstring("amqp.tls.key_file: " + junk.path() + " has no private key in it"));
  const test::TempFile other(kOtherKey);
  CHECK_THAT(
      with({{"amqp.tls.cert_file", certificate.path()}, {"amqp.tls.key_file", other.path()}}),
      ContainsSubstring("amqp.tls.key_file: " + other.path() + " is not the key of"));
  const test::TempFile encrypted(kEncryptedKey);
  CHECK_THAT(
      with({{"amqp.tls.cert_file", certificate.path()}, {"amqp.tls.key_file", encrypted.path()}}),
      ContainsSubstring("amqp.tls.key_file: " + encrypted.path() + " is encrypted"));
}

TEST_CASE("TLS settings without a TLS endpoint are a fault") {
  for (const char* key : {"ca_file", "server_name"}) {
    const std::string setting = std::string("amqp.tls.") + key;
    CHECK_THAT(ErrorOf({{setting, "x"}}), ContainsSubstring(setting + ": is of no use"));
  }
  CHECK_THAT(ErrorOf({{"amqp.tls.cert_file", "x"}, {"amqp.tls.key_file", "y"}}),
             ContainsSubstring("amqp.tls.cert_file: is of no use"));
}

TEST_CASE("an external login needs TLS and a certificate, and takes no user") {
  const test::TempFile certificate(kCertificate);
  const test::TempFile key(kKey);
  const auto with = [&](Flags flags) {
    flags.push_back({"amqp.auth_mechanism", "external"});
    return flags;
  };
  const auto with_certificate = [&](Flags flags) {
    flags.push_back({"amqp.tls.cert_file", certificate.path()});
    flags.push_back({"amqp.tls.key_file", key.path()});
    return with(flags);
  };
  const auto good = From(with_certificate({{"amqp.uris", "amqps://h/shop"}}));
  REQUIRE(good.ok());
  CHECK(good->broker.link.connection.auth_mechanism == amqp::AuthMechanism::kExternal);
  CHECK(good->broker.link.endpoints[0].user.empty());
  CHECK(good->broker.link.endpoints[0].vhost == "shop");
  CHECK_THAT(ErrorOf(with({{"amqp.uris", "amqps://h/"}})),
             ContainsSubstring("amqp.auth_mechanism: external needs amqp.tls.cert_file"));
  CHECK_THAT(ErrorOf(with_certificate({{"amqp.uris", "amqps://h/,amqp://h/"}})),
             ContainsSubstring("amqp.uris[1]: amqp.auth_mechanism external needs amqps://"));
  CHECK_THAT(ErrorOf(with_certificate({{"amqp.uris", "amqps://u:hunter2@h/"}})),
             ContainsSubstring("amqp.uris[0]: names a user"));
  const test::TempFile password("hunter2");
  CHECK_THAT(ErrorOf(with_certificate(
                 {{"amqp.uris", "amqps://h/"}, {"amqp.password_file", password.path()}})),
             ContainsSubstring("amqp.password_file: is of no use"));
}

TEST_CASE("an address that cannot be served names its place") {
  CHECK_THAT(ErrorOf({{"grpc.listen", ""}}), ContainsSubstring("grpc.listen: must name"));
  CHECK_THAT(ErrorOf({{"grpc.listen", "0.0.0.0:7672"}}), ContainsSubstring("grpc.listen[0]: "));
  CHECK_THAT(ErrorOf({{"grpc.listen", "unix:///" + std::string(107, 'a')}}),
             ContainsSubstring("grpc.listen[0]: "));
  for (const std::string listen : {"7673", ":7673", "host:7673", "127.0.0.1:70000", "127.0.0.1"}) {
    INFO(listen);
    CHECK_THAT(ErrorOf({{"admin.listen", listen}}), ContainsSubstring("admin.listen: must be an"));
  }
  CHECK(From({{"admin.listen", ""}}).ok());
  CHECK(From({{"admin.listen", "[::1]:0"}}).ok());
}

TEST_CASE("settings that do not go together are a fault") {
  CHECK_THAT(ErrorOf({{"amqp.heartbeat", "1.5s"}}),
             ContainsSubstring("amqp.heartbeat: must be wh"));
  CHECK_THAT(ErrorOf({{"amqp.reconnect.initial_backoff", "3s"}}),
             ContainsSubstring("amqp.reconnect.initial_backoff: must not be over"));
  CHECK_THAT(ErrorOf({{"limits.max_in_flight_bytes", "1000"}}),
             ContainsSubstring("limits.max_in_flight_bytes: must not be below"));
}

TEST_CASE("the topology is declared, unless its mode says otherwise") {
  CHECK(From({}).value().broker.topology_mode == broker::TopologyMode::kDeclare);
  CHECK(From({{"topology.mode", "verify"}}).value().broker.topology_mode ==
        broker::TopologyMode::kVerify);
  CHECK(From({{"topology.mode", "none"}}).value().broker.topology_mode ==
        broker::TopologyMode::kNone);
}

TEST_CASE("exchange types of plugins are those that are listed") {
  config::v1::Config config = *ReadConfig({{}, {}, {{"topology.exchange_types", "x-odd,x-even"}}});
  config.mutable_topology()->add_exchanges()->set_name("orders");
  config.mutable_topology()->mutable_exchanges(0)->set_type("x-even");
  const auto settings = ToSettings(config);
  REQUIRE(settings.ok());
  CHECK(settings->broker.exchange_types == std::vector<std::string>{"x-odd", "x-even"});
  REQUIRE(settings->broker.topology.exchanges.size() == 1);
  CHECK(settings->broker.topology.exchanges[0].type == "x-even");
  config.mutable_topology()->mutable_exchange_types()->RemoveLast();
  CHECK_THAT(std::string(ToSettings(config).status().message()),
             ContainsSubstring("topology: exchange \"orders\" has the unknown type \"x-even\""));
  *config.mutable_topology()->mutable_exchange_types(0) = "";
  CHECK_THAT(std::string(ToSettings(config).status().message()),
             ContainsSubstring("topology.exchange_types[0]: must not be empty"));
}

TEST_CASE("an exclusive queue must be the sidecar's to declare") {
  for (const char* mode : {"verify", "none", "declare"}) {
    INFO(mode);
    config::v1::Config config = *ReadConfig({{}, {}, {{"topology.mode", mode}}});
    config.mutable_topology()->add_queues()->set_name("mine");
    config.mutable_topology()->mutable_queues(0)->set_exclusive(true);
    const absl::Status status = ToSettings(config).status();
    CHECK(status.ok() == (std::string(mode) == "declare"));
    if (status.ok()) continue;
    CHECK_THAT(std::string(status.message()),
               ContainsSubstring("topology.queues[0].exclusive: needs topology.mode declare"));
  }
}

TEST_CASE("a topology that cannot be names its element") {
  config::v1::Config config = *ReadConfig({});
  config.mutable_topology()->add_queues();
  CHECK_THAT(std::string(ToSettings(config).status().message()),
             ContainsSubstring("topology.queues[0].name: must not be empty"));
  config.mutable_topology()->mutable_queues(0)->set_name(std::string(256, 'a'));
  CHECK_THAT(std::string(ToSettings(config).status().message()), ContainsSubstring("topology: "));
}

}  // namespace
}  // namespace amqp_sidecar::app
