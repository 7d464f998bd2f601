// What `status` shows of a status that a test made up.
#include "rpc/status_text.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr int64_t kNow = 1'800'000'000;

const WallTime now{std::chrono::seconds(kNow)};

// 2027-01-15 08:00:00 there.
void SetUtc() {
  ::setenv("TZ", "UTC", 1);
  ::tzset();
}

v1::SidecarStatus Ready() {
  SetUtc();
  v1::SidecarStatus status;
  status.set_version("0.1.0");
  status.set_readiness("ready");
  status.set_topology_declared(true);
  status.mutable_started_at()->set_seconds(kNow - 11'520);
  v1::ConnectionStatus& connection = *status.mutable_connection();
  connection.set_state(v1::CONNECTION_STATE_READY);
  connection.set_endpoint("127.0.0.1:5672");
  connection.set_broker_product("RabbitMQ");
  connection.set_broker_version("3.10.8");
  connection.mutable_since()->set_seconds(kNow - 61);
  connection.set_reconnects(2);
  connection.set_last_error("connection reset");
  connection.set_channels_open(4);
  connection.set_channels_max(1000);
  v1::PublisherStatus& publisher = *status.mutable_publisher();
  publisher.set_confirmed(9000);
  publisher.set_unrouted(3);
  publisher.set_in_flight(5);
  publisher.set_in_flight_bytes(120);
  publisher.set_max_in_flight(10'000);
  publisher.set_max_in_flight_bytes(67'108'864);
  (*publisher.mutable_failed())["UNROUTABLE"] = 700;
  (*publisher.mutable_failed())["INVALID_BODY"] = 30;
  v1::DeliveryTotals& totals = *status.mutable_deliveries();
  totals.set_delivered(50);
  totals.set_redelivered(11);
  totals.set_acked(21);
  totals.set_nacked(12);
  totals.set_rejected(13);
  totals.set_deadline_expired(14);
  totals.set_retried(15);
  totals.set_dead_lettered(16);
  totals.set_invalid(17);
  totals.set_unsettled(18);
  (*totals.mutable_settle_failures())["STALE_DELIVERY"] = 6;
  return status;
}

v1::SubscriptionStatus Billing() {
  v1::SubscriptionStatus one;
  one.set_queue("billing");
  one.set_peer("unix:");
  one.set_active(true);
  one.set_prefetch(64);
  one.set_unsettled(3);
  one.mutable_oldest_unsettled_age()->set_seconds(200);
  one.set_delivered(50);
  one.set_redelivered(11);
  one.set_acked(21);
  one.set_nacked(12);
  one.set_rejected(13);
  one.set_deadline_expired(14);
  one.set_retried(15);
  one.set_dead_lettered(16);
  one.set_invalid(17);
  return one;
}

void AddEvent(v1::SidecarStatus& status, const std::string& what, const std::string& detail,
              uint32_t count = 1) {
  v1::SidecarEvent& event = *status.add_recent_events();
  event.mutable_at()->set_seconds(kNow - 60);
  event.set_what(what);
  event.set_detail(detail);
  event.set_severity(v1::EVENT_SEVERITY_WARNING);
  event.set_count(count);
}

TEST_CASE("a status shows every figure that it has, under its name") {
  v1::SidecarStatus status = Ready();
  *status.add_subscriptions() = Billing();
  AddEvent(status, "connection lost", "connection reset", 3);
  CHECK(StatusText(status, now) ==
        "readiness      ready\n"
        "sidecar        0.1.0, up 3h 12m (since 2027-01-15 04:48:00)\n"
        "connection     connected to 127.0.0.1:5672, RabbitMQ 3.10.8, for 1m 1s\n"
        "               reconnects 2, last error: connection reset\n"
        "               channels 4 of 1000\n"
        "topology       declared\n"
        "publishes      confirmed 9000, unrouted 3, failed 730 (INVALID_BODY 30, UNROUTABLE 700)\n"
        "               in flight 5 of 10000, 120 of 67108864 bytes\n"
        "deliveries     delivered 50 (redelivered 11), unsettled 18, invalid 17\n"
        "               acked 21, nacked 12, rejected 13, expired 14, retried 15, "
        "dead-lettered 16\n"
        "               settlements that did not take 6 (STALE_DELIVERY 6)\n"
        "\n"
        "subscriptions 1\n"
        "  QUEUE    ACTIVE  PREFETCH  UNSETTLED  OLDEST  DELIVERED  REDELIVERED  ACKED  NACKED  "
        "REJECTED  EXPIRED  RETRIED  DEAD-LETTERED  INVALID  PEER\n"
        "  billing  yes           64          3  3m 20s         50           11     21      12  "
        "      13       14       15             16       17  unix:\n"
        "\n"
        "recent events\n"
        "  TIME                 SEVERITY  EVENT\n"
        "  2027-01-15 07:59:00  warning   connection lost: connection reset (3 times)\n");
}

TEST_CASE("a status says in words what the link does") {
  v1::SidecarStatus status = Ready();
  v1::ConnectionStatus& connection = *status.mutable_connection();
  connection.set_state(v1::CONNECTION_STATE_BLOCKED);
  connection.set_blocked_reason("low on memory");
  CHECK_THAT(StatusText(status, now),
             ContainsSubstring("blocked: the broker accepts no publishes: low on memory; "
                               "connected to 127.0.0.1:5672"));
  connection.set_state(v1::CONNECTION_STATE_BACKING_OFF);
  connection.mutable_next_attempt_at()->set_seconds(kNow + 2);
  CHECK_THAT(StatusText(status, now),
             ContainsSubstring("no connection to 127.0.0.1:5672 for 1m 1s, the next attempt in "
                               "2.0s\n"));
  connection.set_state(v1::CONNECTION_STATE_CONNECTING);
  CHECK_THAT(StatusText(status, now),
             ContainsSubstring("no connection: connecting to 127.0.0.1:5672"));
  connection.set_state(v1::CONNECTION_STATE_DRAINING);
  CHECK_THAT(StatusText(status, now), ContainsSubstring("the sidecar is shutting down"));
}

TEST_CASE("a status tells of a thread that is stuck, a second link and lines that were dropped") {
  v1::SidecarStatus status = Ready();
  CHECK_THAT(StatusText(status, now), !ContainsSubstring("stalled"));
  status.mutable_stalled()->set_seconds(12);
  status.set_dropped_log_lines(4);
  status.set_topology_declared(false);
  status.set_topology_error("queue \"billing\": it is not there");
  *status.mutable_consumer_connection() = status.connection();
  const std::string text = StatusText(status, now);
  CHECK_THAT(text, ContainsSubstring("stalled        the thread that talks to the broker is stuck "
                                     "for 12s\n"));
  CHECK_THAT(text, ContainsSubstring("lines dropped 4\n"));
  CHECK_THAT(text, ContainsSubstring("not declared: queue \"billing\": it is not there\n"));
  CHECK_THAT(text, ContainsSubstring("subscriptions' connected to 127.0.0.1:5672"));
}

TEST_CASE("names, peers and errors cannot play with the terminal") {
  v1::SidecarStatus status = Ready();
  v1::SubscriptionStatus& one = *status.add_subscriptions();
  one.set_queue("a\x1b[2Jb");
  one.set_peer("p\nq");
  status.mutable_connection()->set_last_error(
      "e\x9brr\rx\xC2\x9B"
      "2J");
  AddEvent(status, "what\x07", "detail\x1b]0;title");
  status.set_topology_declared(false);
  status.set_topology_error("t\x1b");
  (*status.mutable_publisher()->mutable_failed())["R\x1b"] = 1;
  const std::string text = StatusText(status, now);
  for (const char c : text) {
    CHECK((static_cast<unsigned char>(c) >= 0x20 || c == '\n'));
  }
  CHECK_THAT(text, !ContainsSubstring("\xC2\x9B"));
  CHECK_THAT(text, ContainsSubstring("a\\x1b[2Jb"));
  CHECK_THAT(text, ContainsSubstring("p\\x0aq"));
}

TEST_CASE("on a terminal lines are cut, and the newest events stay as far as there is room") {
  v1::SidecarStatus status = Ready();
  for (int i = 0; i < 20; ++i) AddEvent(status, "event " + std::to_string(i), "");
  *status.add_subscriptions() = Billing();
  const std::string screen = StatusScreen(status, now, 24, 60);
  CHECK(std::count(screen.begin(), screen.end(), '\n') <= 24);
  CHECK_THAT(screen, ContainsSubstring("event 19\n"));
  CHECK_THAT(screen, !ContainsSubstring("event 0\n"));
  CHECK_THAT(screen, ContainsSubstring("OLDEST"));
  CHECK_THAT(screen, ContainsSubstring("\u2026\n"));
  CHECK_THAT(screen, !ContainsSubstring("DEAD-LETTERED"));

  for (int i = 0; i < 50; ++i) *status.add_subscriptions() = Billing();
  const std::string full = StatusScreen(status, now, 24, 60);
  CHECK(std::count(full.begin(), full.end(), '\n') == 24);
  CHECK_THAT(full, !ContainsSubstring("event"));
  CHECK_THAT(full, ContainsSubstring("lines more\n"));
}

TEST_CASE("a status as JSON is one line that says what the API says, and 0 where it is 0") {
  v1::SidecarStatus status = Ready();
  status.mutable_publisher()->clear_in_flight();
  *status.add_subscriptions() = Billing();
  const std::string json = StatusJson(status);
  CHECK(std::count(json.begin(), json.end(), '\n') == 1);
  CHECK(json.back() == '\n');
  CHECK_THAT(json, ContainsSubstring("\"in_flight\":0"));
  CHECK_THAT(json, ContainsSubstring("\"dropped_log_lines\":\"0\""));
  CHECK_THAT(json, ContainsSubstring("\"oldest_unsettled_age\":\"200s\""));
  v1::SidecarStatus again;
  REQUIRE(google::protobuf::util::JsonStringToMessage(json, &again).ok());
  CHECK(again.SerializeAsString().size() == status.SerializeAsString().size());
  CHECK(again.subscriptions(0).dead_lettered() == 16);
}

TEST_CASE("durations are told in the units that matter") {
  using std::chrono::milliseconds;
  CHECK(DurationText(milliseconds(-5)) == "0s");
  CHECK(DurationText(milliseconds(350)) == "350ms");
  CHECK(DurationText(milliseconds(4'290)) == "4.2s");
  CHECK(DurationText(milliseconds(59'999)) == "59s");
  CHECK(DurationText(milliseconds(61'000)) == "1m 1s");
  CHECK(DurationText(milliseconds(86'400'000 - 1)) == "23h 59m");
  CHECK(DurationText(milliseconds(86'400'000)) == "1d 0h");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
