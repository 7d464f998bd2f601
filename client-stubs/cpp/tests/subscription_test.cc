// A handler and what becomes of its deliveries.
#include <atomic>
#include <future>
#include <thread>

#include "seen.h"
#include "support/catch.h"
#include "world.h"

namespace amqp_sidecar::test {
namespace {

// A queue with a dead-letter queue, whose name is "<queue>.rejected".
std::string QueueWithDeadLetters(Client& client, QueueType type = QueueType::kDefault) {
  const std::string queue = Fresh("queue");
  const std::string dead = queue + ".rejected";
  client.Declare({.queues = {{.name = queue,
                              .type = type,
                              .arguments = {{"x-dead-letter-exchange", ""},
                                            {"x-dead-letter-routing-key", dead}}},
                             {.name = dead}}});
  return queue;
}

void Fill(Client& client, const std::string& queue, int count) {
  Publisher publisher = client.NewPublisher();
  std::vector<std::future<PublishResult>> results;
  for (int i = 0; i < count; ++i)
    results.push_back(publisher.Publish("", queue, std::to_string(i)));
  for (auto& result : results) result.get();
}

}  // namespace

TEST_CASE("a handler that returns acks, one that throws has the message delivered again") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Seen seen;
  std::atomic<int> failures = 2;
  std::atomic<bool> redelivered = false;
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery& delivery) {
    redelivered = delivery.redelivered();
    if (failures.fetch_sub(1) > 0) throw std::runtime_error("not now");
  }));
  client.Publish("", queue, "{}");
  REQUIRE(seen.Await(3));
  subscription.Stop();
  CHECK(redelivered);
  CHECK(seen.count() == 3);
  CHECK(CountOf(client, queue) == 0);
}

TEST_CASE("under a retry policy attempts count, and the last one is dead-lettered") {
  Client client = NewClient();
  const std::string queue = QueueWithDeadLetters(client);
  Seen seen;
  std::vector<std::uint32_t> attempts;
  Subscription subscription = client.Subscribe(
      queue, seen.Remember([&](const Delivery& delivery) {
        attempts.push_back(delivery.attempt());
        throw 42;
      }),
      {.retry = RetryPolicy{.max_attempts = 3, .initial_backoff = 20ms, .max_backoff = 50ms}});
  client.Publish("", queue, "{}");
  CHECK(Eventually(kSoon, [&] { return CountOf(client, queue + ".rejected") == 1; }));
  subscription.Stop();
  CHECK(attempts == std::vector<std::uint32_t>{1, 2, 3});
}

TEST_CASE("a Reject dead-letters, and the cause goes with it where the policy names an exchange") {
  Client client = NewClient();
  const std::string queue = QueueWithDeadLetters(client);
  const std::string exchange = Fresh("dead");
  const std::string dead = FreshQueue(client);
  client.Declare({.exchanges = {{.name = exchange, .type = "fanout"}},
                  .bindings = {{.queue = dead, .exchange = exchange}}});
  const auto reject = [](const Delivery&) {
    throw Reject("no order_id \xe2\x82\xac" + std::string(2000, 'x'));
  };
  {
    Subscription subscription = client.Subscribe(queue, reject);
    client.Publish("", queue, "{}");
    CHECK(Eventually(kSoon, [&] { return CountOf(client, queue + ".rejected") == 1; }));
  }
  {
    Subscription subscription =
        client.Subscribe(queue, reject, {.retry = RetryPolicy{.dead_letter_exchange = exchange}});
    client.Publish("", queue, "{}");
    CHECK(Eventually(kSoon, [&] { return CountOf(client, dead) == 1; }));
  }
  std::promise<Value> cause;
  Subscription subscription = client.Subscribe(dead, [&](const Delivery& delivery) {
    cause.set_value(delivery.headers().at("x-sidecar-reason"));
  });
  std::future<Value> told = cause.get_future();
  REQUIRE(told.wait_for(kSoon) == std::future_status::ready);
  const Value value = told.get();
  CHECK_THAT(std::get<std::string>(value), ContainsSubstring("no order_id \xe2\x82\xac"));
}

TEST_CASE("a body that is not JSON is rejected by reading it") {
  Client client = NewClient();
  const std::string queue = QueueWithDeadLetters(client);
  Subscription subscription =
      client.Subscribe(queue, [](const Delivery&) { throw InvalidBody("the body is not JSON"); });
  client.Publish("", queue, "no", {.properties = {.content_type = "text/plain"}});
  CHECK(Eventually(kSoon, [&] { return CountOf(client, queue + ".rejected") == 1; }));
}

