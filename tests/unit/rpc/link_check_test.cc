#include "rpc/link_check.h"

#include "rpc/queue_check.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

const WallTime now = std::chrono::system_clock::now();
const Login kShop{"shop", "/orders"};

v1::ConnectionStatus Away(const std::string& error) {
  v1::ConnectionStatus connection;
  connection.set_state(v1::CONNECTION_STATE_BACKING_OFF);
  connection.set_endpoint("rabbit:5672");
  connection.set_last_error(error);
  return connection;
}

v1::ConnectionStatus Connected() {
  v1::ConnectionStatus connection;
  connection.set_state(v1::CONNECTION_STATE_READY);
  connection.set_endpoint("rabbit:5672");
  // Of long ago.
  connection.set_last_error("login refused: ACCESS_REFUSED");
  return connection;
}

std::vector<Verdict> VerdictsOf(const std::vector<Check>& checks) {
  std::vector<Verdict> verdicts;
  for (const Check& check : checks) {
    INFO(CheckText(check));
    verdicts.push_back(check.verdict);
    if (check.verdict == Verdict::kFail) CHECK_FALSE(check.advice.empty());
  }
  return verdicts;
}

using Verdicts = std::vector<Verdict>;

TEST_CASE("a link that is up is well, whatever was before") {
  const auto checks = CheckLink(ViewOf(Connected(), now), kShop);
  CHECK(VerdictsOf(checks) == Verdicts{Verdict::kOk, Verdict::kOk, Verdict::kOk});
  CHECK_THAT(checks[0].found, ContainsSubstring("(the sidecar's own connection)"));
  CHECK_THAT(checks[1].found, ContainsSubstring("\"shop\""));
  CHECK_THAT(checks[2].found, ContainsSubstring("\"/orders\""));
  v1::ConnectionStatus blocked = Connected();
  blocked.set_state(v1::CONNECTION_STATE_BLOCKED);
  CHECK(VerdictsOf(CheckLink(ViewOf(blocked, now), {})) ==
        Verdicts{Verdict::kOk, Verdict::kOk, Verdict::kOk});
}

TEST_CASE("a refused login is the login's fault, and a refused virtual host its own") {
  const auto login = CheckLink(ViewOf(Away("login refused: ACCESS_REFUSED"), now), kShop);
  CHECK(VerdictsOf(login) == Verdicts{Verdict::kOk, Verdict::kFail, Verdict::kSkip});
  CHECK_THAT(login[1].advice, ContainsSubstring("password"));
  const auto vhost = CheckLink(ViewOf(Away("virtual host refused: NOT_ALLOWED"), now), kShop);
  CHECK(VerdictsOf(vhost) == Verdicts{Verdict::kOk, Verdict::kOk, Verdict::kFail});
  CHECK_THAT(vhost[2].advice, ContainsSubstring("add_vhost"));
}

TEST_CASE("a broker that is not reached fails, with what to do about this cause") {
  for (const auto& [error, advice] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Connection refused", "start the broker"},
           {"the host name cannot be resolved: Name or service not known", "resolver"},
           {"no answer within the connect timeout", "firewalls"},
           {"the broker's certificate expired", "amqp.tls"},
           {"the broker refused the TLS handshake", "amqp.tls"},
           {"", "firewalls"}}) {
    INFO(error);
    const auto checks = CheckLink(ViewOf(Away(error), now), {});
    CHECK(VerdictsOf(checks) == Verdicts{Verdict::kFail, Verdict::kSkip, Verdict::kSkip});
    CHECK_THAT(checks[0].found, ContainsSubstring(error));
    CHECK_THAT(checks[0].advice, ContainsSubstring(advice));
  }
}

TEST_CASE("an alarm is told, and its absence only after a publish that was confirmed") {
  v1::SidecarStatus status;
  *status.mutable_connection() = Connected();
  CHECK(CheckAlarms(status, true).verdict == Verdict::kOk);
  CHECK(CheckAlarms(status, false).verdict == Verdict::kSkip);
  status.mutable_connection()->set_state(v1::CONNECTION_STATE_BLOCKED);
  status.mutable_connection()->set_blocked_reason("low on memory");
  CHECK(CheckAlarms(status, false).verdict == Verdict::kFail);
  CHECK(CheckAlarms(status, true).verdict == Verdict::kFail);
  CHECK_THAT(CheckAlarms(status, true).found, ContainsSubstring("low on memory"));
}

