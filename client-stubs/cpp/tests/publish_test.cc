// One message at a time: what is sent arrives as it was, and a try is made again only where it is
// safe.
#include <amqp_sidecar/json.h>

#include <future>
#include <limits>
#include <span>
#include <stop_token>
#include <thread>

#include "amqp_sidecar/v1/subscriber.pb.h"
#include "amqp_sidecar/v1/topology.pb.h"
#include "seen.h"
#include "support/catch.h"
#include "world.h"

namespace amqp_sidecar::test {
namespace {

struct Order {
  int order_id = 0;
  std::string note;
};
void to_json(nlohmann::json& json, const Order& order) {
  json = {{"order_id", order.order_id}, {"note", order.note}};
}
void from_json(const nlohmann::json& json, Order& order) {
  json.at("order_id").get_to(order.order_id);
  json.at("note").get_to(order.note);
}

// What `read` makes of the next delivery of `queue`.
template <typename Read>
auto ReadNext(Client& client, const std::string& queue, Read read) {
  std::promise<decltype(read(std::declval<const Delivery&>()))> promise;
  auto future = promise.get_future();
  Subscription subscription =
      client.Subscribe(queue, [&](const Delivery& delivery) { promise.set_value(read(delivery)); });
  if (future.wait_for(kSoon) != std::future_status::ready) throw std::runtime_error("no delivery");
  auto result = future.get();
  subscription.Stop();
  return result;
}

}  // namespace

TEST_CASE("every property and every kind of header arrives as it was sent") {
  Client client = NewClient();
  const std::string exchange = Fresh("exchange");
  const std::string queue = FreshQueue(client);
  client.Declare({.exchanges = {{.name = exchange, .type = "topic"}},
                  .bindings = {{.queue = queue, .exchange = exchange, .routing_key = "a.*"}}});
  const Timestamp time{std::chrono::seconds(1'700'000'000)};
  const Properties sent{
      .content_type = "text/plain",
      .content_encoding = "identity",
      .headers = {{"text", "gr\xc3\xbc\xc3\x9f"},
                  {"empty", ""},
                  {"least", std::numeric_limits<std::int64_t>::min()},
                  {"int", 42},
                  {"double", 9.5},
                  {"true", true},
                  {"false", false},
                  {"bytes", Bytes{std::string("\0\xff\x01", 3)}},
                  {"time", time},
                  {"array", Array{1, "two", Array{3.0, false}, Table{{"four", 4}}}},
                  {"table", Table{{"inner", Table{{"x", Bytes{"y"}}}}, {"when", time}}}},
      .delivery_mode = DeliveryMode::kTransient,
      .priority = 7,
      .correlation_id = "correlation",
      .reply_to = "answers",
      .expiration = std::chrono::milliseconds(86'400'500),
      .message_id = "id-1",
      .timestamp = time,
      .type = "order",
      .user_id = "guest",
      .app_id = "tests",
  };
  const std::string body("not \0 JSON\xff", 11);
  CHECK(client.Publish(exchange, "a.b", body, {.properties = sent}).message_id == "id-1");
  ReadNext(client, queue, [&](const Delivery& delivery) {
    const Properties got = delivery.properties();
    CHECK(delivery.body() == body);
    CHECK(delivery.queue() == queue);
    CHECK(delivery.exchange() == exchange);
    CHECK(delivery.routing_key() == "a.b");
    CHECK(delivery.message_id() == "id-1");
    CHECK_FALSE(delivery.redelivered());
    CHECK(delivery.attempt() == 1);
    CHECK(delivery.invalid_reason().empty());
    CHECK(delivery.raw().routing_key() == "a.b");
    CHECK(got.content_type == sent.content_type);
    CHECK(got.content_encoding == sent.content_encoding);
    CHECK(got.headers.size() == sent.headers.size());
    for (const auto& [name, value] : sent.headers) {
      INFO(name);
      CHECK((delivery.headers().at(name) == value));
    }
    CHECK(got.delivery_mode == sent.delivery_mode);
    CHECK(got.priority == sent.priority);
    CHECK(got.correlation_id == sent.correlation_id);
    CHECK(got.reply_to == sent.reply_to);
    CHECK(got.expiration == sent.expiration);
    CHECK(got.timestamp == sent.timestamp);
    CHECK(got.type == sent.type);
    CHECK(got.user_id == sent.user_id);
    CHECK(got.app_id == sent.app_id);
    return true;
  });
}

TEST_CASE("a message without properties is persistent JSON with a UUID of the client's") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const std::string id = client.Publish("", queue, "{}").message_id;
  CHECK(id.size() == 36);
  CHECK(id[14] == '7');
  ReadNext(client, queue, [&](const Delivery& delivery) {
    CHECK(delivery.message_id() == id);
    CHECK(delivery.properties().content_type == "application/json");
    CHECK(delivery.properties().delivery_mode == DeliveryMode::kPersistent);
    return true;
  });
  CHECK(client.Publish("", queue, "{}").message_id != id);
}

TEST_CASE("nlohmann's JSON, types that convert to it and protobuf's messages are sent as JSON") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  client.Publish("", queue, nlohmann::json{{"order_id", 1}});
  CHECK(ReadNext(client, queue, [](const Delivery& delivery) { return delivery.body(); }) ==
        R"({"order_id":1})");
  client.Publish("", queue, Order{2, "two"});
  CHECK(ReadNext(client, queue, [](const Delivery& delivery) {
          return delivery.Json<Order>().note + delivery.Json<nlohmann::json>()["order_id"].dump();
        }) == "two2");
  v1::Binding binding;
  binding.set_routing_key("order.*");
  client.Publish("", queue, binding);
  CHECK(ReadNext(client, queue, [](const Delivery& delivery) {
          CHECK(delivery.body() == R"({"routingKey":"order.*"})");
          return delivery.Json<v1::Binding>().routing_key();
        }) == "order.*");
  client.Publish("", queue, std::vector<int>{1, 2});
  CHECK(ReadNext(client, queue, [](const Delivery& delivery) { return delivery.body(); }) ==
        "[1,2]");
}

TEST_CASE("texts and bytes are sent as they are") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const std::string text = R"({"a":1})";
  const std::vector<std::uint8_t> bytes(text.begin(), text.end());
  client.Publish("", queue, text);
  client.Publish("", queue, std::string_view(text));
  client.Publish("", queue, bytes);
  client.Publish("", queue, std::as_bytes(std::span(text)));
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember());
  REQUIRE(seen.Await(4));
  CHECK(seen.bodies() == std::vector<std::string>(4, text));
}

