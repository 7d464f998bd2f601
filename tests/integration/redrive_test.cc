// redrive: where dead-lettered messages go, what stays, and how much is done.
#include <google/protobuf/util/message_differencer.h>

#include <numeric>

#include "integration/redrive_world.h"
#include "integration/subscribing.h"

namespace amqp_sidecar::test {
namespace {

constexpr int kUsageError = 64;

std::multiset<std::string> NumberedIds(size_t first, size_t count) {
  std::multiset<std::string> ids;
  for (size_t i = 0; i < count; ++i) ids.insert(RedriveWorld::IdOf(first + i));
  return ids;
}

TEST_CASE("redrive puts what the sidecar dead-lettered into the queue that it came from") {
  RedriveWorld world;
  const std::string bystander = world.names.Queue();
  const std::string exchange = world.names.Exchange("fanout");
  for (const std::string& queue : {world.origin, bystander}) world.direct.Bind(queue, exchange, "");
  Direct::Message message = world.Message(1);
  message.headers["x-sidecar-queue"] = {'S', world.origin};
  message.headers["x-sidecar-exchange"] = {'S', exchange};
  message.headers["x-sidecar-routing-key"] = {'S', "order.created"};
  message.headers["x-sidecar-attempts"] = {'l', "3"};
  message.headers["x-kept"] = {'S', "text"};
  world.direct.Publish("", world.dead, message);

  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(result.out.empty());
  CHECK(result.err == "moved 1, failed 0, unknown 0, left 0\n");
  REQUIRE(world.direct.Ready(world.origin) == 1);
  const Direct::Message moved = world.direct.Get(world.origin).value();
  CHECK(moved.body == message.body);
  CHECK(moved.message_id == message.message_id);
  CHECK(moved.headers.size() == 1);
  CHECK(moved.headers.at("x-kept").text == "text");
  CHECK(world.direct.Ready(bystander) == 0);
  CHECK(world.DeadIs(0));
}

TEST_CASE("redrive puts what the broker dead-lettered into the queue that it came from") {
  RedriveWorld world;
  const std::string queue = world.names.Queue(
      {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", world.dead}});
  for (size_t i = 0; i < 10; ++i) {
    Direct::Message message = world.Message(i);
    message.headers.clear();
    world.direct.Publish("", queue, message);
  }
  {
    Subscription subscription(world.client, queue);
    REQUIRE(subscription.WaitForDeliveries(10));
    CHECK(world.client.Reject(Ids(subscription.deliveries())).empty());
    REQUIRE(world.DeadIs(10));
  }
  // Or it would be given what comes back.
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(world.DeadIs(0));
  const std::vector<Direct::Message> moved = world.direct.Drain(queue);
  REQUIRE(moved.size() == 10);
  for (size_t i = 0; i < 10; ++i) {
    CHECK(moved[i].message_id == world.IdOf(i));
    CHECK(moved[i].headers.empty());
  }
}

TEST_CASE("redrive puts back what failed its last attempt, from the queue made for it") {
  RedriveWorld world;
  Direct::Message message = world.Message(1);
  message.headers = {{"own", {'S', "kept"}}};
  world.direct.Publish("", world.origin, message);
  const std::string dead = world.names.DeadOf(world.origin);
  {
    Subscription subscription(world.client, WithRetry(RequestFor(world.origin), 1, 10ms));
    REQUIRE(subscription.WaitForDeliveries(1));
    CHECK(world.client.Nack(Ids(subscription.deliveries())).empty());
  }
  REQUIRE(Eventually(
      5s, [&] { return world.direct.QueueExists(dead) && world.direct.Ready(dead) == 1; }));
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(world.origin) == 0; }));
  const RunResult result =
      RunSidecar({"redrive", "--address", world.sidecar.target(), "--from", dead});
  INFO(result.output());
  CHECK(result.exit_code == 0);
  Subscription again(world.client, world.origin);
  REQUIRE(again.WaitForDeliveries(1));
  const pb::Delivery delivery = again.deliveries()[0];
  CHECK(delivery.attempt() == 1);
  CHECK(delivery.properties().message_id() == message.message_id);
  CHECK(delivery.properties().headers_size() == 1);
  CHECK(delivery.properties().headers().at("own").string_value() == "kept");
}

TEST_CASE("A message that waited before the broker dead-lettered it keeps its first routing key") {
  RedriveWorld world;
  const std::string queue = world.names.Queue(
      {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", world.dead}});
  const std::string exchange = world.names.ExchangeTo(queue, "order.created");
  world.direct.Publish(exchange, "order.created", "{}");
  {
    Subscription subscription(world.client, queue);
    REQUIRE(subscription.WaitForDeliveries(1));
    CHECK(NackAfter(world.client, Ids(subscription.deliveries()), 10ms).took_all());
    REQUIRE(subscription.WaitForDeliveries(2));
    CHECK(world.client.Reject({subscription.deliveries()[1].delivery_id()}).empty());
    REQUIRE(world.DeadIs(1));
  }
  REQUIRE(Eventually(5s, [&] { return world.direct.Consumers(queue) == 0; }));
  const RunResult by_queue = world.Redrive({"--dry-run"});
  CHECK_THAT(by_queue.out, ContainsSubstring(" queue=" + queue + "\n"));
  REQUIRE(world.DeadIs(1));
  const RunResult result = world.Redrive({"--to-exchange", exchange});
  INFO(result.output());
  CHECK(result.exit_code == 0);
  REQUIRE(world.direct.Ready(queue) == 1);
  CHECK(world.direct.Get(queue)->routing_key == "order.created");
}

TEST_CASE("redrive --to-queue puts all into one queue, whatever they say") {
  RedriveWorld world;
  const std::string other = world.names.Queue();
  world.Fill(3);
  world.direct.Publish("", world.dead, "{\"from\":\"nowhere\"}");
  const RunResult result = world.Redrive({"--to-queue", other});
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(world.direct.Ready(other) == 4);
  CHECK(world.direct.Ready(world.origin) == 0);
  CHECK(world.DeadIs(0));
}

TEST_CASE("redrive --to-exchange publishes each with its own routing key, or the one named") {
  RedriveWorld world;
  const std::string own = world.names.Queue();
  const std::string named = world.names.Queue();
  const std::string exchange = world.names.ExchangeTo(own, "order.created");
  world.direct.Bind(named, exchange, "again");
  const auto publish = [&] {
    Direct::Message message = world.Message(1);
    message.headers["x-sidecar-routing-key"] = {'S', "order.created"};
    world.direct.Publish("", world.dead, message);
  };
  publish();
  const RunResult with_own = world.Redrive({"--to-exchange", exchange});
  INFO(with_own.output());
  CHECK(with_own.exit_code == 0);
  CHECK(world.direct.Ready(own) == 1);
  CHECK(world.direct.Ready(named) == 0);
  publish();
  const RunResult with_named = world.Redrive({"--to-exchange", exchange, "--routing-key", "again"});
  INFO(with_named.output());
  CHECK(with_named.exit_code == 0);
  CHECK(world.direct.Ready(own) == 1);
  CHECK(world.direct.Ready(named) == 1);
}

TEST_CASE("redrive --count moves so many, the oldest, and no more than there are") {
  RedriveWorld world;
  world.Fill(10);
  const RunResult few = world.Redrive({"--count", "3", "--json"});
  INFO(few.output());
  CHECK(few.exit_code == 0);
  CHECK(few.out == "{\"moved\":3,\"failed\":0,\"unknown\":0,\"left\":0}\n");
  CHECK(IdsOf(world.direct.Drain(world.origin)) == NumberedIds(0, 3));
  REQUIRE(world.DeadIs(7));
  const RunResult rest = world.Redrive({"--count", "1000", "--json"});
  INFO(rest.output());
  CHECK(rest.exit_code == 0);
  CHECK(rest.out == "{\"moved\":7,\"failed\":0,\"unknown\":0,\"left\":0}\n");
  CHECK(IdsOf(world.direct.Drain(world.origin)) == NumberedIds(3, 7));
}

TEST_CASE("redrive of an empty queue moves nothing, and that is all there was to move") {
  RedriveWorld world;
  const RunResult result = world.Redrive();
  CHECK(result.exit_code == 0);
  CHECK(result.err == "moved 0, failed 0, unknown 0, left 0\n");
}

TEST_CASE("Messages that fail again at once are moved once") {
  RedriveWorld world;
  const std::string queue = world.names.Queue(
      {{"x-dead-letter-exchange", ""}, {"x-dead-letter-routing-key", world.dead}});
  world.Fill(200, queue);
  Subscription worker(world.client, queue, 64, [&](const pb::Delivery& delivery) {
    world.client.Reject({delivery.delivery_id()});
  });
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.err, ContainsSubstring("moved 200, failed 0, unknown 0, left 0"));
  REQUIRE(world.DeadIs(200));
  CHECK(worker.deliveries().size() == 200);
}

TEST_CASE("redrive --dry-run says where each would go, and leaves all as it is") {
  RedriveWorld world;
  const size_t count = GENERATE(size_t{3}, size_t{1000});
  world.Fill(count);
  const RunResult text = world.Redrive({"--dry-run"});
  INFO(text.err);
  CHECK(text.exit_code == 0);
  CHECK(text.err == "would be moved " + std::to_string(count) + ", failed 0, unknown 0, left 0\n");
  std::string expected;
  for (size_t n = 0; n < count; ++n) {
    expected += "message_id=" + world.IdOf(n) + " queue=" + world.origin + "\n";
  }
  CHECK(text.out == expected);
  REQUIRE(world.DeadIs(count));
  const RunResult json = world.Redrive({"--dry-run", "--json", "--count", "1"});
  CHECK(json.exit_code == 0);
  CHECK_THAT(json.out, ContainsSubstring("\"routing_key\":\"" + world.origin + "\""));
  CHECK_THAT(json.out,
             ContainsSubstring("{\"would_be_moved\":1,\"failed\":0,\"unknown\":0,\"left\":0}\n"));
  REQUIRE(world.DeadIs(count));
  CHECK(world.direct.Ready(world.origin) == 0);
}

TEST_CASE(
    "A message that cannot be moved stays, is told with its id and the reason, and the run "
    "goes on") {
  RedriveWorld world;
  Direct::Message no_queue = world.Message(1);
  no_queue.headers["x-sidecar-queue"] = {'S', "no-such-queue"};
  Direct::Message no_json = world.Message(2);
  no_json.body = "{";
  Direct::Message no_origin = world.Message(3);
  no_origin.headers.erase("x-sidecar-queue");
  Direct::Message no_id = no_origin;
  no_id.message_id = "";
  Direct::Message no_utf8 = world.Message(5);
  no_utf8.correlation_id = "caf\xE9";
  Direct::Message over_the_limit = world.Message(6);
  over_the_limit.body = "\"" + std::string(2'000'000, 'x') + "\"";
  Direct::Message over_any_limit = world.Message(7);
  over_any_limit.body = "\"" + std::string(6'000'000, 'x') + "\"";
  for (const Direct::Message& message :
       {no_queue, no_json, no_origin, no_id, no_utf8, over_the_limit, over_any_limit}) {
    world.direct.Publish("", world.dead, message);
  }
  world.Fill(5);
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 1);
  const auto told = [&](const Direct::Message& message, const char* reason) {
    CHECK_THAT(result.err,
               ContainsSubstring("not moved: message_id=" + message.message_id + ": " + reason));
  };
  told(no_queue, "UNROUTABLE");
  told(no_json, "INVALID_BODY");
  told(no_origin, "nothing says where it came from");
  CHECK_THAT(result.err, ContainsSubstring("not moved: a message without message_id: nothing"));
  told(no_utf8, "a text of it is not UTF-8");
  told(over_the_limit, "MESSAGE_TOO_LARGE");
  told(over_any_limit, "MESSAGE_TOO_LARGE");
  CHECK_THAT(result.err, ContainsSubstring("moved 5, failed 7, unknown 0, left 0\n"));
  CHECK(world.direct.Ready(world.origin) == 5);
  REQUIRE(world.DeadIs(7));
  CHECK(world.direct.Get(world.dead)->message_id == no_queue.message_id);

  world.direct.Purge(world.dead);
  world.Fill(1);
  const RunResult missing = world.Redrive({"--to-exchange", "no-such-exchange"});
  CHECK(missing.exit_code == 1);
  CHECK_THAT(missing.err, ContainsSubstring("EXCHANGE_NOT_FOUND"));
}

TEST_CASE("However many messages stay, those behind them are moved") {
  RedriveWorld world;
  world.Fill(700, "no-such-queue");
  world.Fill(100);
  const RunResult result = world.Redrive();
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("moved 100, failed 700, unknown 0, left 0\n"));
  CHECK(world.direct.Ready(world.origin) == 100);
  CHECK(world.DeadIs(700));
}

