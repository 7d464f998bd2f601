// The rules for bodies on delivery: messages that others published past the sidecar, and what
// becomes of those that break the rule.
#include <signal.h>

#include <set>

#include "integration/subscribing.h"
#include "integration/validating.h"

namespace amqp_sidecar::test {
namespace {

// A queue whose rule is that of orders.
struct Billing {
  explicit Billing(const std::string& on_invalid, const Direct::Arguments& arguments = {})
      : names(RabbitmqNode::Shared()),
        queue(names.Queue(arguments)),
        dead(names.DeadOf(queue)),
        world(WithRules(
            {"{queue: " + queue + ", " + kOrderRule + ", on_invalid: " + on_invalid + "}"})) {}

  // A good order, each of the bad ones, and after each a good one.
  void PublishAll() {
    std::vector<Direct::Message> messages;
    messages.push_back(Message(Order()));
    for (const BadOrder& bad : BadOrders()) {
      messages.push_back(Message(bad.body));
      messages.push_back(Message(Order()));
    }
    world.direct.PublishAll("", queue, messages);
  }

  // Without a content type: the rule has a schema, and is for every body.
  static Direct::Message Message(const std::string& body) {
    Direct::Message message;
    message.body = body;
    message.delivery_mode = 2;
    message.message_id = UniqueName("id");
    return message;
  }

  bool DeadAre(size_t count) {
    return Eventually(
        15s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead) == count; });
  }

  Names names;
  const std::string queue;
  const std::string dead;
  World world;
};

void CheckDeadLetter(const Direct::Message& message, const BadOrder& bad, const Billing& billing) {
  INFO(bad.what);
  CHECK(message.body == bad.body);
  CHECK(message.message_id.ends_with("-id"));
  CHECK_THAT(message.headers.at("x-sidecar-reason").text, ContainsSubstring(bad.reason));
  CHECK(message.headers.at("x-sidecar-dead-by").text == "invalid");
  CHECK(message.headers.at("x-sidecar-attempts").text == "1");
  CHECK(message.headers.at("x-sidecar-queue").text == billing.queue);
  CHECK(message.headers.at("x-sidecar-routing-key").text == billing.queue);
}

// The good ones came, settled, and nothing is left of the bad ones in the queue.
template <typename Call>
void CheckOnlyGood(Billing& billing, const Call& call) {
  const size_t good = BadOrders().size() + 1;
  REQUIRE(call.WaitForDeliveries(good));
  const std::vector<pb::Delivery> deliveries = call.deliveries();
  CHECK(deliveries.size() == good);
  for (const pb::Delivery& delivery : deliveries) {
    CHECK(delivery.body() == Order());
    CHECK(delivery.invalid_reason().empty());
  }
  CHECK(billing.world.client.Ack(Ids(deliveries)).empty());
}

TEST_CASE("An invalid delivery comes with the reason, and is its consumer's to settle") {
  Billing billing("deliver");
  billing.PublishAll();
  const std::vector<BadOrder> bad = BadOrders();
  Subscription subscription(billing.world.client, billing.queue);
  REQUIRE(subscription.WaitForDeliveries(2 * bad.size() + 1));
  const std::vector<pb::Delivery> deliveries = subscription.deliveries();
  for (size_t i = 0; i < bad.size(); ++i) {
    INFO(bad[i].what);
    CHECK(deliveries[2 * i].invalid_reason().empty());
    CHECK(deliveries[2 * i + 1].body() == bad[i].body);
    CHECK_THAT(deliveries[2 * i + 1].invalid_reason(), ContainsSubstring(bad[i].reason));
  }
  CHECK(billing.world.client.Ack(Ids(deliveries)).empty());
  CHECK_FALSE(billing.world.direct.QueueExists(billing.dead));
}

