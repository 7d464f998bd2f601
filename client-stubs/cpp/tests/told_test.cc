// What is told, and to whom: events, the log, and the context of a trace.
#include <future>
#include <iostream>
#include <sstream>

#include "seen.h"
#include "support/catch.h"
#include "world.h"

namespace amqp_sidecar::test {
namespace {

// What std::clog gets in its life.
class LogCapture {
 public:
  LogCapture() : former_(std::clog.rdbuf(text_.rdbuf())) {}
  ~LogCapture() { std::clog.rdbuf(former_); }
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;
  // Once nobody writes any more.
  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::streambuf* former_;
};

}  // namespace

TEST_CASE("events go to std::clog where nobody takes them, and a failure of a handler always") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const LogCapture log;
  Seen seen;
  for (const bool taken : {false, true}) {
    SubscribeOptions options;
    if (taken) options.on_event = seen.Events();
    Subscription subscription =
        client.Subscribe(queue, seen.Remember([&](const Delivery& delivery) {
          if (!delivery.redelivered()) throw std::runtime_error("the reason why");
        }),
                         options);
    client.Publish("", queue, R"({"secret":1})", {.properties = {.message_id = taken ? "b" : "a"}});
    REQUIRE(seen.Await(taken ? 4 : 2));
    subscription.Stop();
  }
  const std::string text = log.text();
  CHECK_THAT(text, ContainsSubstring("WARN subscription to \"" + queue + "\": SUBSCRIBED"));
  CHECK(text.find("SUBSCRIBED") == text.rfind("SUBSCRIBED"));
  CHECK_THAT(text, ContainsSubstring("message_id=a") && ContainsSubstring("message_id=b") &&
                       ContainsSubstring("error=the reason why"));
  CHECK_THAT(text, !ContainsSubstring("secret"));
}

TEST_CASE("an on_event that throws does not end the subscription") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  const LogCapture log;
  Seen seen;
  Subscription subscription =
      client.Subscribe(queue, seen.Remember(), {.on_event = [](const Event&) { throw 42; }});
  client.Publish("", queue, "{}");
  CHECK(seen.Await(1));
  subscription.Stop();
  CHECK_THAT(log.text(), ContainsSubstring("on_event threw") && ContainsSubstring("SUBSCRIBED"));
}

TEST_CASE("the context of a trace goes with a message and is current in its handler") {
  thread_local std::string current;
  ClientOptions options;
  options.trace.inject = [](TraceHeaders& headers) {
    if (current.empty()) return;
    headers["traceparent"] = current;
    headers["tracestate"] = "vendor=1";
  };
  options.trace.attach = [](const TraceHeaders& headers) -> std::shared_ptr<void> {
    const auto found = headers.find("traceparent");
    current = found == headers.end() ? "" : found->second + " " + headers.at("tracestate");
    return {&current, [](void*) { current.clear(); }};
  };
  Client client(SharedAddress(), options);
  const std::string queue = FreshQueue(client);
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  current = parent;
  client.Publish("", queue, "1");
  client.NewPublisher().Publish("", queue, "2").get();
  client.Publish("", queue, "3",
                 {.properties = {.headers = {{"traceparent", "own"}, {"tracestate", "own"}}}});
  current.clear();
  client.Publish("", queue, "4");
  std::vector<std::string> seen_by_handler;
  Seen seen;
  Subscription subscription = client.Subscribe(
      queue, seen.Remember([&](const Delivery&) { seen_by_handler.push_back(current); }));
  REQUIRE(seen.Await(4));
  subscription.Stop();
  CHECK(seen_by_handler ==
        std::vector<std::string>{parent + " vendor=1", parent + " vendor=1", "own own", ""});
}

TEST_CASE("without hooks a trace's headers are left as they are") {
  Client client = NewClient();
  const std::string queue = FreshQueue(client);
  client.Publish("", queue, "1", {.properties = {.headers = {{"traceparent", "own"}}}});
  client.Publish("", queue, "2");
  std::vector<std::size_t> counts;
  Seen seen;
  Subscription subscription = client.Subscribe(queue, seen.Remember([&](const Delivery& delivery) {
    counts.push_back(delivery.headers().count("traceparent"));
  }));
  REQUIRE(seen.Await(2));
  subscription.Stop();
  CHECK(counts == std::vector<std::size_t>{1, 0});
}

}  // namespace amqp_sidecar::test