TEST_CASE("redrive keeps properties, headers of every kind, and the body byte for byte") {
  RedriveWorld world;
  const std::string body("\0\x01\xFFnot JSON\r\n", 12);
  PublishEverything(world.node.port(), world.dead, world.origin, body, /*with_void=*/false);
  const auto look = [&](const std::string& queue) {
    Subscription subscription(world.client, queue);
    if (!subscription.WaitForDeliveries(1)) throw std::runtime_error("nothing in " + queue);
    return subscription.deliveries()[0];
  };
  const pb::Delivery before = look(world.dead);
  REQUIRE(before.properties().headers_size() >= 20);
  REQUIRE(world.DeadIs(1));

  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 0);
  const pb::Delivery after = look(world.origin);
  CHECK(after.body() == body);
  pb::Properties expected = before.properties();
  CHECK(expected.user_id() == "guest");
  expected.clear_user_id();
  for (const char* reserved :
       {"x-sidecar-queue", "x-sidecar-reason", "x-death-of-mine", "x-stream-offset"}) {
    CHECK(expected.mutable_headers()->erase(reserved) == 1);
  }
  std::string difference;
  google::protobuf::util::MessageDifferencer differencer;
  differencer.ReportDifferencesToString(&difference);
  const bool same = differencer.Compare(expected, after.properties());
  INFO(difference);
  CHECK(same);
}

