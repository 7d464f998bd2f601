// Properties and headers arrive as they were sent, and mean on the wire what AMQP says.
#include <google/protobuf/util/message_differencer.h>

#include "integration/world.h"

namespace amqp_sidecar::test {
namespace {

pb::Properties Everything() {
  pb::Properties properties;
  properties.set_content_type("text/plain");
  properties.set_content_encoding("identity");
  properties.set_delivery_mode(pb::DELIVERY_MODE_TRANSIENT);
  properties.set_priority(7);
  properties.set_correlation_id("corr-1");
  properties.set_reply_to("replies");
  properties.mutable_expiration()->set_seconds(60);
  properties.mutable_expiration()->set_nanos(500'000'000);
  properties.set_message_id("id-1");
  properties.mutable_timestamp()->set_seconds(1700000000);
  properties.set_type("order");
  properties.set_user_id("guest");
  properties.set_app_id("shop");

  auto& headers = *properties.mutable_headers();
  headers["string"].set_string_value("text \xc3\xa4");
  headers["empty"].set_string_value("");
  headers["int"].set_int_value(-9'000'000'000'000'000'000);
  headers["small"].set_int_value(0);
  headers["double"].set_double_value(0.1);
  headers["true"].set_bool_value(true);
  headers["false"].set_bool_value(false);
  headers["bytes"].set_bytes_value(std::string("\0\xff\x01", 3));
  headers["time"].mutable_timestamp_value()->set_seconds(1700000001);
  pb::FieldArray* array = headers["array"].mutable_array_value();
  array->add_values()->set_int_value(1);
  array->add_values()->set_string_value("two");
  array->add_values()->mutable_table_value();
  pb::FieldTable* table = headers["table"].mutable_table_value();
  (*table->mutable_fields())["a"].set_bool_value(true);
  (*(*table->mutable_fields())["deep"].mutable_table_value()->mutable_fields())["b"].set_int_value(
      5);
  headers["no-values"].mutable_array_value();
  return properties;
}

TEST_CASE("All properties and all kinds of header make the round trip") {
  World world;
  const std::string queue = world.names.Queue();
  pb::PublishRequest request = JsonMessage("", queue, "text");
  *request.mutable_message()->mutable_properties() = Everything();
  const Outcome outcome = world.client.Publish(request);
  INFO(outcome);
  REQUIRE(outcome.ok());
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  const bool same = differencer.Compare(Everything(), subscription.deliveries()[0].properties());
  INFO(difference);
  CHECK(same);
}

TEST_CASE("Properties mean on the wire what AMQP says") {
  World world;
  const std::string queue = world.names.Queue();
  pb::PublishRequest request = JsonMessage("", queue, "text");
  *request.mutable_message()->mutable_properties() = Everything();
  REQUIRE(world.client.Publish(request).ok());
  REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
  const Direct::Message message = world.direct.Get(queue).value();
  CHECK(message.content_type == "text/plain");
  CHECK(message.delivery_mode == 1);
  CHECK(message.priority == 7);
  CHECK(message.correlation_id == "corr-1");
  CHECK(message.reply_to == "replies");
  CHECK(message.expiration == "60500");
  CHECK(message.message_id == "id-1");
  CHECK(message.timestamp == 1700000000);
  CHECK(message.type == "order");
  CHECK(message.app_id == "shop");
  CHECK(message.headers.at("string").kind == 'S');
  CHECK(message.headers.at("int").kind == 'l');
  CHECK(message.headers.at("int").text == "-9000000000000000000");
  CHECK(message.headers.at("double").kind == 'd');
  CHECK(message.headers.at("true").kind == 't');
  CHECK(message.headers.at("true").text == "true");
  CHECK(message.headers.at("bytes").kind == 'x');
  CHECK(message.headers.at("time").kind == 'T');
  CHECK(message.headers.at("time").text == "1700000001");
  CHECK(message.headers.at("array").kind == 'A');
  CHECK(message.headers.at("table").kind == 'F');
}

TEST_CASE("A message with no properties at all is delivered as it is") {
  World world;
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, std::string("\0\x01\xff", 3));
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  const pb::Delivery delivery = subscription.deliveries()[0];
  CHECK(delivery.body() == std::string("\0\x01\xff", 3));
  CHECK(delivery.properties().ByteSizeLong() == 0);
  CHECK(delivery.exchange().empty());
  CHECK(delivery.routing_key() == queue);
}

TEST_CASE("Headers that another client set are delivered") {
  World world;
  const std::string queue = world.names.Queue();
  Direct::Message message;
  message.body = "x";
  message.headers["n"] = {'l', "42"};
  message.headers["s"] = {'S', "text"};
  message.expiration = "60000";
  message.delivery_mode = 2;
  world.direct.Publish("", queue, message);
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  const pb::Properties properties = subscription.deliveries()[0].properties();
  CHECK(properties.headers().at("n").int_value() == 42);
  CHECK(properties.headers().at("s").string_value() == "text");
  CHECK(properties.expiration().seconds() == 60);
  CHECK(properties.delivery_mode() == pb::DELIVERY_MODE_PERSISTENT);
}

TEST_CASE("A body of several AMQP frames arrives whole, and so does an empty one") {
  World world;
  const std::string queue = world.names.Queue();
  std::string large(700'001, '\0');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * 31 % 251);
  for (const std::string& body : {large, std::string(131072 - 8, 'e'), std::string()}) {
    pb::PublishRequest request = JsonMessage("", queue, body);
    request.mutable_message()->mutable_properties()->set_content_type("application/octet-stream");
    REQUIRE(world.client.Publish(request).ok());
  }
  Subscription subscription(world.client, queue);
  REQUIRE(subscription.WaitForDeliveries(3));
  const std::vector<pb::Delivery> deliveries = subscription.deliveries();
  CHECK((deliveries[0].body() == large));
  CHECK(deliveries[1].body().size() == 131072 - 8);
  CHECK(deliveries[2].body().empty());
}

}  // namespace
}  // namespace amqp_sidecar::test
