// Many messages over one stream.
#include <future>
#include <map>
#include <thread>
#include <vector>

#include "seen.h"
#include "support/catch.h"
#include "world.h"

namespace amqp_sidecar::test {

TEST_CASE("10,000 messages go through a publisher and a subscription, each once and in order") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  constexpr std::size_t kCount = 10'000;
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember());
  Publisher publisher = client.NewPublisher();
  std::vector<std::future<PublishResult>> results;
  std::vector<std::string> sent;
  for (std::size_t i = 0; i < kCount; ++i) {
    sent.push_back(std::to_string(i));
    results.push_back(publisher.Publish("", queue, sent.back()));
  }
  std::set<std::string> ids;
  for (auto& result : results) ids.insert(result.get().message_id);
  CHECK(ids.size() == kCount);
  REQUIRE(seen.Await(kCount));
  CHECK(seen.bodies() == sent);
  CHECK(seen.ids() == ids);
  subscription.Stop();
  CHECK(seen.count() == kCount);
  CHECK(CountOf(client, queue) == 0);
}

TEST_CASE("messages that fail among others fail alone") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const std::string nowhere = Fresh("nowhere");
  Publisher publisher = client.NewPublisher();
  std::vector<std::future<PublishResult>> results;
  for (int i = 0; i < 1000; ++i) {
    const bool accepted = i % 20 == 10;
    results.push_back(
        publisher.Publish("", i % 10 == 0 ? nowhere : queue, "{}", {.allow_unroutable = accepted}));
    if (accepted)
      results.push_back(publisher.Publish("", nowhere, "{}", {.allow_unroutable = true}));
  }
  publisher.Flush();
  int unroutable = 0;
  int dropped = 0;
  int routed = 0;
  for (auto& result : results) {
    REQUIRE(result.wait_for(0s) == std::future_status::ready);
    try {
      (result.get().routed ? routed : dropped) += 1;
    } catch (const Error& error) {
      CHECK(error.reason() == reason::kUnroutable);
      CHECK(error.code() == Code::kFailedPrecondition);
      CHECK(error.persisted() == Persisted::kNo);
      CHECK(error.message_id().size() == 36);
      ++unroutable;
    }
  }
  CHECK(routed == 900);
  CHECK(dropped == 100);
  CHECK(unroutable == 50);
  CHECK(CountOf(client, queue) == 900);
}

TEST_CASE("a sidecar that is killed leaves no future open, and what is unknown can be sent again") {
  const std::string name = Fresh("killed");
  World& world = World::Get();
  Client client(world.Start(name, R"("proxy": true)"));
  const std::string queue = FreshQueue(client);
  Publisher publisher = client.NewPublisher({.max_in_flight = 200});
  std::map<std::string, std::future<PublishResult>> results;
  const auto publish = [&](int i) {
    const std::string id = "m-" + std::to_string(i);
    results[id] = publisher.Publish("", queue, "{}", {.properties = {.message_id = id}});
  };
  for (int i = 0; i < 500; ++i) publish(i);
  publisher.Flush();
  // Without the broker's answers these are written and wait.
  world.Do("hold", name);
  for (int i = 500; i < 600; ++i) publish(i);
  CHECK(Throughout(200ms,
                   [&] { return results["m-500"].wait_for(0s) != std::future_status::ready; }));
  world.Do("kill", name);
  CHECK(results["m-599"].wait_for(5s) == std::future_status::ready);
  // Those have not been written, and wait for the next sidecar.
  for (int i = 600; i < 700; ++i) publish(i);
  world.Do("release", name);
  world.Do("restart", name);
  for (int i = 700; i < 1000; ++i) publish(i);
  publisher.Flush();
  std::vector<std::string> unknown;
  for (auto& [id, result] : results) {
    REQUIRE(result.wait_for(0s) == std::future_status::ready);
    try {
      const PublishResult published = result.get();
      CHECK(published.message_id == id);
    } catch (const Error& error) {
      CHECK(error.reason() == reason::kSidecarUnavailable);
      CHECK(error.code() == Code::kUnavailable);
      CHECK(error.persisted() == Persisted::kUnknown);
      CHECK_FALSE(error.retryable());
      CHECK(error.message_id() == id);
      unknown.push_back(error.message_id());
    }
  }
  CHECK(unknown.size() == 100);
  for (const std::string& id : unknown) {
    client.Publish("", queue, "{}", {.properties = {.message_id = id}});
  }
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember());
  CHECK(Eventually(kSoon, [&] { return seen.ids().size() == 1000; }));
}

