#include "app/binding_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace amqp_sidecar::app {
namespace {

using rpc::Check;
using rpc::Fail;
using rpc::Ok;
using rpc::Skip;
using rpc::Warn;

constexpr char kName[] = "binding";
constexpr char kSendAdvice[] =
    "--send publishes one marked test message, which consumers will see, and says whether it "
    "reached a queue";
constexpr char kBindAdvice[] =
    "add the binding to the topology section of the sidecar's configuration, or have it declared "
    "by whom the queue belongs to; `rabbitmqctl list_bindings` shows what is there";

std::string ToQueues(const Route& route) {
  return absl::StrCat(route.queues.size() == 1 ? "queue \"" : "queues \"",
                      absl::StrJoin(route.queues, "\", \""), "\"");
}

std::string What(const BindingQuestion& question) {
  return absl::StrCat("key \"", question.routing_key.value_or(""), "\" of exchange \"",
                      *question.exchange, "\"");
}

// AMQP binds every queue to it by its name, and no other way.
Check CheckDefaultExchange(const BindingQuestion& question) {
  const std::string& key = *question.routing_key;
  if (!question.queue || *question.queue == key) {
    return Ok(kName, absl::StrCat("the default exchange brings key \"", key,
                                  "\" to the queue of that name, and to no other"));
  }
  return Fail(kName,
              absl::StrCat("the default exchange brings key \"", key,
                           "\" to the queue of that name, and not to \"", *question.queue, "\""),
              "publish with the queue's name as the routing key, or to an exchange that it is "
              "bound to");
}

Check CheckSent(const BindingQuestion& question, const rpc::SendAnswer& sent) {
  if (!sent.failure) {
    const std::string configured =
        question.configured && !question.configured->queues.empty()
            ? absl::StrCat("; by the configured topology ", ToQueues(*question.configured))
            : "";
    return Ok(kName, absl::StrCat("a test message (message_id ", sent.message_id, ") with ",
                                  What(question), " reached a queue; which, AMQP does not say",
                                  configured));
  }
  const std::string why = absl::StrCat(sent.failure->reason, ": ", sent.failure->detail);
  if (sent.failure->reason == "UNROUTABLE") {
    return Fail(kName, absl::StrCat("no queue gets ", What(question), ": ", why), kBindAdvice);
  }
  if (sent.failure->reason == "INVALID_BODY") {
    return Warn(kName, absl::StrCat("not tried: a rule for bodies refuses the test message: ", why),
                "publish a valid one: `amqp-sidecar publish --exchange X --routing-key K "
                "--body-file FILE`");
  }
  return Fail(kName, absl::StrCat("the test message was not taken: ", why),
              "see the lines above, and docs/errors.md for the reason");
}

Check CheckConfigured(const BindingQuestion& question, const Route& route) {
  if (route.unknown) {
    return Skip(kName, absl::StrCat(*route.unknown, ", and AMQP cannot be asked"), kSendAdvice);
  }
  if (!question.declared) {
    return Skip(kName,
                "the configured topology is not known to stand in the broker, and AMQP cannot be "
                "asked",
                kSendAdvice);
  }
  const std::string by = absl::StrCat("by the configured topology ", What(question));
  if (route.queues.empty()) {
    return Warn(kName, absl::StrCat(by, " goes to no queue; there may be other bindings"),
                absl::StrCat(kBindAdvice, "; ", kSendAdvice));
  }
  if (question.queue && std::ranges::find(route.queues, *question.queue) == route.queues.end()) {
    return Warn(kName,
                absl::StrCat(by, " goes to ", ToQueues(route), " and not to \"", *question.queue,
                             "\"; there may be other bindings"),
                kBindAdvice);
  }
  return Ok(kName, absl::StrCat(by, " goes to ", ToQueues(route), " (not tried: --send tries it)"));
}

}  // namespace

Check CheckBinding(const BindingQuestion& question) {
  if (!question.exchange) {
    return Skip(kName, "no exchange was named", "--exchange X --routing-key K [--queue Q]");
  }
  if (question.exchange->empty()) {
    return question.routing_key ? CheckDefaultExchange(question)
                                : Skip(kName, "no routing key was named", "--routing-key K");
  }
  if (question.sent) return CheckSent(question, *question.sent);
  if (!question.configured) {
    return Skip(kName, "no configuration is at hand, and AMQP cannot be asked",
                absl::StrCat("--config with the sidecar's configuration; or ", kSendAdvice));
  }
  return CheckConfigured(question, *question.configured);
}

}  // namespace amqp_sidecar::app
