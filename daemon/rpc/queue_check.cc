#include "rpc/queue_check.h"

#include "absl/strings/str_cat.h"
#include "rpc/status_words.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr char kQueue[] = "queue";
constexpr char kConsumers[] = "consumers";

std::string Number(uint64_t count, const char* what) {
  return absl::StrCat(count, " ", what, count == 1 ? "" : "s");
}

Check NoQueue(const std::string& queue, const CallFailure& failure) {
  const std::string named = absl::StrCat("\"", queue, "\": ");
  if (failure.reason == "QUEUE_NOT_FOUND") {
    return Fail(kQueue, absl::StrCat(named, "it is not there: ", failure.detail),
                "declare it: in the topology section of the sidecar's configuration, or by whom it "
                "belongs to; check the name and the virtual host");
  }
  return Fail(kQueue, absl::StrCat(named, failure.reason, ": ", failure.detail),
              "see the lines above; `rabbitmqctl list_queues` shows it to an administrator");
}

// A subscription of the sidecar's that takes nothing more, since it settles nothing.
const v1::SubscriptionStatus* FullOne(const std::string& queue, const v1::SidecarStatus& status) {
  for (const v1::SubscriptionStatus& one : status.subscriptions()) {
    if (one.queue() == queue && one.prefetch() > 0 && one.unsettled() >= one.prefetch())
      return &one;
  }
  return nullptr;
}

Check CheckConsumers(const std::string& queue, const QueueAnswer& answer,
                     const std::optional<v1::SidecarStatus>& status) {
  if (answer.consumers == 0) {
    const char* const waiting = answer.messages > 0 ? ", and messages wait" : "";
    return Warn(kConsumers, absl::StrCat("nobody consumes from it", waiting),
                "start the service that is to; `amqp-sidecar status` shows its subscription, and "
                "\"active\" whether the broker has its consumer");
  }
  int own = 0;
  if (status) {
    for (const v1::SubscriptionStatus& one : status->subscriptions()) {
      own += one.queue() == queue && one.active() ? 1 : 0;
    }
  }
  const std::string found =
      absl::StrCat(Number(answer.consumers, "consumer"),
                   own == 0 ? "" : absl::StrCat(", ", own, " by this sidecar"));
  const v1::SubscriptionStatus* const full =
      status && answer.messages > 0 ? FullOne(queue, *status) : nullptr;
  if (full == nullptr) return Ok(kConsumers, found);
  return Warn(kConsumers,
              absl::StrCat(found, "; the one of ", full->peer(), " holds all of its prefetch (",
                           full->prefetch(), ") unsettled, the oldest for ",
                           DurationText(ToMillis(full->oldest_unsettled_age()))),
              "look at that service: it settles nothing, or more slowly than messages come");
}

}  // namespace

std::vector<Check> CheckQueue(const std::string& queue, const QueueAnswer& answer,
                              const std::optional<v1::SidecarStatus>& status,
                              const std::string& seen_by) {
  if (answer.failure) {
    return {NoQueue(queue, *answer.failure), Skip(kConsumers, "no answer about the queue")};
  }
  const std::string by = seen_by.empty() ? "" : absl::StrCat(" (", seen_by, ")");
  return {Ok(kQueue, absl::StrCat("\"", queue, "\" is there, ", Number(answer.messages, "message"),
                                  " wait", answer.messages == 1 ? "s" : "", by)),
          CheckConsumers(queue, answer, status)};
}

std::vector<Check> SkipQueue(const std::string& why, const std::string& advice) {
  return {Skip(kQueue, why, advice), Skip(kConsumers, why)};
}

}  // namespace amqp_sidecar::rpc
