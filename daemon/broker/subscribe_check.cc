#include "broker/subscribe_check.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "base/strings.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kMaxNameBytes = 255;  // AMQP 0-9-1 §4.2.5.3, short strings
constexpr uint32_t kMaxPrefetch = 65'535;
constexpr size_t kMaxCauseBytes = 1024;
constexpr char kStreamOffset[] = "x-stream-offset";

Error Invalid(std::string detail) { return {Reason::kInvalidSubscription, std::move(detail)}; }

int64_t Milliseconds(base::Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

std::optional<Error> CheckName(std::string_view field, std::string_view name) {
  if (name.size() <= kMaxNameBytes) return std::nullopt;
  return Invalid(base::Concat(field, " is ", name.size(), " bytes long: at most 255"));
}

std::optional<Error> CheckDelay(std::string_view field, base::Duration delay) {
  if (delay >= kMinDelay && delay <= kMaxDelay) return std::nullopt;
  return Invalid(base::Concat(field, " is ", Milliseconds(delay),
                              " ms: it must be from 10 ms to 24 h (86400000 ms)"));
}

std::optional<Error> CheckBindings(const SubscribeRequest& request) {
  if (request.queue.empty() && request.bindings.empty()) {
    return Invalid("queue is not set: name a queue, or the exchanges to bind one to in bindings");
  }
  for (const Binding& binding : request.bindings) {
    if (!binding.queue.empty()) {
      return Invalid("bindings.queue must be empty: it is the subscription's own queue");
    }
    if (binding.exchange.empty()) {
      return Invalid("bindings.exchange is not set: the default exchange binds by itself");
    }
    if (auto error = CheckName("bindings.exchange", binding.exchange)) return error;
    if (auto error = CheckName("bindings.routing_key", binding.routing_key)) return error;
  }
  return std::nullopt;
}

std::optional<Error> CheckRetry(const SubscribeRequest& request) {
  if (!request.retry) return std::nullopt;
  const RetryPolicy& retry = *request.retry;
  if (auto error = CheckDelay("retry.initial_backoff", retry.initial_backoff)) return error;
  if (auto error = CheckDelay("retry.max_backoff", retry.max_backoff)) return error;
  if (retry.max_backoff < retry.initial_backoff) {
    return Invalid("retry.max_backoff must not be below retry.initial_backoff");
  }
  if (auto error = CheckName("retry.dead_letter_exchange", retry.dead_letter_exchange)) {
    return error;
  }
  if (auto error = CheckName("retry.dead_letter_routing_key", retry.dead_letter_routing_key)) {
    return error;
  }
  if (!retry.dead_letter_routing_key.empty() && retry.dead_letter_exchange.empty()) {
    return Invalid("retry.dead_letter_routing_key needs retry.dead_letter_exchange");
  }
  const bool ends_nowhere = request.queue.empty() && retry.max_attempts > 0;
  if (ends_nowhere && retry.dead_letter_exchange.empty()) {
    return Invalid(
        "retry.max_attempts on a temporary queue needs retry.dead_letter_exchange: such a queue "
        "has no \"<queue>.dead\"");
  }
  return std::nullopt;
}

// One that RabbitMQ cannot read closes the whole connection (541), or, as a number in a text, says
// so in terms of its own. https://www.rabbitmq.com/docs/streams#consuming
std::optional<Error> CheckStreamOffset(const FieldTable& arguments) {
  const auto found = arguments.find(kStreamOffset);
  if (found == arguments.end()) return std::nullopt;
  const auto& value = found->second.value;
  if (const auto* offset = std::get_if<int64_t>(&value); offset != nullptr && *offset >= 0) {
    return std::nullopt;
  }
  if (std::holds_alternative<Timestamp>(value)) return std::nullopt;
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (*text == "first" || *text == "last" || *text == "next") return std::nullopt;
    const size_t digits = text->find_first_not_of("0123456789");
    const bool interval = digits != 0 && digits != std::string::npos &&
                          digits + 1 == text->size() && digits <= 9 &&
                          std::string_view("YMDhms").find(text->back()) != std::string::npos;
    if (interval) return std::nullopt;
  }
  return Invalid(
      "arguments[\"x-stream-offset\"] must be \"first\", \"last\", \"next\", an integer from 0, a "
      "timestamp, or an age such as \"30m\" (a number and one of Y M D h m s)");
}

}  // namespace

std::optional<Error> CheckSubscribe(const SubscribeRequest& request, base::Duration hold_limit) {
  if (auto error = CheckBindings(request)) return error;
  if (auto error = CheckName("queue", request.queue)) return error;
  if (request.prefetch > kMaxPrefetch) {
    return Invalid(base::Concat("prefetch is ", request.prefetch, ": at most 65535"));
  }
  if (request.ack_deadline && *request.ack_deadline < base::Duration::zero()) {
    return Invalid("ack_deadline is negative");
  }
  if (request.ack_deadline && *request.ack_deadline > hold_limit) {
    return Invalid(base::Concat(
        "ack_deadline is ", Milliseconds(*request.ack_deadline), " ms: at most ",
        Milliseconds(hold_limit),
        " ms, which is 80 % of what the broker allows (subscribe.broker_consumer_timeout)"));
  }
  if (auto error = CheckRetry(request)) return error;
  return CheckStreamOffset(request.arguments);
}

std::optional<Error> CheckSettlement(const Settlement& settlement) {
  if (settlement.delay && settlement.not_attempted) {
    return Invalid("not_attempted requeues at once: it excludes delay");
  }
  if (settlement.delay) {
    if (auto error = CheckDelay("delay", *settlement.delay)) return error;
  }
  if (settlement.cause.size() > kMaxCauseBytes) {
    return Invalid(base::Concat("cause is ", settlement.cause.size(), " bytes long: at most 1024"));
  }
  return std::nullopt;
}

std::optional<Error> CheckExtension(base::Duration ack_deadline) {
  if (ack_deadline > base::Duration::zero() && ack_deadline <= kMaxDelay) return std::nullopt;
  return Invalid("ack_deadline must be above 0, and at most 24 h");
}

}  // namespace amqp_sidecar::broker
