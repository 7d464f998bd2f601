// Topology calls that cannot be done: each fails alone, says what is wrong, and costs nobody
// anything. Many of them would make RabbitMQ close the whole connection if they were sent.
#include <atomic>
#include <thread>

#include "integration/limited_user.h"
#include "integration/stream_items.h"
#include "integration/topology_call.h"

namespace amqp_sidecar::test {
namespace {

using grpc::StatusCode;

void CheckRefused(const Outcome& outcome, StatusCode code, const std::string& reason,
                  const std::string& words) {
  INFO(outcome);
  CHECK(outcome.code == code);
  CHECK(outcome.reason == reason);
  CHECK(outcome.domain == "amqp-sidecar");
  CHECK_THAT(outcome.text, ContainsSubstring(words));
}

void CheckInvalid(const Outcome& outcome, const std::string& words) {
  CheckRefused(outcome, StatusCode::INVALID_ARGUMENT, "INVALID_TOPOLOGY", words);
}

void CheckConflict(const Outcome& outcome, const std::string& words) {
  CheckRefused(outcome, StatusCode::FAILED_PRECONDITION, "TOPOLOGY_CONFLICT", words);
}

pb::DeclareTopologyRequest QueueRequest(const std::string& name,
                                        pb::QueueType type = pb::QUEUE_TYPE_UNSPECIFIED) {
  pb::DeclareTopologyRequest request;
  request.add_queues()->set_name(name);
  request.mutable_queues(0)->set_type(type);
  return request;
}

pb::DeclareTopologyRequest WithText(pb::DeclareTopologyRequest request, const std::string& argument,
                                    const std::string& value) {
  (*request.mutable_queues(0)->mutable_arguments())[argument].set_string_value(value);
  return request;
}

pb::DeclareTopologyRequest WithNumber(pb::DeclareTopologyRequest request,
                                      const std::string& argument, int64_t value) {
  (*request.mutable_queues(0)->mutable_arguments())[argument].set_int_value(value);
  return request;
}

pb::DeclareTopologyRequest ExchangeRequest(const std::string& name, const std::string& type) {
  pb::DeclareTopologyRequest request;
  request.add_exchanges()->set_name(name);
  request.mutable_exchanges(0)->set_type(type);
  return request;
}

Outcome Delete(Client& client, const std::string& queue, bool if_unused, bool if_empty) {
  pb::DeleteQueueRequest request;
  request.set_queue(queue);
  request.set_if_unused(if_unused);
  request.set_if_empty(if_empty);
  pb::DeleteQueueResponse response;
  return Call(client, &pb::TopologyService::Stub::DeleteQueue, request, &response);
}

Outcome Purge(Client& client, const std::string& queue) {
  pb::PurgeQueueRequest request;
  request.set_queue(queue);
  pb::PurgeQueueResponse response;
  return Call(client, &pb::TopologyService::Stub::PurgeQueue, request, &response);
}

// A subscription and a stream of publishes to its queue, on the connection that the test's calls go
// by, while the test makes them.
class Bystanders {
 public:
  explicit Bystanders(World& world)
      : queue_(world.names.Queue()),
        publisher_(world.sidecar.target()),
        acker_(world.sidecar.target()),
        stream_(publisher_),
        subscription_(world.client, queue_, 0, [this](const pb::Delivery& delivery) {
          if (acker_.Ack({delivery.delivery_id()}).empty()) ++acked_;
        }) {
    REQUIRE(subscription_.WaitForEvents(1));
    thread_ = std::thread([this] { PublishOn(); });
  }
  ~Bystanders() {
    enough_ = true;
    if (thread_.joinable()) thread_.join();
  }

  // Each publish OK and delivered, once; no event; and it all goes on.
  void CheckUnharmed() {
    const size_t before = acked_;
    CHECK(Eventually(20s, [&] { return acked_ >= before + 50; }));
    enough_ = true;
    thread_.join();
    CHECK(stream_.Finish().ok());
    CHECK(EachOnce(stream_, sent_));
    CHECK(CountOk(stream_) == sent_);
    CHECK(Eventually(10s, [&] { return acked_ == sent_; }));
    CHECK(subscription_.deliveries().size() == sent_);
    CHECK(subscription_.events() == Events{kSubscribed});
  }

