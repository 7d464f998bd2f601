// The outcomes of a publish, one row of the table after another: code, reason, persisted.
#include <cctype>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

bool IsUuidV7(const std::string& id) {
  if (id.size() != 36) return false;
  for (size_t i = 0; i < id.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? id[i] != '-' : !std::isxdigit(static_cast<unsigned char>(id[i]))) return false;
  }
  return id[14] == '7' && std::string("89ab").find(id[19]) != std::string::npos;
}

TEST_CASE("A publish that a queue took is OK, and the message is in the queue") {
  World world;
  const std::string queue = world.names.Queue();
  const Outcome outcome = world.client.Publish(JsonMessage("", queue, "{\"a\":1}"));
  INFO(outcome);
  REQUIRE(outcome.ok());
  CHECK(outcome.routed);
  CHECK(IsUuidV7(outcome.message_id));
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  const auto message = world.direct.Get(queue);
  REQUIRE(message);
  CHECK(message->body == "{\"a\":1}");
  CHECK(message->content_type == "application/json");
  CHECK(message->delivery_mode == 2);
  CHECK(message->message_id == outcome.message_id);
  CHECK(message->headers.empty());
}

TEST_CASE("A message id that the caller chose is kept") {
  World world;
  const std::string queue = world.names.Queue();
  pb::PublishRequest request = JsonMessage("", queue);
  request.mutable_message()->mutable_properties()->set_message_id("order-17");
  CHECK(world.client.Publish(request).message_id == "order-17");
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  CHECK(world.direct.Get(queue)->message_id == "order-17");
}

TEST_CASE("A message that cannot be valid is refused before it is sent") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "#");
  const auto refused = [&](const char* why, const pb::PublishRequest& request) {
    INFO(why);
    CheckFailure(world.client.Publish(request), StatusCode::INVALID_ARGUMENT, "INVALID_MESSAGE",
                 "NO");
  };
  refused("no exchange and no routing key", JsonMessage("", ""));
  refused("a routing key over 255 bytes", JsonMessage(exchange, std::string(256, 'k')));
  refused("an exchange name over 255 bytes", JsonMessage(std::string(256, 'x'), "k"));
  pb::PublishRequest request = JsonMessage(exchange, "k");
  request.mutable_message()->mutable_properties()->set_user_id("somebody");
  refused("another's user_id", request);
  request = JsonMessage(exchange, "k");
  request.mutable_message()->mutable_properties()->set_priority(256);
  refused("a priority over 255", request);
  request = JsonMessage(exchange, "k");
  request.mutable_message()->mutable_properties()->mutable_expiration()->set_seconds(-1);
  refused("an expiration below zero", request);
  request = JsonMessage(exchange, "k");
  request.mutable_message()->mutable_properties()->set_message_id(std::string(256, 'm'));
  refused("a message id over 255 bytes", request);
  for (const char* header : {"CC", "BCC", "x-death"}) {
    request = JsonMessage(exchange, "k");
    (*request.mutable_message()->mutable_properties()->mutable_headers())[header].set_string_value(
        "v");
    refused(header, request);
  }
  CHECK(world.direct.Ready(queue) == 0);

  request = JsonMessage(exchange, "k");
  request.mutable_message()->mutable_properties()->set_user_id("guest");
  CHECK(world.client.Publish(request).ok());
}

TEST_CASE("An empty routing key to an exchange known to read it is refused") {
  const std::string topic = UniqueName("topic");
  const std::string fanout = UniqueName("fanout");
  SidecarOptions options;
  options.more = "topology:\n  exchanges:\n    - {name: " + topic +
                 ", type: topic}\n    - {name: " + fanout + ", type: fanout}\n";
  World world(options);
  CheckFailure(world.client.Publish(JsonMessage(topic, "")), StatusCode::INVALID_ARGUMENT,
               "INVALID_MESSAGE", "NO");
  const std::string queue = world.names.Queue();
  world.direct.Bind(queue, fanout, "");
  CHECK(world.client.Publish(JsonMessage(fanout, "")).ok());
  world.direct.DeleteExchange(topic);
  world.direct.DeleteExchange(fanout);
}

TEST_CASE("A body over the limit is too large, one at the limit is not") {
  SidecarOptions options;
  options.more = "limits: {max_message_bytes: 1000}\n";
  World world(options);
  const std::string queue = world.names.Queue();
  const auto body = [](size_t size) { return "\"" + std::string(size - 2, 'a') + "\""; };
  CHECK(world.client.Publish(JsonMessage("", queue, body(1000))).ok());
  CheckFailure(world.client.Publish(JsonMessage("", queue, body(1001))),
               StatusCode::INVALID_ARGUMENT, "MESSAGE_TOO_LARGE", "NO");
}

TEST_CASE("The default limit is a mebibyte, and a body of that size arrives whole") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string body = "\"" + std::string((1 << 20) - 2, 'b') + "\"";
  CHECK(world.client.Publish(JsonMessage("", queue, body)).ok());
  CheckFailure(world.client.Publish(JsonMessage("", queue, body + " ")),
               StatusCode::INVALID_ARGUMENT, "MESSAGE_TOO_LARGE", "NO");
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(subscription.deliveries()[0].body() == body);
}

