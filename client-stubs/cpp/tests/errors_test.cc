// Every reason that the sidecar has, as this client throws it.
#include <future>
#include <thread>

#include "seen.h"
#include "support/catch.h"
#include "world.h"

namespace amqp_sidecar::test {
namespace {

// "REASON CODE persisted", with "retryable" behind it.
std::string Summary(const ErrorFields& error) {
  std::string text = error.reason + " ";
  text += NameOf(error.code);
  if (error.persisted != Persisted::kUnspecified) text.append(" ").append(NameOf(error.persisted));
  return text + (error.retryable ? " retryable" : "");
}

template <typename Call>
std::string SummaryOf(Call call) {
  return Summary(ErrorOf(call));
}

std::string Publishing(Client& client, const std::string& exchange, const std::string& key,
                       const PublishOptions& options = {}, const Body& body = "{}") {
  return SummaryOf([&] { client.Publish(exchange, key, body, options); });
}

std::string Subscribing(Client& client, const std::string& queue,
                        const SubscribeOptions& options = {}) {
  Subscription subscription = client.Subscribe(queue, [](const Delivery&) {}, options);
  REQUIRE(subscription.done().wait_for(kSoon) == std::future_status::ready);
  return SummaryOf([&] { subscription.Wait(); });
}

PublishOptions Within(std::chrono::milliseconds timeout) { return {.timeout = timeout}; }

}  // namespace

TEST_CASE("an error says reason, code and detail in one line, and carries the message id") {
  Client client = NewClient();
  try {
    client.Publish("", Fresh("nowhere"), "{}", {.properties = {.message_id = "of-the-caller"}});
    FAIL("published");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), ContainsSubstring("UNROUTABLE (FAILED_PRECONDITION): ") &&
                                 ContainsSubstring(error.detail()));
    CHECK(error.message_id() == "of-the-caller");
  }
}

TEST_CASE("what is wrong with a message or its way is told by its reason, and was not sent") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const std::string internal = Fresh("internal");
  client.Declare({.exchanges = {{.name = internal, .internal = true}}});
  CHECK(Publishing(client, "", "") == "INVALID_MESSAGE INVALID_ARGUMENT NO");
  CHECK(Publishing(client, "", queue, {.properties = {.priority = 256}}) ==
        "INVALID_MESSAGE INVALID_ARGUMENT NO");
  CHECK(Publishing(client, "", queue, {}, "{") == "INVALID_BODY INVALID_ARGUMENT NO");
  CHECK(Publishing(client, "", queue, {}, "\"" + std::string(1 << 20, 'x') + "\"") ==
        "MESSAGE_TOO_LARGE INVALID_ARGUMENT NO");
  CHECK(Publishing(client, Fresh("nowhere"), "key") == "EXCHANGE_NOT_FOUND NOT_FOUND NO");
  CHECK(Publishing(client, "", Fresh("nowhere")) == "UNROUTABLE FAILED_PRECONDITION NO");
  CHECK(Publishing(client, internal, "key") == "ACCESS_REFUSED PERMISSION_DENIED NO");
  CHECK(CountOf(client, queue) == 0);
}

TEST_CASE(
    "what is not UTF-8 or nests too deep is INVALID_MESSAGE, and other messages are not hurt") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Publisher publisher = client.NewPublisher();
  std::future<PublishResult> before = publisher.Publish("", queue, "{}");
  const auto publish = [&](const Properties& properties) {
    return SummaryOf([&] { publisher.Publish("", queue, "{}", {.properties = properties}).get(); });
  };
  const std::string expected = "INVALID_MESSAGE INVALID_ARGUMENT NO";
  for (const char* bad : {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\xaf", "\xf4\x90\x80\x80"}) {
    CHECK(publish({.headers = {{"name", std::string(bad)}}}) == expected);
    CHECK(publish({.headers = {{bad, 1}}}) == expected);
    CHECK(publish({.correlation_id = bad}) == expected);
    CHECK(SummaryOf([&] { publisher.Publish(bad, queue, "{}"); }) == expected);
  }
  Value deep = 1;
  for (int i = 0; i < 60; ++i) deep = Array{deep};
  CHECK(publish({.headers = {{"deep", deep}}}) == expected);
  const std::string good = "gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x90\xb0";
  CHECK(publisher.Publish("", queue, "{}", {.properties = {.headers = {{"name", good}}}})
            .get()
            .routed);
  CHECK(before.get().routed);
}

