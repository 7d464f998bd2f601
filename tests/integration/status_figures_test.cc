// The figures in the status, on the page behind it and in /metrics are what was done, exactly: as
// the callers saw it.
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include "integration/world.h"
#include "support/metrics_text.h"
#include "support/publish_stream.h"
#include "support/status.h"

namespace amqp_sidecar::test {
namespace {

using Figures = std::map<std::string, uint64_t>;

// How publishes ended, by what their callers were told.
class Tally {
 public:
  void Add(const Outcome& outcome) {
    ++figures_[!outcome.ok() ? outcome.reason : outcome.routed ? "confirmed" : "unrouted"];
    ++all_;
  }
  void Add(const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) Add(outcome);
  }
  const Figures& figures() const { return figures_; }
  uint64_t all() const { return all_; }

 private:
  Figures figures_;
  uint64_t all_ = 0;
};

Figures FiguresOf(const pb::PublisherStatus& status) {
  Figures figures;
  if (status.confirmed() > 0) figures["confirmed"] = status.confirmed();
  if (status.unrouted() > 0) figures["unrouted"] = status.unrouted();
  for (const auto& [reason, count] : status.failed()) figures[reason] = count;
  return figures;
}

Figures FiguresOf(const MetricsText& metrics, const Figures& asked) {
  Figures figures;
  for (const auto& [name, count] : asked) {
    const bool failed = name != "confirmed" && name != "unrouted";
    const std::string labels = failed ? "{outcome=\"failed\",reason=\"" + name + "\"}"
                                      : "{outcome=\"" + name + "\",reason=\"\"}";
    figures[name] = static_cast<uint64_t>(metrics["publishes_total" + labels].value_or(-1));
  }
  return figures;
}

// A user who may write to every exchange but one.
class BarredUser {
 public:
  explicit BarredUser(const RabbitmqNode& node) : node_(node) {
    node_.Ctl({"add_user", name_, "secret"});
    node_.Ctl({"set_permissions", "-p", "/", name_, ".*", "^(?!amq\\.direct$).*", ".*"});
  }
  ~BarredUser() {
    try {
      node_.Ctl({"delete_user", name_});
    } catch (const std::exception& error) {
      WARN("the clean-up failed: " << error.what());
    }
  }
  std::string UriAt(uint16_t port) const {
    return "amqp://" + name_ + ":secret@127.0.0.1:" + std::to_string(port) + "/";
  }