TEST_CASE("a topology that does not stand in the broker fails, with why") {
  v1::SidecarStatus status;
  CHECK(CheckTopology(status).verdict == Verdict::kFail);
  status.set_topology_error("queue \"billing\": x");
  CHECK_THAT(CheckTopology(status).found, ContainsSubstring("queue \"billing\": x"));
  status.set_topology_declared(true);
  CHECK(CheckTopology(status).verdict == Verdict::kOk);
}

QueueAnswer Holding(uint64_t messages, uint32_t consumers) {
  return {.failure = std::nullopt, .messages = messages, .consumers = consumers};
}

TEST_CASE("a queue that nobody consumes from is warned of") {
  const auto checks = CheckQueue("billing", Holding(7, 0), std::nullopt);
  CHECK(VerdictsOf(checks) == Verdicts{Verdict::kOk, Verdict::kWarn});
  CHECK_THAT(checks[0].found, ContainsSubstring("7 messages wait"));
  CHECK_THAT(checks[1].found, ContainsSubstring("and messages wait"));
  CHECK(VerdictsOf(CheckQueue("billing", Holding(0, 0), std::nullopt)) ==
        Verdicts{Verdict::kOk, Verdict::kWarn});
  CHECK(VerdictsOf(CheckQueue("billing", Holding(7, 1), std::nullopt)) ==
        Verdicts{Verdict::kOk, Verdict::kOk});
}

TEST_CASE("a consumer that settles nothing while messages wait is warned of") {
  v1::SidecarStatus status;
  v1::SubscriptionStatus& one = *status.add_subscriptions();
  one.set_queue("billing");
  one.set_peer("unix:");
  one.set_active(true);
  one.set_prefetch(64);
  one.set_unsettled(64);
  one.mutable_oldest_unsettled_age()->set_seconds(300);
  const auto checks = CheckQueue("billing", Holding(7, 2), status);
  CHECK(VerdictsOf(checks) == Verdicts{Verdict::kOk, Verdict::kWarn});
  CHECK_THAT(checks[1].found, ContainsSubstring("2 consumers, 1 by this sidecar"));
  CHECK_THAT(checks[1].found, ContainsSubstring("(64) unsettled, the oldest for 5m 0s"));
  CHECK(VerdictsOf(CheckQueue("billing", Holding(0, 1), status))[1] == Verdict::kOk);
  CHECK(VerdictsOf(CheckQueue("other", Holding(7, 1), status))[1] == Verdict::kOk);
  one.set_unsettled(63);
  CHECK(VerdictsOf(CheckQueue("billing", Holding(7, 1), status))[1] == Verdict::kOk);
}

TEST_CASE("a queue that is missing, or cannot be looked at, fails") {
  const QueueAnswer missing{.failure = CallFailure{"QUEUE_NOT_FOUND", "no queue", ""}};
  const auto checks = CheckQueue("billing", missing, std::nullopt);
  CHECK(VerdictsOf(checks) == Verdicts{Verdict::kFail, Verdict::kSkip});
  CHECK_THAT(checks[0].found, ContainsSubstring("\"billing\": it is not there"));
  const QueueAnswer silent{.failure = CallFailure{"DEADLINE_EXCEEDED", "late", ""}};
  CHECK(VerdictsOf(CheckQueue("billing", silent, std::nullopt)) ==
        Verdicts{Verdict::kFail, Verdict::kSkip});
}

TEST_CASE("a check is a line, its advice another, and neither plays with the terminal") {
  CHECK(CheckText(Ok("broker", "there")) == "ok    broker         there\n");
  CHECK(CheckText(Fail("queue", "a\x1b[2J\nb", "do\rthis")) ==
        "fail  queue          a\\x1b[2J\\x0ab\n"
        "                     -> do\\x0dthis\n");
  CHECK(CheckText(Skip("login", "no")) == "skip  login          no\n");
  CHECK(CheckJson(Warn("virtual host", "a \"b\"\n", "")) ==
        "{\"verdict\":\"warn\",\"check\":\"virtual host\",\"found\":\"a \\\"b\\\"\\n\","
        "\"advice\":\"\"}\n");
}

}  // namespace
}  // namespace amqp_sidecar::rpc