TEST_CASE("a Retry brings the message back after its delay, as the next attempt") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  std::vector<std::chrono::steady_clock::time_point> times;
  std::vector<std::uint32_t> attempts;
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery& delivery) {
    times.push_back(std::chrono::steady_clock::now());
    attempts.push_back(delivery.attempt());
    if (attempts.size() == 1) throw Retry(500ms);
  }));
  client.Publish("", queue, "{}");
  REQUIRE(seen.Await(2));
  subscription.Stop();
  CHECK(times[1] - times[0] >= 500ms);
  CHECK(times[1] - times[0] < 3s);
  CHECK(attempts == std::vector<std::uint32_t>{1, 2});
}

TEST_CASE("as many handlers run at once as concurrency says, and never more") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 60);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> handled = 0;
  Subscription subscription =
      client.Subscribe(queue,
                       [&](const Delivery&) {
                         const int now = ++running;
                         int seen = most;
                         while (now > seen && !most.compare_exchange_weak(seen, now)) {
                         }
                         std::this_thread::sleep_for(10ms);  // the work
                         --running;
                         ++handled;
                       },
                       {.concurrency = 5});
  CHECK(Eventually(kSoon, [&] { return handled == 60; }));
  CHECK(most == 5);
}

TEST_CASE("a prefetch bounds what is held, and follows a concurrency above the default") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 200);
  for (const std::size_t expected : {std::size_t{3}, std::size_t{100}}) {
    std::promise<void> done;
    std::shared_future<void> may_finish = done.get_future().share();
    Seen seen;
    SubscribeOptions options;
    if (expected == 3) {
      options.prefetch = 3;
    } else {
      options.concurrency = expected;
    }
    Subscription subscription = client.Subscribe(
        queue, seen.Remember([=](const Delivery&) { may_finish.wait(); }), options);
    CHECK(Eventually(kSoon, [&] { return CountOf(client, queue) == 200 - expected; }));
    CHECK(Throughout(100ms, [&] { return CountOf(client, queue) >= 200 - expected; }));
    CHECK(seen.count() == (expected == 3 ? 1 : 100));
    subscription.Close();
    done.set_value();
    CHECK(Eventually(kSoon, [&] { return CountOf(client, queue) == 200; }));
  }
}

TEST_CASE("a deadline is extended while a handler works, and while a delivery waits for one") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 2);
  Seen seen;
  std::atomic<bool> first = true;
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery&) {
    if (first.exchange(false)) std::this_thread::sleep_for(3s);  // the work
  }),
                                               {.ack_deadline = 1s, .on_event = seen.Events()});
  REQUIRE(seen.Await(2));
  subscription.Stop();
  CHECK(seen.bodies() == std::vector<std::string>{"0", "1"});
  CHECK(seen.CountOf(EventKind::kSettleFailed) == 0);
  CHECK(CountOf(client, queue) == 0);
}

TEST_CASE("a deadline that may not be extended is told once, and the message is delivered again") {
  Client client(World::Get().Start(
      Fresh("limit"), R"("config": {"subscribe": {"broker_consumer_timeout": "2s"}})"));
  const std::string queue = FreshQueue(client);
  client.Publish("", queue, "{}");
  Seen seen;
  std::atomic<bool> first = true;
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery&) {
    if (first.exchange(false)) std::this_thread::sleep_for(2500ms);  // the work
  }),
                                               {.ack_deadline = 1s, .on_event = seen.Events()});
  REQUIRE(seen.Await(2));
  subscription.Stop();
  std::string id;
  std::vector<std::string> reasons;
  for (const Event& event : seen.events()) {
    if (event.kind != EventKind::kSettleFailed) continue;
    if (id.empty()) id = event.delivery_id;
    if (event.delivery_id == id) reasons.push_back(event.reason);
  }
  CHECK(reasons == std::vector<std::string>{"DEADLINE_LIMIT", "DEADLINE_EXPIRED"});
}

TEST_CASE("a subscription comes back when the sidecar was killed, says so, and nothing is lost") {
  const std::string name = Fresh("killed");
  World& world = World::Get();
  Client client(world.Start(name));
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 500);
  Seen seen;
  Subscription subscription = client.Subscribe(
      queue, seen.Remember([](const Delivery&) { std::this_thread::sleep_for(2ms); }),
      {.concurrency = 2, .on_event = seen.Events()});
  REQUIRE(seen.Await(50));
  world.Do("kill", name);
  REQUIRE(seen.AwaitEvent(EventKind::kDisconnected));
  CHECK(seen.count() < 500);
  world.Do("restart", name);
  REQUIRE(seen.AwaitEvent(EventKind::kSubscribed, 2));
  CHECK(Eventually(kSoon, [&] { return seen.ids().size() == 500; }));
  subscription.Stop();
  CHECK(CountOf(client, queue) == 0);
  // What was held when it was killed came again, and no more.
  CHECK(seen.count() <= 500 + 64 + 2);
  CHECK(seen.CountOf(EventKind::kSettleFailed) == 0);
  const std::vector<EventKind> kinds = seen.kinds();
  CHECK(kinds.front() == EventKind::kSubscribed);
  CHECK(kinds[1] == EventKind::kDisconnected);
  CHECK(kinds.back() == EventKind::kSubscribed);
}