TEST_CASE("An invalid delivery is dead-lettered, and its consumer never sees it") {
  const std::string type = GENERATE("classic", "quorum");
  CAPTURE(type);
  Billing billing("dead_letter", {{"x-queue-type", type}});
  billing.PublishAll();
  const std::vector<BadOrder> bad = BadOrders();
  SECTION("of Subscribe") {
    Subscription subscription(billing.world.client, billing.queue);
    CheckOnlyGood(billing, subscription);
    REQUIRE(billing.DeadAre(bad.size()));
    CHECK(subscription.deliveries().size() == bad.size() + 1);
  }
  SECTION("of SubscribeStream, with a small prefetch") {
    SubscribeStream stream(billing.world.client, billing.queue, 3);
    for (size_t i = 0; i < bad.size() + 1; ++i) {
      const SubscribeStream::Arrival arrival = stream.Next();
      CHECK(arrival.delivery.body() == Order());
      REQUIRE(stream.Ack({arrival.id()}));
    }
    REQUIRE(billing.DeadAre(bad.size()));
    CHECK(stream.delivery_count() == bad.size() + 1);
    CHECK(stream.failures().empty());
    for (const pb::SubscribeStreamResponse& response : stream.responses()) {
      CHECK(response.ByteSizeLong() > 0);
    }
  }
  for (const BadOrder& one : bad) {
    CheckDeadLetter(billing.world.direct.Get(billing.dead).value(), one, billing);
  }
  // With the consumer gone, what was not acked would be back.
  CHECK(Eventually(5s, [&] { return billing.world.direct.Consumers(billing.queue) == 0; }));
  CHECK(billing.world.direct.Ready(billing.queue) == 0);
}

TEST_CASE("A rejected one goes to the queue's own dead-letter exchange, as its consumer's would") {
  Names names(RabbitmqNode::Shared());
  const std::string graveyard = names.Queue();
  const std::string dlx = names.ExchangeTo(graveyard, "#");
  Billing billing("reject", {{"x-dead-letter-exchange", dlx}});
  billing.PublishAll();
  const std::vector<BadOrder> bad = BadOrders();
  Subscription subscription(billing.world.client, billing.queue);
  CheckOnlyGood(billing, subscription);
  REQUIRE(Eventually(5s, [&] { return billing.world.direct.Ready(graveyard) == bad.size(); }));
  for (const BadOrder& one : bad) {
    const Direct::Message message = billing.world.direct.Get(graveyard).value();
    CHECK(message.body == one.body);
    CHECK(message.headers.contains("x-death"));
  }
  CHECK_FALSE(billing.world.direct.QueueExists(billing.dead));
}

TEST_CASE("The policy's dead-letter exchange gets what a rule dead-letters or rejects") {
  for (const char* on_invalid : {"dead_letter", "reject"}) {
    INFO(on_invalid);
    Names names(RabbitmqNode::Shared());
    const std::string graveyard = names.Queue();
    const std::string dlx = names.ExchangeTo(graveyard, "grave");
    Billing billing(on_invalid);
    billing.world.direct.Publish("", billing.queue, Billing::Message("{}"));
    SubscribeStream stream(billing.world.client,
                           WithDeadLetters(RequestFor(billing.queue), dlx, "grave"));
    REQUIRE(Eventually(5s, [&] { return billing.world.direct.Ready(graveyard) == 1; }));
    const Direct::Message message = billing.world.direct.Get(graveyard).value();
    CHECK(message.headers.at("x-sidecar-dead-by").text == "invalid");
    CHECK(message.headers.at("x-sidecar-reason").text == "/order_id: required, missing");
    CHECK(stream.delivery_count() == 0);
  }
}

TEST_CASE("A queue full of invalid messages is emptied past the prefetch, to the good one behind") {
  Billing billing("dead_letter");
  std::vector<Direct::Message> messages(500, Billing::Message("{}"));
  messages.push_back(Billing::Message(Order()));
  billing.world.direct.PublishAll("", billing.queue, messages);
  Subscription subscription(billing.world.client, billing.queue, 10);
  REQUIRE(subscription.WaitForDeliveries(1, 60s));
  CHECK(subscription.deliveries()[0].body() == Order());
  CHECK(billing.DeadAre(500));
  CHECK(subscription.events() == Events{kSubscribed});
}

