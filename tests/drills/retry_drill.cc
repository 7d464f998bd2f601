// Drill: retries and dead letters while the sidecar is killed.
#include <signal.h>

#include <algorithm>
#include <random>

#include "drills/drill.h"
#include "drills/retrying_service.h"

namespace amqp_sidecar::test {
namespace {

constexpr uint32_t kPrefetch = 64;
constexpr uint32_t kAttempts = 3;

pb::SubscribeRequest Retrying(const std::string& queue, const std::string& dead_letter_exchange) {
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_prefetch(kPrefetch);
  request.mutable_retry()->set_max_attempts(kAttempts);
  request.mutable_retry()->mutable_initial_backoff()->set_nanos(100'000'000);
  request.mutable_retry()->set_dead_letter_exchange(dead_letter_exchange);
  return request;
}

// The queues that a policy leads to, which nobody else would take away.
std::vector<std::string> QueuesOf(const std::string& queue) {
  return {queue + ".dead", "amqp-sidecar.wait.100ms." + queue, "amqp-sidecar.wait.200ms." + queue};
}

void PublishChecked(Drill& drill, const std::vector<std::string>& queues, size_t count) {
  Client client(drill.sidecar->target());
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < count; ++i) {
    const std::string body = "{\"n\":" + std::to_string(i) + "}";
    requests.push_back(JsonMessage("", queues[i % queues.size()], body));
    requests.back().mutable_message()->mutable_properties()->set_message_id(
        drill.checker.Attempt(body));
  }
  const std::vector<Outcome> outcomes = client.PublishAll(requests, 100);
  for (size_t i = 0; i < count; ++i) {
    drill.checker.Answer(requests[i].message().properties().message_id(), outcomes[i]);
  }
}

// What died, with what the sidecar says of it.
size_t CountDead(Drill& drill, const std::string& dead, const std::string& queue) {
  const std::vector<Direct::Message> messages = drill.names.direct().Drain(dead);
  size_t attempts = 0;
  size_t strange = 0;
  for (const Direct::Message& message : messages) {
    INFO(message.message_id);
    drill.checker.Deliver(message.message_id, message.body);
    REQUIRE(message.headers.contains("x-sidecar-attempts"));
    attempts =
        std::max<size_t>(attempts, std::stoul(message.headers.at("x-sidecar-attempts").text));
    strange += message.headers.at("x-sidecar-queue").text != queue ||
               message.headers.at("x-sidecar-routing-key").text != queue ||
               message.headers.contains("x-sidecar-retry");
  }
  CHECK(attempts <= kAttempts);
  CHECK(strange == 0);
  return messages.size();
}

// In one queue what fails dies in "<queue>.dead"; in the other, where some are rejected too, in the
// policy's own exchange. Nothing is dropped anywhere: each message is acked or died.
TEST_CASE("row 39: sidecar killed amid retries", "[drill]") {
  const size_t count = Form<size_t>(2'000, 20'000);
  const int kills = Form(10, 200);
  DrillOptions options;
  options.sidecar.amqp = kFastReconnect;
  Drill drill("39", options);
  Direct& direct = drill.names.direct();
  const std::string second =
      drill.names.Queue({{"x-queue-type", "quorum"}, {"x-delivery-limit", int64_t{1'000'000}}});
  const std::string graves = drill.names.Exchange("fanout");
  const std::string grave = drill.names.Queue();
  direct.Bind(grave, graves, "");
  OnExit clean([&] {
    for (const std::string& queue : {drill.quorum, second}) {
      for (const std::string& name : QueuesOf(queue)) Direct(drill.node.port()).DeleteQueue(name);
    }
  });
  PublishChecked(drill, {drill.quorum, second}, count);

  size_t settled = 0;
  size_t streams = 0;
  {
    RetryingService first(drill.sidecar->target(), drill.checker, Retrying(drill.quorum, ""),
                          /*rejects=*/false);
    RetryingService other(drill.sidecar->target(), drill.checker, Retrying(second, graves),
                          /*rejects=*/true);
    const auto all_settled = [&] { return first.settled() + other.settled(); };
    std::mt19937_64 random(39);
    const size_t most = 2 * count / static_cast<size_t>(kills);
    for (int i = 0; i < kills; ++i) {
      const size_t goal = all_settled() + std::uniform_int_distribution<size_t>(0, most)(random);
      // Where little is left to do, it is killed all the same.
      Eventually(2s, [&] { return all_settled() >= goal; });
      drill.sidecar->Signal(SIGKILL);
      REQUIRE(drill.sidecar->Wait(5s) == -SIGKILL);
      drill.StartSidecar();
    }
    // Nothing is ready, nothing is held, nothing waits: for longer than the longest wait.
    const auto over = [&] {
      const size_t before = all_settled();
      return Throughout(1500ms, [&] {
        return all_settled() == before && direct.Ready(drill.quorum) == 0 &&
               direct.Ready(second) == 0;
      });
    };
    CHECK(Eventually(120s, over));
    CHECK(first.highest_attempt() <= kAttempts);
    CHECK(other.highest_attempt() <= kAttempts);
    CHECK(first.nacked() > count / 20);
    CHECK(other.rejected() > count / 50);
    settled = all_settled();
    streams = first.streams() + other.streams();
  }
  // What was held goes back when its stream ends: nothing was.
  for (const std::string& queue : {drill.quorum, second}) {
    INFO(queue);
    CHECK(Eventually(5s, [&] { return direct.Consumers(queue) == 0; }));
    CHECK(direct.Ready(queue) == 0);
    for (const char* wait : {"amqp-sidecar.wait.100ms.", "amqp-sidecar.wait.200ms."}) {
      CHECK(direct.Ready(wait + queue) == 0);
    }
  }
  const size_t died = CountDead(drill, drill.quorum + ".dead", drill.quorum);
  const size_t killed = CountDead(drill, grave, second);
  CHECK(died > count / 20);
  CHECK(killed > count / 20);
  drill.figures.Add("kills", kills);
  drill.figures.Add("streams", streams);
  drill.figures.Add("settled", settled);
  drill.figures.Add("dead", died + killed);
  // A kill makes at most one more of each delivery that is unsettled: it comes again, and may wait
  // or have died already.
  const uint64_t window = 2 * kPrefetch;
  drill.figures.Add("window", window);
  drill.figures.Add("faults", kills);
  const Verdict verdict =
      CheckSets(drill.figures, drill.checker, window * static_cast<uint64_t>(kills));
  CHECK(verdict.ok == count);
}

}  // namespace
}  // namespace amqp_sidecar::test