TEST_CASE("a link that is cut is told, what waits is dropped, and what runs is told to be stale") {
  const std::string name = Fresh("cut");
  World& world = World::Get();
  Client client(world.Start(name, R"("proxy": true)"));
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 3);
  Seen seen;
  std::promise<void> done;
  std::shared_future<void> may_finish = done.get_future().share();
  Subscription subscription =
      client.Subscribe(queue, seen.Remember([=](const Delivery&) { may_finish.wait(); }),
                       {.on_event = seen.Events()});
  REQUIRE(seen.Await(1));
  world.Do("cut", name);
  REQUIRE(seen.AwaitEvent(EventKind::kResubscribed));
  done.set_value();
  REQUIRE(seen.Await(4));
  subscription.Stop();
  CHECK(seen.bodies() == std::vector<std::string>{"0", "0", "1", "2"});
  REQUIRE(seen.CountOf(EventKind::kSettleFailed) == 1);
  for (const Event& event : seen.events()) {
    if (event.kind != EventKind::kSettleFailed) continue;
    CHECK(event.reason == reason::kStaleDelivery);
    CHECK_FALSE(event.delivery_id.empty());
    CHECK_FALSE(event.detail.empty());
  }
  CHECK(seen.CountOf(EventKind::kInterrupted) == 1);
}

TEST_CASE("a graceful stop lets handlers finish and gives the rest back, uncounted") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 20);
  std::promise<void> done;
  std::shared_future<void> may_finish = done.get_future().share();
  Seen seen;
  Subscription subscription =
      client.Subscribe(queue, seen.Remember([=](const Delivery& delivery) {
        may_finish.wait();
        if (delivery.body() == "1") throw std::runtime_error("not now");
      }),
                       {.concurrency = 3,
                        .prefetch = 10,
                        .retry = RetryPolicy{.max_attempts = 1, .initial_backoff = 10ms},
                        .on_event = seen.Events()});
  REQUIRE(seen.Await(3));
  auto stopped = std::async(std::launch::async, [&] { subscription.Stop(); });
  // What was not begun is back before the handlers are done.
  CHECK(Eventually(kSoon, [&] { return CountOf(client, queue) == 17; }));
  CHECK(stopped.wait_for(100ms) == std::future_status::timeout);
  done.set_value();
  stopped.get();
  CHECK(seen.count() == 3);
  CHECK(seen.CountOf(EventKind::kSettleFailed) == 0);
  CHECK(CountOf(client, queue) == 17);
  CHECK(CountOf(client, queue + ".dead") == 1);
  std::atomic<int> counted = 0;
  Seen rest;
  Subscription next = client.Subscribe(queue, rest.Remember([&](const Delivery& delivery) {
    counted += delivery.attempt() == 1 ? 1 : 0;
  }));
  REQUIRE(rest.Await(17));
  CHECK(counted == 17);
}

TEST_CASE("a graceful stop that takes too long says so, and the rest goes back") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 2);
  std::atomic<bool> stop_seen = false;
  Seen seen;
  {
    Subscription subscription =
        client.Subscribe(queue, seen.Remember([&](const Delivery& delivery) {
          stop_seen = Eventually(kSoon, [&] { return delivery.stop().stop_requested(); });
        }));
    REQUIRE(seen.Await(1));
    const auto began = std::chrono::steady_clock::now();
    const ErrorFields error = ErrorOf([&] { subscription.Stop(300ms); });
    CHECK(error.code == Code::kDeadlineExceeded);
    CHECK(std::chrono::steady_clock::now() - began < 2s);
  }
  CHECK(stop_seen);
  CHECK(Eventually(kSoon, [&] { return CountOf(client, queue) == 2; }));
}