TEST_CASE("what cannot be serialized is INVALID_BODY, and nothing is sent") {
  const ErrorFields error = ErrorOf([] {
    Client client("/nowhere/sidecar.sock");
    client.Publish("", "queue", nlohmann::json{{"text", "\xff"}});
  });
  CHECK(error.reason == reason::kInvalidBody);
  CHECK(error.persisted == Persisted::kNo);
  CHECK_FALSE(error.retryable);
}

TEST_CASE("a body that is not the JSON that it is read as says so without quoting it") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const auto cause_of = [&](const std::string& body, auto read) {
    client.Publish("", queue, body, {.properties = {.content_type = "text/plain"}});
    return ReadNext(client, queue, [&](const Delivery& delivery) {
      try {
        read(delivery);
      } catch (const InvalidBody& error) {
        return std::string(error.what());
      }
      return std::string("none");
    });
  };
  for (const std::string& cause : {
           cause_of("{secret", [](auto& delivery) { delivery.template Json<nlohmann::json>(); }),
           cause_of("{secret", [](auto& delivery) { delivery.template Json<v1::Binding>(); }),
           cause_of(R"({"note":"secret"})",
                    [](auto& delivery) { delivery.template Json<Order>(); }),
       }) {
    CHECK_THAT(cause, ContainsSubstring("the body"));
    CHECK_THAT(cause, !ContainsSubstring("secret"));
  }
}

TEST_CASE("a publish during a restart is tried again until the sidecar is back") {
  const std::string name = Fresh("drained");
  World& world = World::Get();
  Client client(world.Start(name));
  const std::string queue = FreshQueue(client);
  client.Publish("", queue, "{}");
  // A delivery that is not settled keeps the sidecar draining.
  std::promise<void> done;
  std::shared_future<void> may_finish = done.get_future().share();
  Seen seen;
  Subscription subscription =
      client.Subscribe(queue, seen.Remember([=](const Delivery&) { may_finish.wait(); }),
                       {.on_event = seen.Events()});
  REQUIRE(seen.Await(1));
  world.Do("terminate", name);
  REQUIRE(seen.AwaitEvent(EventKind::kDraining));
  const ErrorFields refused = ErrorOf(
      [&] { client.Publish("", queue, "{}", {.timeout = std::chrono::milliseconds(400)}); });
  CHECK(refused.reason == reason::kDraining);
  CHECK(refused.code == Code::kUnavailable);
  CHECK(refused.persisted == Persisted::kNo);
  CHECK(refused.retryable);
  auto published = std::async(std::launch::async, [&] {
    const auto publish = [&] {
      return client.Publish("", queue, R"({"later":1})", {.properties = {.message_id = "later"}});
    };
    try {
      return publish();
    } catch (const Error& error) {
      if (error.persisted() != Persisted::kUnknown) throw;
      return publish();  // a try met the very end of the sidecar
    }
  });
  auto streamed = std::async(std::launch::async, [&] {
    return client.NewPublisher().Publish("", queue, R"({"streamed":1})").get();
  });
  CHECK(published.wait_for(200ms) == std::future_status::timeout);
  done.set_value();
  CHECK(world.Ended(name) == 0);
  world.Do("restart", name);
  CHECK(published.get().message_id == "later");
  CHECK(streamed.get().routed);
  CHECK(seen.Await(3));
  CHECK(seen.count() == 3);
}

TEST_CASE("a publish that is cancelled ends at once, and says what is known") {
  Client client("/nowhere/sidecar.sock");
  std::stop_source stop;
  auto published = std::async(std::launch::async, [&] {
    return ErrorOf([&] { client.Publish("", "queue", "{}", {.stop = stop.get_token()}); });
  });
  CHECK(published.wait_for(100ms) == std::future_status::timeout);
  stop.request_stop();
  REQUIRE(published.wait_for(2s) == std::future_status::ready);
  const ErrorFields error = published.get();
  CHECK(error.code == Code::kCancelled);
  CHECK(error.persisted == Persisted::kUnknown);
  CHECK_FALSE(error.retryable);
  // One that was cancelled before is not sent at all.
  CHECK(ErrorOf([&] { client.Publish("", "queue", "{}", {.stop = stop.get_token()}); }).persisted ==
        Persisted::kNo);
}

}  // namespace amqp_sidecar::test