 private:
  const RabbitmqNode node_;
  const std::string name_ = UniqueName("user");
};

TEST_CASE("After 10,000 publishes of all outcomes every figure is what the callers were told",
          "[disturbs]") {
  const RabbitmqNode node = RabbitmqNode::Disturbed();
  BarredUser user(node);
  TcpProxy proxy(node.port());
  SidecarOptions options;
  options.uri = user.UriAt(proxy.port());
  options.amqp = kFastReconnect;
  options.more =
      "limits: {max_message_bytes: 2000, max_in_flight_messages: 200}\ndrain_timeout: 30s\n";
  World world(options, node);
  Tally told;

  const std::string queue = world.names.Queue();
  const std::string full =
      world.names.Queue({{"x-max-length", int64_t{1}}, {"x-overflow", "reject-publish"}});
  const std::string exchange = world.names.ExchangeTo(queue, "order.*");
  const auto in_turn = [&](size_t i) {
    pb::PublishRequest request = JsonMessage(exchange, "order.made");
    switch (i % 10) {
      case 1:
        return JsonMessage(exchange, "invoice.made");
      case 2:
        request = JsonMessage(exchange, "invoice.made");
        request.set_allow_unroutable(true);
        return request;
      case 3:
        return JsonMessage(exchange, "order.made", "{\"n\":");
      case 4:
        return JsonMessage("no-such-exchange", "k");
      case 5:
        // Few: each costs its channel, and what is on it waits.
        return i % 3'000 == 5 ? JsonMessage("", full) : request;
      case 6:
        return JsonMessage("", "");
      case 7:
        return JsonMessage(exchange, "order.made", "\"" + std::string(2000, 'a') + "\"");
      default:
        return request;
    }
  };
  std::vector<pb::PublishRequest> requests;
  for (size_t i = 0; i < 9'000; ++i) requests.push_back(in_turn(i));
  told.Add(world.client.PublishAll(requests, 64, 60s));
  for (int i = 0; i < 5; ++i) told.Add(world.client.Publish(JsonMessage("amq.direct", "k"), 0s));

  // By streams as by calls.
  {
    PublishStream stream(world.client);
    PublishStream::Items items;
    for (size_t i = 0; i < 1'000; ++i) items.push_back(Item(i, in_turn(i)));
    REQUIRE(stream.SendInBatches(items, {100}));
    REQUIRE(stream.WaitForResults(1'000, 60s));
    for (uint64_t i = 0; i < 1'000; ++i) told.Add(stream.At(i));
    CHECK(stream.Finish().ok());
  }

  // Written, and never confirmed.
  proxy.MuteBroker();
  told.Add(world.client.Publish(JsonMessage(exchange, "order.made"), 0s));
  proxy.Restore();
  // No link; and more than may be in flight.
  proxy.TakeAway();
  REQUIRE(Eventually(10s,
                     [&] { return HttpGet(world.sidecar.admin_port(), "/readyz").status == 503; }));
  told.Add(world.client.PublishAll(
      std::vector<pb::PublishRequest>(300, JsonMessage(exchange, "order.made")), 300, 6s));
  proxy.Restore();
  world.sidecar.WaitReady(20s);
  // An alarm: the broker tells of it when somebody publishes.
  {
    OnExit calm([&] { node.Ctl({"set_vm_memory_high_watermark", "0.4"}); });
    node.Ctl({"set_vm_memory_high_watermark", "0.00001"});
    for (int i = 0; i < 2; ++i) {
      told.Add(world.client.Publish(JsonMessage(exchange, "order.made"), 0s));
    }
  }
  REQUIRE(Eventually(
      20s, [&] { return HttpGet(world.sidecar.admin_port(), "/readyz").body == "ready\n"; }));
  // A drain, which an unsettled delivery keeps open.
  Subscription subscription(world.client, queue, 1);
  REQUIRE(subscription.WaitForDeliveries(1));
  world.sidecar.Signal(SIGTERM);
  REQUIRE(subscription.WaitForEvents(2));
  told.Add(world.client.Publish(JsonMessage(exchange, "order.made"), 0s));

  CAPTURE(told.figures());
  for (const char* name :
       {"confirmed", "unrouted", "INVALID_MESSAGE", "INVALID_BODY", "MESSAGE_TOO_LARGE",
        "EXCHANGE_NOT_FOUND", "UNROUTABLE", "ACCESS_REFUSED", "REFUSED_BY_BROKER", "LIMIT_EXCEEDED",
        "BROKER_UNAVAILABLE", "BROKER_BLOCKED", "OUTCOME_UNKNOWN", "DRAINING"}) {
    INFO(name);
    CHECK(told.figures().contains(name));
  }
  CHECK(told.all() > 10'000);

  const pb::SidecarStatus status = StatusOf(world.client);
  CHECK(FiguresOf(status.publisher()) == told.figures());
  CHECK(status.publisher().in_flight() == 0);
  CHECK(status.publisher().in_flight_bytes() == 0);
  CHECK(FiguresOf(StatusPage(world.sidecar.admin_port()).publisher()) == told.figures());
  CHECK(FiguresOf(StatusByVerb(world.sidecar.target()).publisher()) == told.figures());
  const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
  CHECK(FiguresOf(metrics, told.figures()) == told.figures());
  CHECK(world.client.Ack(Ids(subscription.deliveries())).empty());
}

TEST_CASE("Deliveries are counted by what became of them, and the totals outlive a subscription") {
  World world;
  const std::string queue = world.names.Queue();
  const std::string dead = world.names.Queue();
  for (int i = 0; i < 6; ++i) world.direct.Publish("", queue, "{\"n\":" + std::to_string(i) + "}");
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_prefetch(10);
  request.mutable_ack_deadline()->set_seconds(2);
  request.mutable_retry()->set_max_attempts(2);
  request.mutable_retry()->mutable_initial_backoff()->set_nanos(50'000'000);
  request.mutable_retry()->set_dead_letter_exchange(world.names.ExchangeTo(dead, "#"));
  {
    Subscription subscription(world.client, request);
    REQUIRE(subscription.WaitForDeliveries(6));
    const std::vector<std::string> ids = Ids(subscription.deliveries());
    CHECK(world.client.Ack({ids[0], ids[1]}).empty());
    CHECK(world.client.Nack({ids[2]}).empty());
    CHECK(world.client.Reject({ids[3]}).empty());
    CHECK(world.client.Ack({"nonsense", ids[3]}).size() == 2);
    // The nacked one comes again, and so do the two whose time passes.
    REQUIRE(subscription.WaitForDeliveries(9, 20s));
    const pb::SidecarStatus status = StatusOf(world.client);
    REQUIRE(status.subscriptions_size() == 1);
    const pb::SubscriptionStatus& one = status.subscriptions(0);
    CHECK(one.queue() == queue);
    CHECK(one.active());
    CHECK(one.prefetch() == 10);
    CHECK(one.delivered() == 9);
    CHECK(one.acked() == 2);
    CHECK(one.nacked() == 1);
    CHECK(one.rejected() == 1);
    CHECK(one.deadline_expired() == 2);
    CHECK(one.retried() == 3);
    CHECK(one.dead_lettered() == 1);
    CHECK(one.unsettled() == 3);
    CHECK(one.has_oldest_unsettled_age());
    const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
    CHECK(metrics["unsettled{queue=\"" + queue + "\"}"] == 3);
    CHECK(metrics["subscriptions{queue=\"" + queue + "\",state=\"active\"}"] == 1);
  }
  REQUIRE(Eventually(5s, [&] { return StatusOf(world.client).subscriptions_size() == 0; }));
  const pb::DeliveryTotals totals = StatusOf(world.client).deliveries();
  CHECK(totals.delivered() == 9);
  CHECK(totals.acked() == 2);
  CHECK(totals.nacked() == 1);
  CHECK(totals.rejected() == 1);
  CHECK(totals.deadline_expired() == 2);
  CHECK(totals.retried() == 3);
  CHECK(totals.dead_lettered() == 1);
  CHECK(totals.unsettled() == 0);
  CHECK(totals.settle_failures().at("UNKNOWN_DELIVERY") == 1);
  CHECK(totals.settle_failures().at("ALREADY_SETTLED") == 1);
  const MetricsText metrics(HttpGet(world.sidecar.admin_port(), "/metrics").body);
  CHECK(metrics["deliveries_total"] == 9);
  CHECK(metrics["settlements_total{verb=\"ack\"}"] == 2);
  CHECK(metrics["settlements_total{verb=\"nack\"}"] == 1);
  CHECK(metrics["settlements_total{verb=\"reject\"}"] == 1);
  CHECK(metrics["deadline_expired_total"] == 2);
  CHECK(metrics["retries_total"] == 3);
  CHECK(metrics["dead_letters_total"] == 1);
  CHECK(metrics["delivery_settle_seconds_count"] == 6);
  CHECK(metrics["settlement_failures_total{reason=\"UNKNOWN_DELIVERY\"}"] == 1);
}

}  // namespace
}  // namespace amqp_sidecar::test