TEST_CASE("a full queue is REFUSED_BY_BROKER, and beside a free one PARTIAL") {
  Client client = NewClient();
  const std::string full =
      FreshQueue(client, {{"x-max-length", 1}, {"x-overflow", "reject-publish"}});
  const std::string free = FreshQueue(client);
  const std::string fanout = Fresh("fanout");
  client.Declare(
      {.exchanges = {{.name = fanout, .type = "fanout"}},
       .bindings = {{.queue = full, .exchange = fanout}, {.queue = free, .exchange = fanout}}});
  client.Publish("", full, "{}");
  CHECK(Publishing(client, "", full) == "REFUSED_BY_BROKER RESOURCE_EXHAUSTED NO retryable");
  CHECK(Publishing(client, fanout, "") == "REFUSED_BY_BROKER RESOURCE_EXHAUSTED PARTIAL");
}

TEST_CASE("a broker that is away is BROKER_UNAVAILABLE within the timeout") {
  Client client(World::Get().Start(Fresh("alone"), R"("broker": false)"));
  const auto began = std::chrono::steady_clock::now();
  CHECK(Publishing(client, "", "queue", Within(1s)) ==
        "BROKER_UNAVAILABLE UNAVAILABLE NO retryable");
  CHECK(std::chrono::steady_clock::now() - began < 2s);
}

TEST_CASE("an answer of the broker that does not come is OUTCOME_UNKNOWN, and is not tried again") {
  const std::string name = Fresh("held");
  World& world = World::Get();
  Client client(
      world.Start(name, R"("proxy": true, "config": {"limits": {"max_in_flight_messages": 1}})"));
  Client other = NewClient();
  const std::string queue = FreshQueue(client);
  client.Publish("", queue, "{}");
  world.Do("hold", name);
  std::future<std::string> pending =
      std::async(std::launch::async, [&] { return Publishing(client, "", queue, Within(2s)); });
  CHECK(Eventually(kSoon, [&] { return CountOf(other, queue) == 2; }));
  CHECK(Publishing(client, "", queue, Within(1s)) ==
        "LIMIT_EXCEEDED RESOURCE_EXHAUSTED NO retryable");
  CHECK(pending.get() == "OUTCOME_UNKNOWN DEADLINE_EXCEEDED UNKNOWN");
  world.Do("release", name);
  // A retry would come by now.
  CHECK(Throughout(500ms, [&] { return CountOf(other, queue) == 2; }));
}

TEST_CASE("a broker that takes nothing is BROKER_BLOCKED, once the sidecar knows") {
  Client client(World::Get().Start(Fresh("blocked")));
  const std::string queue = FreshQueue(client);
  client.Publish("", queue, "{}");
  World::Get().Alarm(true);
  CHECK(Publishing(client, "", queue, Within(1s)) == "OUTCOME_UNKNOWN DEADLINE_EXCEEDED UNKNOWN");
  CHECK(Publishing(client, "", queue, Within(1s)) == "BROKER_BLOCKED UNAVAILABLE NO retryable");
  World::Get().Alarm(false);
  CHECK(client.Publish("", queue, "{}").routed);
}

TEST_CASE("a sidecar that is not there is SIDECAR_UNAVAILABLE") {
  Client client("/nowhere/sidecar.sock");
  CHECK(Publishing(client, "", "queue", Within(300ms)) ==
        "SIDECAR_UNAVAILABLE DEADLINE_EXCEEDED UNKNOWN");
  CHECK(SummaryOf([&] { client.GetQueue("queue", {.timeout = 300ms}); }) ==
        "SIDECAR_UNAVAILABLE DEADLINE_EXCEEDED");
  // Here it is known that nothing was written.
  Publisher publisher = client.NewPublisher();
  CHECK(SummaryOf([&] { publisher.Publish("", "queue", "{}", Within(300ms)).get(); }) ==
        "SIDECAR_UNAVAILABLE DEADLINE_EXCEEDED NO");
}