TEST_CASE("a publisher keeps no more than max_in_flight messages, and waits for room") {
  const std::string name = Fresh("full");
  World& world = World::Get();
  Client client(world.Start(name, R"("proxy": true)"));
  const std::string queue = FreshQueue(client);
  Publisher publisher = client.NewPublisher({.max_in_flight = 3});
  publisher.Publish("", queue, "{}").get();
  world.Do("hold", name);
  std::vector<std::future<PublishResult>> results;
  for (int i = 0; i < 3; ++i) results.push_back(publisher.Publish("", queue, "{}"));
  // No room within its time: it was not taken.
  const ErrorFields late = ErrorOf([&] { publisher.Publish("", queue, "{}", {.timeout = 200ms}); });
  CHECK(late.reason == reason::kSidecarUnavailable);
  CHECK(late.code == Code::kDeadlineExceeded);
  CHECK(late.persisted == Persisted::kNo);
  // No room, and the caller will not wait.
  std::stop_source stop;
  auto cancelled = std::async(std::launch::async, [&] {
    return ErrorOf([&] { publisher.Publish("", queue, "{}", {.stop = stop.get_token()}); });
  });
  CHECK(cancelled.wait_for(100ms) == std::future_status::timeout);
  stop.request_stop();
  const ErrorFields error = cancelled.get();
  CHECK(error.code == Code::kCancelled);
  CHECK(error.persisted == Persisted::kNo);
  auto waiting = std::async(std::launch::async,
                            [&] { return publisher.Publish("", queue, "{}").get().routed; });
  CHECK(waiting.wait_for(200ms) == std::future_status::timeout);
  CHECK(results[0].wait_for(0s) == std::future_status::timeout);
  world.Do("release", name);
  CHECK(waiting.get());
  for (auto& result : results) CHECK(result.get().routed);
}

TEST_CASE("a message without an answer fails at its timeout: unknown, as it was written") {
  const std::string name = Fresh("silent");
  World& world = World::Get();
  Client client(world.Start(name, R"("proxy": true)"));
  const std::string queue = FreshQueue(client);
  Publisher publisher = client.NewPublisher();
  publisher.Publish("", queue, "{}").get();
  world.Do("hold", name);
  std::future<PublishResult> later = publisher.Publish("", queue, "{}");
  const auto began = std::chrono::steady_clock::now();
  const ErrorFields error =
      ErrorOf([&] { publisher.Publish("", queue, "{}", {.timeout = 500ms}).get(); });
  CHECK(std::chrono::steady_clock::now() - began < 1s);
  CHECK(error.reason == reason::kSidecarUnavailable);
  CHECK(error.code == Code::kDeadlineExceeded);
  CHECK(error.persisted == Persisted::kUnknown);
  CHECK(later.wait_for(0s) == std::future_status::timeout);
  world.Do("release", name);
  CHECK(later.get().routed);
}

TEST_CASE("a publisher sends large messages, alone or together, and an empty batch never") {
  Client client(World::Get().Start(Fresh("large"),
                                   R"("config": {"limits": {"max_message_bytes": 3000000}})"));
  const std::string queue = FreshQueue(client);
  Publisher publisher = client.NewPublisher();
  std::vector<std::future<PublishResult>> results;
  std::vector<std::size_t> sizes;
  for (int i = 0; i < 12; ++i) {
    sizes.push_back(i % 3 == 0 ? 2'500'000 : 300'000);
    results.push_back(
        publisher.Publish("", queue, "\"" + std::string(sizes.back() - 2, 'x') + "\""));
  }
  for (auto& result : results) CHECK(result.get().routed);
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember());
  REQUIRE(seen.Await(12));
  std::vector<std::size_t> seen_sizes;
  for (const std::string& body : seen.bodies()) seen_sizes.push_back(body.size());
  CHECK(seen_sizes == sizes);
}

TEST_CASE("a publisher that is closed has sent all, and takes nothing more") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  std::vector<std::future<PublishResult>> results;
  {
    Publisher publisher = client.NewPublisher();
    for (int i = 0; i < 100; ++i) results.push_back(publisher.Publish("", queue, "{}"));
    publisher.Close();
    for (auto& result : results) CHECK(result.wait_for(0s) == std::future_status::ready);
    const ErrorFields error = ErrorOf([&] { publisher.Publish("", queue, "{}"); });
    CHECK(error.code == Code::kFailedPrecondition);
    CHECK(error.persisted == Persisted::kNo);
    publisher.Close();
    publisher.Flush();
  }
  for (auto& result : results) CHECK(result.get().routed);
  CHECK(CountOf(client, queue) == 100);
}

TEST_CASE("many threads publish through one publisher") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  Publisher publisher = client.NewPublisher({.max_in_flight = 50});
  std::vector<std::future<int>> threads;
  for (int i = 0; i < 4; ++i) {
    threads.push_back(std::async(std::launch::async, [&] {
      int routed = 0;
      for (int j = 0; j < 250; ++j)
        routed += publisher.Publish("", queue, "{}").get().routed ? 1 : 0;
      return routed;
    }));
  }
  for (auto& thread : threads) CHECK(thread.get() == 250);
  CHECK(CountOf(client, queue) == 1000);
}

}  // namespace amqp_sidecar::test
