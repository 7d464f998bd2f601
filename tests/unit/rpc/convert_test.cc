#include "rpc/convert.h"

#include <string>
#include <variant>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::Reason;

v1::PublishRequest Order() {
  v1::PublishRequest request;
  request.mutable_message()->set_exchange("orders");
  request.mutable_message()->set_routing_key("order.created");
  request.mutable_message()->set_body("{}");
  return request;
}

void CheckRefused(const MaybeError& error, Reason reason, const std::string& names) {
  REQUIRE(error);
  CHECK(error->reason == reason);
  CHECK(error->persisted == broker::Persisted::kNo);
  CHECK_THAT(error->detail, ContainsSubstring(names));
}

broker::Properties AllProperties() {
  broker::Properties properties;
  properties.content_type = "text/plain";
  properties.content_encoding = "gzip";
  properties.headers["h"].value = std::string("v");
  properties.delivery_mode = 1;
  properties.priority = 9;
  properties.correlation_id = "c";
  properties.reply_to = "r";
  properties.expiration = "1500";
  properties.message_id = "m";
  properties.timestamp = {1'700'000'000};
  properties.type = "t";
  properties.user_id = "u";
  properties.app_id = "a";
  return properties;
}

TEST_CASE("a message is taken with all its properties, and given back the same") {
  v1::PublishRequest request = Order();
  request.set_allow_unroutable(true);
  PutProperties(AllProperties(), *request.mutable_message()->mutable_properties());
  CHECK(request.message().properties().expiration().seconds() == 1);
  CHECK(request.message().properties().expiration().nanos() == 500'000'000);
  CHECK(request.message().properties().delivery_mode() == v1::DELIVERY_MODE_TRANSIENT);

  broker::PublishRequest out;
  CHECK_FALSE(TakePublish(request, out));
  CHECK(out.exchange == "orders");
  CHECK(out.routing_key == "order.created");
  CHECK(out.body == "{}");
  CHECK(out.allow_unroutable);
  CHECK(out.properties == AllProperties());
}

TEST_CASE("a publish without a message is refused") {
  v1::PublishRequest request;
  broker::PublishRequest out;
  CheckRefused(TakePublish(request, out), Reason::kInvalidMessage, "message");
}

TEST_CASE("numbers that AMQP cannot carry are refused by their field") {
  broker::PublishRequest out;
  SECTION("priority") {
    v1::PublishRequest request = Order();
    request.mutable_message()->mutable_properties()->set_priority(256);
    CheckRefused(TakePublish(request, out), Reason::kInvalidMessage, "properties.priority");
  }
  SECTION("delivery mode") {
    v1::PublishRequest request = Order();
    request.mutable_message()->mutable_properties()->set_delivery_mode(
        static_cast<v1::DeliveryMode>(3));
    CheckRefused(TakePublish(request, out), Reason::kInvalidMessage, "properties.delivery_mode");
  }
  SECTION("timestamp") {
    v1::PublishRequest request = Order();
    request.mutable_message()->mutable_properties()->mutable_timestamp()->set_seconds(-1);
    CheckRefused(TakePublish(request, out), Reason::kInvalidMessage, "properties.timestamp");
  }
  SECTION("header") {
    v1::PublishRequest request = Order();
    (*request.mutable_message()->mutable_properties()->mutable_headers())["h"];
    CheckRefused(TakePublish(request, out), Reason::kInvalidMessage,
                 "properties.headers[\"h\"] has no value");
  }
}

std::string ExpirationOf(int64_t seconds, int32_t nanos) {
  v1::PublishRequest request = Order();
  auto* expiration = request.mutable_message()->mutable_properties()->mutable_expiration();
  expiration->set_seconds(seconds);
  expiration->set_nanos(nanos);
  broker::PublishRequest out;
  if (const MaybeError error = TakePublish(request, out)) {
    CheckRefused(error, Reason::kInvalidMessage, "properties.expiration");
    return "refused";
  }
  return out.properties.expiration;
}

TEST_CASE("an expiration becomes whole milliseconds, rounded up") {
  CHECK(ExpirationOf(0, 0) == "0");
  CHECK(ExpirationOf(0, 1) == "1");
  CHECK(ExpirationOf(1, 500'000'001) == "1501");
  CHECK(ExpirationOf(4'294'967, 295'000'000) == "4294967295");
}

TEST_CASE("an expiration that is negative or over the broker's range is refused") {
  CHECK(ExpirationOf(-1, 0) == "refused");
  CHECK(ExpirationOf(0, -1) == "refused");
  CHECK(ExpirationOf(4'294'967, 295'000'001) == "refused");
  CHECK(ExpirationOf(315'576'000'001, 0) == "refused");
  CHECK(ExpirationOf(0, 2'000'000'000) == "refused");
}

TEST_CASE("a subscription is taken as it is") {
  v1::SubscribeRequest request;
  request.set_queue("billing");
  request.set_prefetch(10);
  request.set_exclusive(true);
  request.set_priority(-4);
  request.mutable_ack_deadline();  // 0: none
  (*request.mutable_arguments())["x-stream-offset"].set_string_value("first");
  broker::SubscribeRequest out;
  CHECK_FALSE(TakeSubscribe(request, out));
  CHECK(out.queue == "billing");
  CHECK(out.prefetch == 10);
  CHECK(out.exclusive);
  CHECK(out.priority == -4);
  CHECK(std::get<std::string>(out.arguments.at("x-stream-offset").value) == "first");
}

TEST_CASE("bindings, a deadline and a retry policy are taken, with the policy's defaults") {
  v1::SubscribeRequest request;
  request.add_bindings()->set_exchange("orders");
  request.mutable_ack_deadline()->set_seconds(30);
  request.mutable_retry()->set_max_attempts(3);
  request.mutable_retry()->set_dead_letter_exchange("dlx");
  SECTION("as they are") {
    broker::SubscribeRequest out;
    CHECK_FALSE(TakeSubscribe(request, out));
    REQUIRE(out.bindings.size() == 1);
    CHECK(out.bindings[0].exchange == "orders");
    CHECK(out.ack_deadline == std::chrono::seconds(30));
    REQUIRE(out.retry);
    CHECK(out.retry->max_attempts == 3);
    CHECK(out.retry->initial_backoff == std::chrono::seconds(1));
    CHECK(out.retry->max_backoff == std::chrono::minutes(1));
    CHECK(out.retry->dead_letter_exchange == "dlx");
  }
  SECTION("a first wait over the default of the longest one") {
    request.mutable_retry()->mutable_initial_backoff()->set_seconds(120);
    broker::SubscribeRequest out;
    CHECK_FALSE(TakeSubscribe(request, out));
    CHECK(out.retry->max_backoff == std::chrono::minutes(2));
  }
}

TEST_CASE("a negative duration of a subscription or a settlement is refused by its name") {
  v1::SubscribeRequest request;
  request.set_queue("billing");
  broker::SubscribeRequest out;
  SECTION("ack_deadline") { request.mutable_ack_deadline()->set_seconds(-1); }
  SECTION("retry.initial_backoff") {
    request.mutable_retry()->mutable_initial_backoff()->set_nanos(-1);
  }
  SECTION("retry.max_backoff") { request.mutable_retry()->mutable_max_backoff()->set_seconds(-1); }
  CheckRefused(TakeSubscribe(request, out), Reason::kInvalidSubscription, "negative");
  v1::NackRequest nack;
  nack.mutable_delay()->set_nanos(-1);
  broker::Settlement settlement;
  CheckRefused(TakeSettlement(nack, settlement), Reason::kInvalidSubscription, "delay is negative");
  v1::ExtendAckDeadlineRequest extend;
  extend.mutable_ack_deadline()->set_seconds(-5);
  base::Duration ack_deadline;
  CheckRefused(TakeExtension(extend, ack_deadline), Reason::kInvalidSubscription,
               "ack_deadline is negative");
}

TEST_CASE("settlements are taken with their ids, a nack's delay and a reject's cause") {
  v1::NackRequest nack;
  nack.add_delivery_ids("1.2.3.4");
  nack.mutable_delay()->set_nanos(1);
  broker::Settlement out;
  CHECK_FALSE(TakeSettlement(nack, out));
  CHECK(out.verb == broker::Verb::kNack);
  CHECK(out.delivery_ids == std::vector<std::string>{"1.2.3.4"});
  CHECK(out.delay == std::chrono::milliseconds(1));
  nack.mutable_delay()->set_nanos(0);
  CHECK_FALSE(TakeSettlement(nack, out));
  CHECK_FALSE(out.delay);
  CHECK_FALSE(out.not_attempted);
  nack.set_not_attempted(true);
  CHECK_FALSE(TakeSettlement(nack, out));
  CHECK(out.not_attempted);
  v1::RejectRequest reject;
  reject.set_cause("no such customer");
  broker::Settlement rejected;
  CHECK_FALSE(TakeSettlement(reject, rejected));
  CHECK(rejected.verb == broker::Verb::kReject);
  CHECK(rejected.cause == "no such customer");
}

TEST_CASE("a topology is taken with its defaults") {
  v1::DeclareTopologyRequest request;
  request.add_exchanges()->set_name("orders");
  v1::Queue& queue = *request.add_queues();
  queue.set_name("billing");
  queue.set_type(v1::QUEUE_TYPE_QUORUM);
  request.add_queues()->set_durable(false);
  v1::Binding& binding = *request.add_bindings();
  binding.set_queue("billing");
  binding.set_exchange("orders");
  binding.set_routing_key("order.*");

  broker::Topology out;
  CHECK_FALSE(TakeTopology(request, out));
  REQUIRE(out.exchanges.size() == 1);
  CHECK(out.exchanges[0].type == "direct");
  CHECK(out.exchanges[0].durable);
  REQUIRE(out.queues.size() == 2);
  CHECK(out.queues[0].durable);
  CHECK(std::get<std::string>(out.queues[0].arguments.at("x-queue-type").value) == "quorum");
  CHECK_FALSE(out.queues[1].durable);
  CHECK(out.queues[1].arguments.empty());
  REQUIRE(out.bindings.size() == 1);
  CHECK(out.bindings[0] == broker::Binding{"billing", "orders", "order.*", {}});
}

TEST_CASE("a queue's type and its x-queue-type argument must agree") {
  v1::DeclareTopologyRequest request;
  request.add_queues();
  v1::Queue& queue = *request.add_queues();
  queue.set_type(v1::QUEUE_TYPE_QUORUM);
  (*queue.mutable_arguments())["x-queue-type"].set_string_value("quorum");
  broker::Topology agreed;
  CHECK_FALSE(TakeTopology(request, agreed));

  queue.set_type(v1::QUEUE_TYPE_STREAM);
  (*queue.mutable_arguments())["x-queue-type"].set_string_value("quorum");
  broker::Topology out;
  CheckRefused(TakeTopology(request, out), Reason::kInvalidTopology, "queues[1].type");
}

TEST_CASE("a queue type that this version does not know is refused") {
  v1::DeclareTopologyRequest request;
  request.add_queues()->set_type(static_cast<v1::QueueType>(9));
  broker::Topology out;
  CheckRefused(TakeTopology(request, out), Reason::kInvalidTopology, "queues[0].type");
}

TEST_CASE("a bad argument of a topology is named by its place") {
  v1::DeclareTopologyRequest request;
  (*request.add_bindings()->mutable_arguments())["x-match"];
  broker::Topology out;
  CheckRefused(TakeTopology(request, out), Reason::kInvalidTopology,
               "bindings[0].arguments[\"x-match\"] has no value");
}

TEST_CASE("a delivery reaches the client whole") {
  auto message = std::make_shared<broker::ReceivedMessage>();
  message->exchange = "e";
  message->routing_key = "k\xFF";
  message->body = std::make_shared<const std::string>("\0\xFF", 2);
  message->properties = AllProperties();
  message->redelivered = true;
  message->attempt = 3;
  broker::Delivery delivery;
  delivery.id = {1, 2, 3, 4};
  delivery.queue = std::make_shared<const std::string>("q");
  delivery.message = std::move(message);
  delivery.invalid_reason = "not JSON";
  v1::Delivery out;
  PutDelivery(delivery, out);
  CHECK(out.delivery_id() == "1.2.3.4");
  CHECK(out.queue() == "q");
  CHECK(out.exchange() == "e");
  CHECK(out.routing_key() == "k\xEF\xBF\xBD");
  CHECK(out.body() == std::string("\0\xFF", 2));
  CHECK(out.properties().message_id() == "m");
  CHECK(out.redelivered());
  CHECK(out.attempt() == 3);
  CHECK(out.invalid_reason() == "not JSON");
}

TEST_CASE("properties that the publisher did not send are not there") {
  v1::Properties out;
  PutProperties({}, out);
  CHECK(out.ByteSizeLong() == 0);
}

TEST_CASE("an expiration that is no number is left out") {
  broker::Properties properties;
  properties.expiration = "soon";
  v1::Properties out;
  PutProperties(properties, out);
  CHECK_FALSE(out.has_expiration());
}

TEST_CASE("a settlement that did not count is told with code and reason") {
  v1::SettleFailure out;
  PutSettleFailure({"id", broker::SettleReason::kStaleDelivery, "the link was lost"}, out);
  CHECK(out.delivery_id() == "id");
  CHECK(out.code() == 9);
  CHECK(out.reason() == "STALE_DELIVERY");
  CHECK(out.detail() == "the link was lost");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