 private:
  // As fast as it is consumed.
  void PublishOn() {
    while (!enough_) {
      if (!Eventually(1s, [&] { return enough_ || sent_ < acked_ + 20; })) continue;
      if (!stream_.Send(NumberedItems(sent_, 10, "", queue_))) return;
      sent_ += 10;
    }
  }

  const std::string queue_;
  Client publisher_;
  Client acker_;
  std::atomic<size_t> acked_ = 0;
  std::atomic<size_t> sent_ = 0;
  std::atomic<bool> enough_ = false;
  PublishStream stream_;
  Subscription subscription_;
  std::thread thread_;
};

TEST_CASE("A conflict says which property differs, what the broker has and what was asked for") {
  World world;
  const std::string classic = world.names.Queue({{"x-message-ttl", int64_t{1000}}});
  const std::string quorum = world.names.Queue({{"x-queue-type", "quorum"}});
  const std::string stream = world.names.Queue({{"x-queue-type", "stream"}});
  const std::string exchange = world.names.Exchange("fanout");
  Bystanders bystanders(world);

  pb::DeclareTopologyRequest transient = WithNumber(QueueRequest(classic), "x-message-ttl", 1000);
  transient.mutable_queues(0)->set_durable(false);
  CheckConflict(world.client.Declare(transient),
                "queue \"" + classic +
                    "\": it exists with another property: durable is \"true\" in the broker, and "
                    "\"false\" was asked for");
  CheckConflict(world.client.Declare(QueueRequest(classic)),
                "x-message-ttl is \"1000\" in the broker, and none was asked for");
  CheckConflict(world.client.Declare(WithNumber(QueueRequest(classic), "x-message-ttl", 5)),
                "x-message-ttl is \"1000\" in the broker, and \"5\" was asked for");
  CheckConflict(
      world.client.Declare(WithText(WithNumber(QueueRequest(classic), "x-message-ttl", 1000),
                                    "x-dead-letter-exchange", "it's")),
      "x-dead-letter-exchange is none in the broker, and \"it's\" was asked for");
  CheckConflict(world.client.Declare(QueueRequest(quorum, pb::QUEUE_TYPE_STREAM)),
                "x-queue-type is \"quorum\" in the broker, and \"stream\" was asked for");
  CheckConflict(world.client.Declare(QueueRequest(stream, pb::QUEUE_TYPE_CLASSIC)),
                "x-queue-type is \"stream\" in the broker, and \"classic\" was asked for");
  CheckConflict(world.client.Declare(ExchangeRequest(exchange, "topic")),
                "exchange \"" + exchange +
                    "\": it exists with another property: type is \"fanout\" in the broker, and "
                    "\"topic\" was asked for");
  bystanders.CheckUnharmed();
}

TEST_CASE(
    "An exclusive queue of the sidecar's own is a conflict, one of another is not to be had") {
  World world;
  World other;
  const std::string queue = world.names.Reserve("exclusive");
  pb::DeclareTopologyRequest exclusive = QueueRequest(queue);
  exclusive.mutable_queues(0)->set_exclusive(true);
  REQUIRE(world.client.Declare(exclusive).ok());
  CheckConflict(world.client.Declare(QueueRequest(queue)),
                "exclusive is \"true\" in the broker, and \"false\" was asked for");
  CheckRefused(other.client.Declare(QueueRequest(queue)), StatusCode::FAILED_PRECONDITION,
               "QUEUE_EXCLUSIVE", queue);
  const std::string shared = world.names.Queue();
  exclusive.mutable_queues(0)->set_name(shared);
  CheckConflict(world.client.Declare(exclusive),
                "exclusive is \"false\" in the broker, and \"true\" was asked for");
}

TEST_CASE("Conditions on deleting reach classic queues, and are refused for others") {
  World world;
  // With arguments that RabbitMQ looks at before the type.
  const std::string quorum = world.names.Queue({{"x-queue-type", "quorum"},
                                                {"x-max-length", int64_t{5}},
                                                {"x-dead-letter-exchange", "it's"}});
  const std::string stream =
      world.names.Queue({{"x-queue-type", "stream"}, {"x-max-length-bytes", int64_t{5'000'000}}});
  const std::string classic =
      world.names.Queue({{"x-message-ttl", int64_t{600'000}}, {"x-single-active-consumer", true}});
  Bystanders bystanders(world);
  for (const auto& [if_unused, if_empty] :
       {std::pair(true, false), std::pair(false, true), std::pair(true, true)}) {
    CheckInvalid(Delete(world.client, quorum, if_unused, if_empty), "is a quorum queue");
    CheckInvalid(Delete(world.client, stream, if_unused, if_empty), "is a stream queue");
    CHECK(Delete(world.client, "no-such-queue", if_unused, if_empty).ok());
  }
  CHECK(world.direct.QueueExists(quorum));
  CHECK(world.direct.QueueExists(stream));
  world.direct.Publish("", classic, "1");
  CheckRefused(Delete(world.client, classic, false, true), StatusCode::FAILED_PRECONDITION,
               "QUEUE_NOT_EMPTY", classic);
  CHECK(Delete(world.client, classic, true, false).ok());
  CHECK_FALSE(world.direct.QueueExists(classic));
  CHECK(Delete(world.client, quorum, false, false).ok());
  CHECK(Delete(world.client, stream, false, false).ok());
  CHECK_FALSE(world.direct.QueueExists(quorum));
  CHECK_FALSE(world.direct.QueueExists(stream));
  bystanders.CheckUnharmed();
}

TEST_CASE("Classic and quorum queues are purged, a stream cannot be") {
  World world;
  const std::string quorum =
      world.names.Queue({{"x-queue-type", "quorum"}, {"x-delivery-limit", int64_t{5}}});
  const std::string stream = world.names.Queue({{"x-queue-type", "stream"}});
  pb::DeclareTopologyRequest transient = QueueRequest(world.names.Reserve("transient"));
  transient.mutable_queues(0)->set_durable(false);
  REQUIRE(world.client.Declare(transient).ok());
  Bystanders bystanders(world);
  CheckInvalid(Purge(world.client, stream), "is a stream");
  for (const std::string& queue : {quorum, transient.queues(0).name(), world.names.Queue()}) {
    world.direct.Publish("", queue, "1");
    REQUIRE(Eventually(5s, [&] { return world.direct.Ready(queue) == 1; }));
    CHECK(Purge(world.client, queue).ok());
    CHECK(Eventually(5s, [&] { return world.direct.Ready(queue) == 0; }));
  }
  CheckRefused(Purge(world.client, "no-such-queue"), StatusCode::NOT_FOUND, "QUEUE_NOT_FOUND",
               "no-such-queue");
  bystanders.CheckUnharmed();
}

TEST_CASE("A queue's type is found out also where its name holds quotes, and anew each time") {
  World world;
  const std::string queue = world.names.Reserve("it's");
  REQUIRE(world.client.Declare(QueueRequest(queue, pb::QUEUE_TYPE_STREAM)).ok());
  CheckInvalid(Purge(world.client, queue), "is a stream");
  // By somebody else.
  world.direct.DeleteQueue(queue);
  world.direct.DeclareQueue(queue);
  CHECK(Purge(world.client, queue).ok());
}

// RabbitMQ's words end after 255 bytes.
TEST_CASE("A queue's type is found out also where its name leaves no room for it") {
  World world;
  const std::string fill(200, 'n');
  for (const auto& [type, words] : {std::pair(pb::QUEUE_TYPE_STREAM, "is a stream queue"),
                                    std::pair(pb::QUEUE_TYPE_QUORUM, "is a quorum queue")}) {
    const std::string queue = world.names.Reserve(fill);
    REQUIRE(world.client.Declare(QueueRequest(queue, type)).ok());
    CheckInvalid(Delete(world.client, queue, true, false), words);
  }
  const std::string classic = world.names.Reserve(fill);
  REQUIRE(world.client.Declare(QueueRequest(classic, pb::QUEUE_TYPE_CLASSIC)).ok());
  CHECK(Delete(world.client, classic, true, true).ok());
  CHECK_FALSE(world.direct.QueueExists(classic));
  CHECK(Delete(world.client, classic, true, true).ok());
  CHECK_FALSE(world.direct.QueueExists(classic));
}

TEST_CASE("Arguments and types over which the broker would close the connection are refused") {
  World world;
  Bystanders bystanders(world);
  const std::string name = world.names.Reserve("q");
  for (const char* age : {"", "h5", "-1h", "5", "1w"}) {
    CheckInvalid(
        world.client.Declare(WithText(QueueRequest(name, pb::QUEUE_TYPE_STREAM), "x-max-age", age)),
        "x-max-age");
  }
  CheckInvalid(
      world.client.Declare(WithText(QueueRequest(name), "x-queue-master-locator", "bogus")),
      "x-queue-master-locator");
  for (const char* type : {"no-such-type", "x-delayed-message"}) {
    CheckInvalid(world.client.Declare(ExchangeRequest(name, type)), "topology.exchange_types");
  }
  CHECK(world.client.Declare(WithText(QueueRequest(name, pb::QUEUE_TYPE_STREAM), "x-max-age", "7D"))
            .ok());
  bystanders.CheckUnharmed();
}

TEST_CASE("What the broker can never take is invalid, and no conflict") {
  World world;
  pb::DeclareTopologyRequest transient =
      QueueRequest(world.names.Reserve("q"), pb::QUEUE_TYPE_QUORUM);
  transient.mutable_queues(0)->set_durable(false);
  CheckInvalid(world.client.Declare(transient), "non-durable");
  CheckInvalid(world.client.Declare(
                   WithText(QueueRequest(world.names.Reserve("q")), "x-max-length", "many")),
               "x-max-length");
}

// RabbitMQ 3 closes the connection over it.
TEST_CASE("A listed exchange type that the broker has not is told, and not declared again") {
  SidecarOptions options;
  options.amqp = kFastReconnect;
  options.more = "topology: {exchange_types: [x-no-such]}\n";
  World world(options);
  CheckInvalid(world.client.Declare(ExchangeRequest(world.names.Reserve("x"), "x-no-such")),
               "unknown exchange type 'x-no-such'");
  world.sidecar.WaitReady();
  CHECK(world.client.Publish(JsonMessage("", world.names.Queue())).ok());
}

TEST_CASE("Without permission to find out a queue's type nothing is risked") {
  const LimitedUser user(RabbitmqNode::Shared());
  SidecarOptions options;
  options.uri = user.uri();
  World world(options);
  const std::string queue = world.names.Queue();
  world.direct.Publish("", queue, "1");
  Bystanders bystanders(world);
  CheckRefused(Purge(world.client, queue), StatusCode::PERMISSION_DENIED, "ACCESS_REFUSED",
               "permission to configure");
  CheckRefused(Delete(world.client, queue, true, true), StatusCode::PERMISSION_DENIED,
               "ACCESS_REFUSED", "permission to configure");
  CHECK(world.direct.Ready(queue) == 1);
  bystanders.CheckUnharmed();
}

TEST_CASE("While topology calls fail one after another nobody else notices") {
  World world;
  const std::string queue = world.names.Queue({{"x-max-length", int64_t{5}}});
  const std::string quorum = world.names.Queue({{"x-queue-type", "quorum"}});
  const std::string stream = world.names.Queue({{"x-queue-type", "stream"}});
  const std::string exchange = world.names.Exchange("fanout");
  Bystanders bystanders(world);
  pb::DeclareTopologyRequest unbindable;
  unbindable.add_bindings()->set_queue(queue);
  unbindable.mutable_bindings(0)->set_exchange("no-such-exchange");
  for (int i = 0; i < 20; ++i) {
    CHECK(world.client.Declare(QueueRequest(queue)).reason == "TOPOLOGY_CONFLICT");
    CHECK(world.client.Declare(ExchangeRequest(exchange, "topic")).reason == "TOPOLOGY_CONFLICT");
    CHECK(world.client.Declare(unbindable).reason == "EXCHANGE_NOT_FOUND");
    CHECK(world.client.Declare(QueueRequest("amq.mine")).reason == "ACCESS_REFUSED");
    CHECK(Delete(world.client, quorum, true, false).reason == "INVALID_TOPOLOGY");
    CHECK(Purge(world.client, stream).reason == "INVALID_TOPOLOGY");
    CHECK(Purge(world.client, "no-such-queue").reason == "QUEUE_NOT_FOUND");
  }
  bystanders.CheckUnharmed();
}

}  // namespace
}  // namespace amqp_sidecar::test