TEST_CASE("A publish to an exchange that does not exist is refused with its name") {
  World world;
  const Outcome outcome = world.client.Publish(JsonMessage("no-such-exchange", "k"));
  CheckFailure(outcome, StatusCode::NOT_FOUND, "EXCHANGE_NOT_FOUND", "NO");
  CHECK_THAT(outcome.text, ContainsSubstring("no-such-exchange"));
}

TEST_CASE("An exchange that was missing is found as soon as it exists") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string name = world.names.Reserve("late");
  CHECK(world.client.Publish(JsonMessage(name, "k")).reason == "EXCHANGE_NOT_FOUND");
  world.direct.DeclareExchange(name, "topic");
  world.direct.Bind(queue, name, "#");
  CHECK(Eventually(5s, [&] { return world.client.Publish(JsonMessage(name, "k")).ok(); }));
}

TEST_CASE("A message that no binding routes fails its own call") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "order.*");
  CheckFailure(world.client.Publish(JsonMessage(exchange, "invoice.made")),
               StatusCode::FAILED_PRECONDITION, "UNROUTABLE", "NO");
  CheckFailure(world.client.Publish(JsonMessage("", "no-such-queue")),
               StatusCode::FAILED_PRECONDITION, "UNROUTABLE", "NO");
  CHECK(world.client.Publish(JsonMessage(exchange, "order.made")).ok());
}

TEST_CASE("With allow_unroutable a message that no binding routes is OK and says routed = false") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(queue, "order.*");
  pb::PublishRequest request = JsonMessage(exchange, "invoice.made");
  request.set_allow_unroutable(true);
  const Outcome dropped = world.client.Publish(request);
  INFO(dropped);
  CHECK(dropped.ok());
  CHECK_FALSE(dropped.routed);
  request.mutable_message()->set_routing_key("order.made");
  const Outcome routed = world.client.Publish(request);
  CHECK(routed.ok());
  CHECK(routed.routed);
}

TEST_CASE("What the broker does not permit is refused, and its neighbours are not harmed") {
  const RabbitmqNode node = RabbitmqNode::Shared();
  const std::string user = UniqueName("user");
  const std::string password = "pass-" + user;
  node.Ctl({"add_user", user, password});
  node.Ctl({"set_permissions", user, "", "^(it-.*-open)?$|amq[.]default", ""});
  TempDir secrets;
  SidecarOptions options;
  options.uri = "amqp://" + user + "@127.0.0.1:" + std::to_string(node.port()) + "/";
  options.amqp = "  password_file: " + secrets.Write("password", password + "\n") + "\n";
  {
    World world(options);
    const std::string open = world.names.Reserve("open");
    const std::string queue = world.names.Queue();
    world.direct.DeclareExchange(open, "fanout");
    world.direct.Bind(queue, open, "");
    const std::string closed = world.names.ExchangeTo(queue, "#");

    CheckFailure(world.client.Publish(JsonMessage(closed, "k")), StatusCode::PERMISSION_DENIED,
                 "ACCESS_REFUSED", "NO");
    std::vector<pb::PublishRequest> requests;
    for (int i = 0; i < 200; ++i) requests.push_back(JsonMessage(i % 10 == 5 ? closed : open, "k"));
    const std::vector<Outcome> outcomes = world.client.PublishAll(requests, 64);
    for (size_t i = 0; i < outcomes.size(); ++i) {
      INFO("publish " << i);
      if (i % 10 != 5) {
        INFO(outcomes[i]);
        CHECK(outcomes[i].ok());
        continue;
      }
      INFO(outcomes[i]);
      CHECK(outcomes[i].code == StatusCode::PERMISSION_DENIED);
      CHECK(outcomes[i].reason == "ACCESS_REFUSED");
      // One that was written when another's fault closed the channel was written twice.
      CHECK((outcomes[i].persisted == "NO" || outcomes[i].persisted == "UNKNOWN"));
    }
  }
  node.Ctl({"delete_user", user});
}

TEST_CASE("A full queue that rejects is a refusal by the broker, through the default exchange NO") {
  World world;
  const std::string queue =
      world.names.Queue({{"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}});
  CHECK(world.client.Publish(JsonMessage("", queue)).ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  CheckFailure(world.client.Publish(JsonMessage("", queue)), StatusCode::RESOURCE_EXHAUSTED,
               "REFUSED_BY_BROKER", "NO");
  CHECK(world.direct.Ready(queue) == 1);
}

TEST_CASE("A full queue behind an exchange is a refusal that may have reached other queues") {
  World world;
  const std::string full =
      world.names.Queue({{"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}});
  const std::string other = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(full, "#");
  world.direct.Bind(other, exchange, "#");
  CHECK(world.client.Publish(JsonMessage(exchange, "k")).ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(full) == 1; }));
  CheckFailure(world.client.Publish(JsonMessage(exchange, "k")), StatusCode::RESOURCE_EXHAUSTED,
               "REFUSED_BY_BROKER", "PARTIAL");
  // Never tried again after PARTIAL: the other queue has it once.
  CHECK(Throughout(300ms, [&] { return world.direct.Ready(other) <= 2; }));
  CHECK(world.direct.Ready(other) == 2);
}

}  // namespace
}  // namespace amqp_sidecar::test
