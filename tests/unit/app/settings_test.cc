// What the configuration means as a whole: every fault names its key, no credential is shown.
#include "app/settings.h"

#include <sys/stat.h>

#include <string>

#include "app/config.h"
#include "support/catch.h"
#include "unit/app/temp_file.h"

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
  const TempFile file("hunter2\n");
  const auto settings = From(
      {{"amqp.uris", "amqp://shop@one/,amqp://shop@two/"}, {"amqp.password_file", file.path()}});
  REQUIRE(settings.ok());
  REQUIRE(settings->broker.link.endpoints.size() == 2);
  CHECK(settings->broker.link.endpoints[1].password == "hunter2");
}

TEST_CASE("the password can be read again, and what would make that wait is refused") {
  const TempFile file("hunter2\n");
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
  const TempFile file("hunter2");
  CHECK_THAT(
      ErrorOf({{"amqp.uris", "amqp://shop:hunter2@one/"}, {"amqp.password_file", file.path()}}),
      ContainsSubstring("amqp.uris[0]: has a password although"));
  CHECK_THAT(ErrorOf({{"amqp.uris", "amqp://shop@one/"}}),
             ContainsSubstring("amqp.uris[0]: user shop has no password"));
  CHECK_THAT(ErrorOf({{"amqp.password_file", "/nowhere/password"}}),
             ContainsSubstring("amqp.password_file: cannot read /nowhere/password"));
  const TempFile empty("\n");
  CHECK_THAT(ErrorOf({{"amqp.password_file", empty.path()}}),
             ContainsSubstring("amqp.password_file: " + empty.path() + " is empty"));
}

TEST_CASE("a bad URI names its place and keeps its password to itself") {
  for (const std::string uri :
       {"http://u:hunter2@h/", "amqp://u:hunter2@", "amqp://u:hunter2@h:99999/",
        "amqp://u:hunter2%@h/", "amqp://u:hunter2@h/a/b", "hunter2", "amqps://u:hunter2@h/"}) {
    INFO(uri);
    CHECK_THAT(ErrorOf({{"amqp.uris", "amqp://guest@h/," + uri}}),
               ContainsSubstring("amqp.uris[1]: "));
  }
  CHECK_THAT(ErrorOf({{"amqp.uris", "amqps://u:hunter2@h/"}}),
             ContainsSubstring("cannot do amqps:// yet"));
  CHECK_THAT(ErrorOf({{"amqp.uris", ""}}), ContainsSubstring("amqp.uris: must name at least one"));
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