TEST_CASE("a stop token stops gracefully, and Wait returns then") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 1);
  std::stop_source stop;
  Seen seen;
  // A handler may stop its own subscription in this way, and in no other.
  Subscription* self = nullptr;
  std::promise<void> ready;
  std::shared_future<void> is_ready = ready.get_future().share();
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery&) {
    is_ready.wait();
    CHECK(ErrorOf([&] { self->Stop(); }).code == Code::kFailedPrecondition);
    stop.request_stop();
  }),
                                               {.stop = stop.get_token()});
  self = &subscription;
  ready.set_value();
  subscription.Wait();
  CHECK(seen.count() == 1);
  CHECK(CountOf(client, queue) == 0);
}

TEST_CASE(
    "a subscription that is closed gives back what it holds at once, also without a sidecar") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 5);
  std::promise<void> done;
  std::shared_future<void> may_finish = done.get_future().share();
  Seen seen;
  Subscription subscription =
      client.Subscribe(queue, seen.Remember([=](const Delivery&) { may_finish.wait(); }));
  REQUIRE(seen.Await(1));
  subscription.Close();
  CHECK(Eventually(kSoon, [&] { return CountOf(client, queue) == 5; }));
  subscription.Wait();
  done.set_value();
  Client nowhere("/nowhere/sidecar.sock");
  Subscription none = nowhere.Subscribe("queue", seen.Remember());
  none.Close();
  Subscription other = nowhere.Subscribe("queue", seen.Remember());
  other.Stop(5s);
  CHECK(seen.count() == 1);
}

TEST_CASE("a draining sidecar gets back what was not begun, and what runs is settled") {
  const std::string name = Fresh("drained");
  World& world = World::Get();
  Client client(world.Start(name));
  Client other = NewClient();
  const std::string queue = FreshQueue(client);
  Fill(client, queue, 10);
  std::promise<void> done;
  std::shared_future<void> may_finish = done.get_future().share();
  Seen seen;
  Subscription subscription =
      client.Subscribe(queue, seen.Remember([=](const Delivery&) { may_finish.wait(); }),
                       {.on_event = seen.Events()});
  REQUIRE(seen.Await(1));
  world.Do("terminate", name);
  REQUIRE(seen.AwaitEvent(EventKind::kDraining));
  CHECK(Eventually(kSoon, [&] { return CountOf(other, queue) == 9; }));
  done.set_value();
  CHECK(world.Ended(name) == 0);
  REQUIRE(seen.AwaitEvent(EventKind::kDisconnected));
  CHECK(CountOf(other, queue) == 9);
  CHECK(seen.count() == 1);
  world.Do("restart", name);
  CHECK(seen.Await(10));
  subscription.Stop();
  CHECK(seen.count() == 10);
  CHECK(seen.CountOf(EventKind::kSettleFailed) == 0);
}

TEST_CASE("a stream takes nothing back: that is told, and a stop ends all the same") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client, {}, QueueType::kStream);
  Fill(client, queue, 3);
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery&) {
    if (seen.count() == 1) throw std::runtime_error("not now");
  }),
                                               {.ack_deadline = 0ms,
                                                .arguments = {{"x-stream-offset", "first"}},
                                                .on_event = seen.Events()});
  REQUIRE(seen.Await(3));
  REQUIRE(seen.AwaitEvent(EventKind::kSettleFailed));
  CHECK(seen.events().back().reason == reason::kNotRequeueable);
  const auto began = std::chrono::steady_clock::now();
  subscription.Stop();
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("a subscription to exchanges gets what is published while it is there") {
  Client client = NewClient();
  const std::string exchange = Fresh("exchange");
  client.Declare({.exchanges = {{.name = exchange, .type = "topic"}}});
  Seen seen;
  Subscription subscription = client.Subscribe(
      "", seen.Remember(),
      {.bindings = {{.exchange = exchange, .routing_key = "a.*"}}, .on_event = seen.Events()});
  REQUIRE(seen.AwaitEvent(EventKind::kSubscribed));
  client.Publish(exchange, "a.b", "1");
  CHECK(seen.Await(1));
}

// A wake that was under way when a stream's thread ended once used what was gone.
TEST_CASE("publishers and subscriptions come and go, whatever is under way") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  for (int i = 0; i < 300; ++i) {
    std::atomic<int> seen = 0;
    Subscription subscription = client.Subscribe(
        queue,
        [&](const Delivery&) {
          ++seen;
          if (i % 2 == 0) throw Reject("no");
        },
        {.concurrency = 1 + static_cast<std::size_t>(i) % 3, .on_event = [](const Event&) {}});
    Publisher publisher = client.NewPublisher();
    std::future<PublishResult> result = publisher.Publish("", queue, "{}");
    REQUIRE(Eventually(kSoon, [&] { return seen > 0; }));
    if (i % 5 == 0) subscription.Stop();
    if (i % 3 == 0) result.get();
  }
}

}  // namespace amqp_sidecar::test
