// What claims to be JSON is JSON, on the way in and on the way out.
#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

TEST_CASE("A body that claims to be JSON and is not is refused on publish") {
  World world;
  const std::string queue = world.names.Queue();
  for (const std::string& body :
       {std::string(""), std::string("{\"a\":"), std::string("{'a':1}"), std::string("{}{}"),
        std::string("nope"), std::string("{\"a\":\"\xff\"}"), std::string("   ")}) {
    const Outcome outcome = world.client.Publish(JsonMessage("", queue, body));
    INFO("body " << body << ": " << outcome);
    CHECK(outcome.code == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(outcome.reason == "INVALID_BODY");
    CHECK(outcome.persisted == "NO");
    CHECK_FALSE(outcome.text.empty());
  }
  CHECK(world.direct.Ready(queue) == 0);
}

TEST_CASE("Every kind of JSON value is a body") {
  World world;
  const std::string queue = world.names.Queue();
  for (const char* body :
       {"{}", "[]", "[1,2]", "\"text\"", "1", "0", "null", "true", " {\"a\":1}\n"}) {
    const Outcome outcome = world.client.Publish(JsonMessage("", queue, body));
    INFO("body " << body << ": " << outcome);
    CHECK(outcome.ok());
  }
}

TEST_CASE("A body that does not claim to be JSON is not looked at") {
  World world;
  const std::string queue = world.names.Queue();
  for (const std::string& body : {std::string("no json"), std::string("")}) {
    pb::PublishRequest request = JsonMessage("", queue, body);
    request.mutable_message()->mutable_properties()->set_content_type("text/plain");
    CHECK(world.client.Publish(request).ok());
  }
}

TEST_CASE("A content type with parameters or in capitals is JSON all the same") {
  World world;
  const std::string queue = world.names.Queue();
  for (const char* type : {"application/json; charset=utf-8", "Application/JSON"}) {
    pb::PublishRequest request = JsonMessage("", queue, "{");
    request.mutable_message()->mutable_properties()->set_content_type(type);
    INFO(type);
    CHECK(world.client.Publish(request).reason == "INVALID_BODY");
  }
}

TEST_CASE("With require_json off no body is looked at") {
  SidecarOptions options;
  options.more = "validation: {require_json: false}\n";
  World world(options);
  const std::string queue = world.names.Queue();
  CHECK(world.client.Publish(JsonMessage("", queue, "{")).ok());
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  CHECK(subscription.deliveries()[0].invalid_reason().empty());
}

TEST_CASE("A delivery whose body is not the JSON that it claims to be says so") {
  World world;
  const std::string queue = world.names.Queue();
  Direct::Message message;
  message.content_type = "application/json";
  for (const char* body : {"{broken", "", "{\"fine\":true}"}) {
    message.body = body;
    world.direct.Publish("", queue, message);
  }
  message.content_type = "text/plain";
  message.body = "text";
  world.direct.Publish("", queue, message);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(4));
  const std::vector<pb::Delivery> deliveries = subscription.deliveries();
  CHECK_FALSE(deliveries[0].invalid_reason().empty());
  CHECK(deliveries[0].body() == "{broken");
  CHECK_FALSE(deliveries[1].invalid_reason().empty());
  CHECK(deliveries[2].invalid_reason().empty());
  CHECK(deliveries[3].invalid_reason().empty());
  CHECK(world.client.Ack(Ids(deliveries)).empty());
}

}  // namespace
}  // namespace amqp_sidecar::test