TEST_CASE("A message with a header that has no value, which nobody can publish, stays") {
  RedriveWorld world;
  PublishEverything(world.node.port(), world.dead, world.origin, "text", /*with_void=*/true);
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("not moved: message_id=id-1: INVALID_MESSAGE"));
  CHECK(world.DeadIs(1));
}

TEST_CASE("A large message is moved as well, where the sidecar's limit allows it") {
  SidecarOptions options;
  options.more = "limits: {max_message_bytes: 20000000}\n";
  RedriveWorld world(std::move(options));
  Direct::Message large = world.Message(1);
  large.body = "\"" + std::string(9'000'000, 'x') + "\"";
  world.direct.Publish("", world.dead, large);
  large.body = "\"" + std::string(3'000'000, 'y') + "\"";
  for (int i = 0; i < 5; ++i) world.direct.Publish("", world.dead, large);
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 0);
  const std::vector<Direct::Message> moved = world.direct.Drain(world.origin);
  CHECK(moved.size() == 6);
  const size_t bytes = std::accumulate(
      moved.begin(), moved.end(), size_t{0},
      [](size_t sum, const Direct::Message& message) { return sum + message.body.size(); });
  CHECK(bytes == 9'000'002 + 5 * 3'000'002);
}

TEST_CASE("Large messages that wait for room are moved in requests that are not too large") {
  SidecarOptions options;
  options.more = "limits: {max_in_flight_bytes: 2000000}\n";
  ProxiedRedriveWorld world(std::move(options));
  Direct::Message large = world.Message(1);
  large.body = "\"" + std::string(1'000'000, 'x') + "\"";
  world.direct.PublishAll("", world.dead, std::vector<Direct::Message>(30, large));
  world.proxy.Delay(20ms);
  const RunResult result = world.Redrive();
  INFO(result.output());
  CHECK(result.exit_code == 0);
  CHECK(world.direct.Ready(world.origin) == 30);
}