TEST_CASE("a subscription that cannot be ends with its reason") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  CHECK(Subscribing(client, Fresh("nowhere")) == "QUEUE_NOT_FOUND NOT_FOUND");
  CHECK(Subscribing(client, queue, {.prefetch = 65536}) == "INVALID_SUBSCRIPTION INVALID_ARGUMENT");
  Seen seen;
  Subscription first =
      client.Subscribe(queue, seen.Remember(), {.exclusive = true, .on_event = seen.Events()});
  REQUIRE(seen.AwaitEvent(EventKind::kSubscribed));
  CHECK(Subscribing(client, queue) == "QUEUE_EXCLUSIVE FAILED_PRECONDITION");
  CHECK(SummaryOf([&] { client.Subscribe("\xff", seen.Remember()); }) ==
        "INVALID_SUBSCRIPTION INVALID_ARGUMENT");
  client.DeleteQueue(queue);
  REQUIRE(first.done().wait_for(kSoon) == std::future_status::ready);
  CHECK(SummaryOf([&] { first.Wait(); }) == "QUEUE_NOT_FOUND NOT_FOUND");
}

TEST_CASE("a topology that cannot be is told by its reason") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const std::string exchange = Fresh("exchange");
  client.Declare({.exchanges = {{.name = exchange}},
                  .bindings = {{.queue = queue, .exchange = exchange, .routing_key = "key"}}});
  const auto declaring = [&](const Topology& topology) {
    return SummaryOf([&] { client.Declare(topology); });
  };
  CHECK(declaring({.queues = {{.name = queue, .arguments = {{"x-message-ttl", 1000}}}}}) ==
        "TOPOLOGY_CONFLICT FAILED_PRECONDITION");
  CHECK(declaring({.exchanges = {{.name = ""}}}) == "INVALID_TOPOLOGY INVALID_ARGUMENT");
  CHECK(declaring({.queues = {{.name = "\xff"}}}) == "INVALID_TOPOLOGY INVALID_ARGUMENT");
  CHECK(declaring({.exchanges = {{.name = "amq.mine"}}}) == "ACCESS_REFUSED PERMISSION_DENIED");
  CHECK(declaring({.bindings = {{.queue = queue, .exchange = Fresh("nowhere")}}}) ==
        "EXCHANGE_NOT_FOUND NOT_FOUND");
  CHECK(SummaryOf([&] { client.GetQueue(Fresh("nowhere")); }) == "QUEUE_NOT_FOUND NOT_FOUND");
  CHECK(SummaryOf([&] { client.DeleteExchange(exchange, /*if_unused=*/true); }) ==
        "QUEUE_IN_USE FAILED_PRECONDITION");
  client.Publish(exchange, "key", "{}");
  CHECK(SummaryOf([&] { client.DeleteQueue(queue, {.if_empty = true}); }) ==
        "QUEUE_NOT_EMPTY FAILED_PRECONDITION");
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember(), {.on_event = seen.Events()});
  REQUIRE(seen.AwaitEvent(EventKind::kSubscribed));
  CHECK(SummaryOf([&] { client.DeleteQueue(queue, {.if_unused = true}); }) ==
        "QUEUE_IN_USE FAILED_PRECONDITION");
}

TEST_CASE("exchanges, queues and bindings are made, seen, emptied and taken away") {
  Client client = NewClient();
  const std::string exchange = Fresh("exchange");
  const std::string queue = Fresh("queue");
  const Binding binding{.queue = queue, .exchange = exchange, .routing_key = "order.*"};
  const auto names = client.Declare({
      .exchanges = {{.name = exchange, .type = "topic"}},
      .queues = {{.name = queue, .type = QueueType::kQuorum}, {.exclusive = true}},
      .bindings = {binding},
  });
  REQUIRE(names.size() == 2);
  CHECK(names[0] == queue);
  CHECK_FALSE(names[1].empty());
  client.Publish(exchange, "order.created", "{}");
  client.Publish(exchange, "order.created", "{}");
  CHECK(Eventually(kSoon, [&] { return CountOf(client, queue) == 2; }));
  CHECK(client.PurgeQueue(queue) == 2);
  client.Unbind(binding);
  CHECK_FALSE(client.Publish(exchange, "order.created", "{}", {.allow_unroutable = true}).routed);
  CHECK(client.DeleteQueue(queue) == 0);
  client.DeleteExchange(exchange);
  CHECK(Publishing(client, exchange, "order.created") == "EXCHANGE_NOT_FOUND NOT_FOUND NO");
}

}  // namespace amqp_sidecar::test
