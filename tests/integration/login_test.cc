// Logins that are refused: a password that changed, a user that is deleted, a virtual host that is
// not there. Told, tried again with patience, and over without a restart. And several brokers.
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

const char* const kPublisher = "amqp_sidecar.v1.PublisherService";
const char* const kSubscriber = "amqp_sidecar.v1.SubscriberService";

// A user of the broker, gone with the object.
class User {
 public:
  User(const RabbitmqNode& node, std::string password) : node_(node) { Add(password); }
  ~User() {
    try {
      Delete();
    } catch (const std::exception&) {
      // The test deleted it.
    }
  }
  User(const User&) = delete;
  User& operator=(const User&) = delete;

  void Add(const std::string& password) {
    node_.Ctl({"add_user", name_, password});
    node_.Ctl({"set_permissions", "-p", "/", name_, ".*", ".*", ".*"});
  }
  void ChangePassword(const std::string& password) {
    node_.Ctl({"change_password", name_, password});
  }
  void Delete() { node_.Ctl({"delete_user", name_}); }
  const std::string& name() const { return name_; }

 private:
  const RabbitmqNode node_;
  const std::string name_ = UniqueName("user");
};

// A sidecar that logs in as `user`, with a password from a file, through a proxy.
struct LoginWorld {
  LoginWorld()
      : node(RabbitmqNode::Shared()),
        names(node),
        user(node, "one"),
        password_file(dir.Write("password", "one\n")),
        proxy(node.port()),
        sidecar(Options()),
        client(sidecar.target()) {
    sidecar.WaitReady();
  }

  SidecarOptions Options() const {
    SidecarOptions options;
    options.uri = "amqp://" + user.name() + "@127.0.0.1:" + std::to_string(proxy.port()) + "/";
    options.amqp = "  password_file: " + password_file + "\n" + kFastReconnect;
    return options;
  }
  std::string Readiness() const { return HttpGet(sidecar.admin_port(), "/readyz").body; }

  RabbitmqNode node;
  Names names;
  User user;
  TempDir dir;
  std::string password_file;
  TcpProxy proxy;
  SidecarProcess sidecar;
  Client client;
};

// What a caller, an orchestrator and a person see while the login is refused.
void CheckRefused(LoginWorld& world) {
  REQUIRE(
      Eventually(5s, [&] { return world.Readiness().find("login refused") != std::string::npos; }));
  CHECK_THAT(world.Readiness(), ContainsSubstring("not ready: no connection to 127.0.0.1:"));
  CHECK_THAT(world.Readiness(), ContainsSubstring("login refused: ACCESS_REFUSED"));
  CHECK(Eventually(2s, [&] { return world.client.Health(kPublisher) == "NOT_SERVING"; }));
  CHECK(Eventually(2s, [&] { return world.client.Health(kSubscriber) == "NOT_SERVING"; }));
  CHECK(world.client.Health() == "SERVING");
  const Outcome outcome = AnswerWithoutLink(world.client);
  CheckFailure(outcome, StatusCode::UNAVAILABLE, "BROKER_UNAVAILABLE", "NO");
  CHECK_THAT(outcome.text, ContainsSubstring("login refused"));
}

TEST_CASE("A changed password is taken from its file, without a restart") {
  LoginWorld world;
  const std::string queue = world.names.Queue();
  REQUIRE(world.client.Publish(JsonMessage("", queue)).ok());
  world.user.ChangePassword("two");
  // The broker keeps a connection whose password has changed.
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());

  world.proxy.Cut();
  CheckRefused(world);
  // Twelve tries a minute at most, so three in ten seconds and the first.
  const int tries = world.proxy.accepted();
  CHECK(Throughout(10s, [&] { return world.proxy.accepted() <= tries + 2; }));
  CHECK(world.proxy.accepted() > tries);

  world.dir.Write("password", "two\n");
  world.sidecar.WaitReady(1500ms);
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  CHECK(Eventually(2s, [&] { return world.client.Health(kPublisher) == "SERVING"; }));
}

TEST_CASE("A deleted user ends the link at once, and is let in when it is there again") {
  LoginWorld world;
  const std::string queue = world.names.Queue();
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForEvents(1));
  world.user.Delete();
  CheckRefused(world);
  CHECK(subscription.WaitForEvents(2));

  world.user.Add("one");
  world.sidecar.WaitReady(8s);
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  CHECK(subscription.WaitForDeliveries(1));
}

TEST_CASE("A virtual host that is not there is told, and tried again with patience") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  TcpProxy proxy(node.port());
  SidecarOptions options;
  options.uri = proxy.uri() + "no-such-vhost";
  options.amqp = kFastReconnect;
  SidecarProcess sidecar(options);
  REQUIRE(Eventually(5s, [&] {
    return HttpGet(sidecar.admin_port(), "/readyz").body.find("virtual host refused") !=
           std::string::npos;
  }));
  CHECK_THAT(HttpGet(sidecar.admin_port(), "/readyz").body, ContainsSubstring("no-such-vhost"));
  CHECK(Throughout(4s, [&] { return proxy.accepted() == 1; }));
}

TEST_CASE("A broker that is not there is passed over for the next of the list") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  Names names(node);
  const std::string queue = names.Queue();
  TcpProxy first(node.port());
  TcpProxy second(node.port());
  first.TakeAway();
  SidecarOptions options;
  options.uri = first.uri();
  options.more_uris = {second.uri()};
  options.amqp = kFastReconnect;
  SidecarProcess sidecar(options);
  sidecar.WaitReady();
  Client client(sidecar.target());
  CHECK(client.Publish(JsonMessage("", queue)).ok());
  CHECK(second.accepted() == 1);

  // And back, when that one is gone.
  first.Restore();
  second.TakeAway();
  REQUIRE(Eventually(5s, [&] { return first.accepted() == 1; }));
  sidecar.WaitReady();
  CHECK(client.Publish(JsonMessage("", queue)).ok());
}

}  // namespace
}  // namespace amqp_sidecar::test