TEST_CASE("redrive warns before a quorum queue drops what was looked at too often") {
  RedriveWorld world;
  const std::string quorum = world.names.Queue({{"x-queue-type", "quorum"}});
  world.direct.Publish("", quorum, world.Message(1));
  const auto look = [&] {
    REQUIRE(Eventually(5s, [&] { return world.direct.Ready(quorum) == 1; }));
    return RunSidecar(
        {"redrive", "--address", world.sidecar.target(), "--from", quorum, "--dry-run"});
  };
  for (int i = 0; i < 10; ++i) {
    REQUIRE(look().err == "would be moved 1, failed 0, unknown 0, left 0\n");
  }
  const RunResult warned = look();
  CHECK(warned.exit_code == 0);
  CHECK_THAT(warned.err, ContainsSubstring("came back up to 10 times before"));
}

TEST_CASE("redrive from a queue that is not there says so") {
  RedriveWorld world;
  const RunResult result =
      RunSidecar({"redrive", "--address", world.sidecar.target(), "--from", "no-such-queue"});
  CHECK(result.exit_code == 1);
  CHECK_THAT(result.err, ContainsSubstring("QUEUE_NOT_FOUND"));
}

TEST_CASE("A redrive that makes no sense is refused before it begins") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"redrive"},
        {"redrive", "--from", "d", "--to-queue", "q", "--to-exchange", "e"},
        {"redrive", "--from", "d", "--routing-key", "k"},
        {"redrive", "--from", "d", "--to-queue", "d"},
        {"redrive", "--from", "d", "--to-queue", ""},
        {"redrive", "--from", "d", "--count", "0"}}) {
    const RunResult result = RunSidecar(arguments);
    INFO(result.output());
    CHECK(result.exit_code == kUsageError);
    CHECK_FALSE(result.err.empty());
  }
}

}  // namespace
}  // namespace amqp_sidecar::test