TEST_CASE("What is invalid is logged seldom, with its place, and never what is there") {
  Billing billing("dead_letter");
  std::vector<Direct::Message> messages(
      50, Billing::Message(OrderWith("\"c-20391\"", "\"" + std::string(80, 'S') + "\"")));
  billing.world.direct.PublishAll("", billing.queue, messages);
  Subscription subscription(billing.world.client, billing.queue);
  REQUIRE(billing.DeadAre(50));
  const std::string line = "delivery with an invalid body queue=" + billing.queue + " ";
  REQUIRE(Eventually(
      5s, [&] { return billing.world.sidecar.output().find(line) != std::string::npos; }));
  CHECK(billing.world.sidecar.Stop() == 0);
  const std::string log = billing.world.sidecar.output();
  CHECK_THAT(log, ContainsSubstring(" at=/customer/id action=dead-lettered "));
  CHECK(log.find("SSSS") == std::string::npos);
  size_t lines = 0;
  for (size_t at = log.find(line); at != std::string::npos; at = log.find(line, at + 1)) ++lines;
  CHECK(lines < 10);
}

TEST_CASE("A stream's invalid messages are copied to the dead letters, and reading goes on") {
  Billing billing("dead_letter", {{"x-queue-type", "stream"}});
  billing.world.direct.PublishAll("", billing.queue,
                                  {Billing::Message(Order()), Billing::Message("{}"),
                                   Billing::Message(""), Billing::Message(Order())});
  SubscribeStream stream(billing.world.client, WithArgument(RequestFor(billing.queue, 10),
                                                            "x-stream-offset", TextValue("first")));
  REQUIRE(stream.WaitForDeliveries(2));
  CHECK(Bodies(stream.deliveries()) == IdList{Order(), Order()});
  REQUIRE(billing.DeadAre(2));
  CHECK(billing.world.direct.Get(billing.dead)->body == "{}");
  CHECK(billing.world.direct.Get(billing.dead)->body.empty());
  CHECK(stream.failures().empty());
}

TEST_CASE("A drain waits until what was found invalid is where it goes") {
  Billing billing("dead_letter");
  billing.world.direct.PublishAll("", billing.queue,
                                  {Billing::Message(Order()), Billing::Message("{}")});
  Subscription subscription(billing.world.client, billing.queue);
  REQUIRE(subscription.WaitForDeliveries(1));
  billing.world.sidecar.Signal(SIGTERM);
  REQUIRE(subscription.WaitForEvents(2));
  CHECK(billing.world.client.Ack(Ids(subscription.deliveries())).empty());
  REQUIRE(billing.world.sidecar.Wait(8s) == 0);
  REQUIRE(billing.world.direct.QueueExists(billing.dead));
  CHECK(billing.world.direct.Ready(billing.dead) == 1);
  CHECK(billing.world.direct.Ready(billing.queue) == 0);
}

TEST_CASE("A client that closes its side sees its stream end though the rest is invalid") {
  Billing billing("dead_letter");
  SubscribeStream stream(billing.world.client, billing.queue);
  REQUIRE(stream.WaitForEvents(1));
  billing.world.direct.PublishAll("", billing.queue,
                                  std::vector<Direct::Message>(20, Billing::Message("{}")));
  stream.HalfClose();
  const std::optional<Outcome> end = stream.WaitForEnd();
  REQUIRE(end);
  INFO(*end);
  CHECK(end->ok());
  CHECK(stream.delivery_count() == 0);
  // Each is there or here, once.
  CHECK(Eventually(5s, [&] {
    const uint32_t dead = billing.world.direct.QueueExists(billing.dead)
                              ? billing.world.direct.Ready(billing.dead)
                              : 0;
    return dead + billing.world.direct.Ready(billing.queue) == 20;
  }));
}

}  // namespace
}  // namespace amqp_sidecar::test
