#include "app/binding_check.h"

#include "support/catch.h"

namespace amqp_sidecar::app {
namespace {

using rpc::Verdict;

BindingQuestion Orders() {
  BindingQuestion question;
  question.exchange = "orders";
  question.routing_key = "order.created";
  question.configured = Route{{"billing", "audit"}, std::nullopt};
  question.declared = true;
  return question;
}

void CheckThat(const BindingQuestion& question, Verdict verdict, const std::string& found,
               const std::string& advice = "") {
  const rpc::Check check = CheckBinding(question);
  INFO(rpc::CheckText(check));
  CHECK(check.name == "binding");
  CHECK(check.verdict == verdict);
  CHECK_THAT(check.found, ContainsSubstring(found));
  if (!advice.empty()) CHECK_THAT(check.advice, ContainsSubstring(advice));
  if (verdict != Verdict::kOk) CHECK_FALSE(check.advice.empty());
}

TEST_CASE("a binding is well where the configured topology has it and stands in the broker") {
  BindingQuestion question = Orders();
  CheckThat(question, Verdict::kOk, "by the configured topology");
  CheckThat(question, Verdict::kOk, "goes to queues \"billing\", \"audit\" (not tried");
  question.queue = "audit";
  CheckThat(question, Verdict::kOk, "\"audit\"");
  question.declared = false;
  CheckThat(question, Verdict::kSkip, "not known to stand in the broker", "--send");
}

TEST_CASE("a binding that the configured topology has not is warned of: others may have it") {
  BindingQuestion question = Orders();
  question.queue = "mail";
  CheckThat(question, Verdict::kWarn, "and not to \"mail\"", "list_bindings");
  question.configured = Route();
  CheckThat(question, Verdict::kWarn, "goes to no queue", "--send");
  question.configured->unknown = "exchange \"orders\" is of type headers";
  CheckThat(question, Verdict::kSkip, "AMQP cannot be asked", "--send");
  question.configured.reset();
  CheckThat(question, Verdict::kSkip, "no configuration is at hand", "--config");
}

TEST_CASE("a test message decides over what is configured") {
  BindingQuestion question = Orders();
  question.sent = rpc::SendAnswer{std::nullopt, "id-1"};
  CheckThat(question, Verdict::kOk, "message_id id-1");
  question.configured = Route();
  CheckThat(question, Verdict::kOk, "reached a queue; which, AMQP does not say");
  question = Orders();
  question.sent = rpc::SendAnswer{rpc::CallFailure{"UNROUTABLE", "no binding", "NO"}, ""};
  CheckThat(question, Verdict::kFail, "no queue gets key \"order.created\"", "list_bindings");
  question.sent->failure->reason = "INVALID_BODY";
  CheckThat(question, Verdict::kWarn, "not tried", "--body-file");
  question.sent->failure->reason = "ACCESS_REFUSED";
  CheckThat(question, Verdict::kFail, "ACCESS_REFUSED: no binding");
}

TEST_CASE("the default exchange brings a key to the queue of that name alone") {
  BindingQuestion question = Orders();
  question.exchange = "";
  question.routing_key = "billing";
  CheckThat(question, Verdict::kOk, "to the queue of that name");
  question.queue = "billing";
  CheckThat(question, Verdict::kOk, "to the queue of that name");
  question.queue = "audit";
  CheckThat(question, Verdict::kFail, "and not to \"audit\"");
  question.routing_key.reset();
  CheckThat(question, Verdict::kSkip, "no routing key");
}

TEST_CASE("without an exchange no binding is looked at") {
  CheckThat(BindingQuestion(), Verdict::kSkip, "no exchange was named");
}

}  // namespace
}  // namespace amqp_sidecar::app
