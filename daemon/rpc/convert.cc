#include "rpc/convert.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rpc/error_table.h"
#include "rpc/field_convert.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

using broker::Reason;

constexpr char kQueueTypeArgument[] = "x-queue-type";

broker::Error Refusal(Reason reason, std::string detail) {
  broker::Error error;
  error.reason = reason;
  error.detail = std::move(detail);
  return error;
}

// A duration that is there; one that is not leaves `out` as it is.
MaybeError TakeDuration(bool is_there, const google::protobuf::Duration& in, const char* field,
                        std::optional<base::Duration>& out) {
  if (!is_there) return std::nullopt;
  const std::optional<uint64_t> milliseconds = ToMilliseconds(in);
  if (!milliseconds) {
    return Refusal(Reason::kInvalidSubscription,
                   absl::StrCat(field, " is negative, or no valid duration"));
  }
  // Longer than anything that is allowed, and not too long to count with.
  constexpr uint64_t kTooLong = uint64_t{10'000} * 24 * 3600 * 1000;
  out = std::chrono::milliseconds(std::min(*milliseconds, kTooLong));
  return std::nullopt;
}

MaybeError TakeRetry(v1::RetryPolicy& in, broker::RetryPolicy& out) {
  out.max_attempts = in.max_attempts();
  std::optional<base::Duration> initial = out.initial_backoff;
  if (MaybeError error = TakeDuration(in.has_initial_backoff(), in.initial_backoff(),
                                      "retry.initial_backoff", initial)) {
    return error;
  }
  out.initial_backoff = *initial;
  std::optional<base::Duration> max = std::max(out.max_backoff, out.initial_backoff);
  if (MaybeError error =
          TakeDuration(in.has_max_backoff(), in.max_backoff(), "retry.max_backoff", max)) {
    return error;
  }
  out.max_backoff = *max;
  out.dead_letter_exchange = std::move(*in.mutable_dead_letter_exchange());
  out.dead_letter_routing_key = std::move(*in.mutable_dead_letter_routing_key());
  return std::nullopt;
}

MaybeError TakeArguments(FieldMap& in, const std::string& field, Reason reason,
                         broker::FieldTable& out) {
  if (auto problem = TakeFields(in, out)) return Refusal(reason, absl::StrCat(field, *problem));
  return std::nullopt;
}

MaybeError TakeExpiration(const google::protobuf::Duration& in, std::string& out) {
  const std::optional<uint64_t> milliseconds = ToMilliseconds(in);
  if (!milliseconds || *milliseconds > std::numeric_limits<uint32_t>::max()) {
    return Refusal(Reason::kInvalidMessage,
                   "properties.expiration must be from 0 to 4294967295 milliseconds");
  }
  out = absl::StrCat(*milliseconds);
  return std::nullopt;
}

MaybeError TakeNumbers(const v1::Properties& in, broker::Properties& out) {
  if (!v1::DeliveryMode_IsValid(in.delivery_mode())) {
    return Refusal(Reason::kInvalidMessage,
                   "properties.delivery_mode is neither transient nor persistent");
  }
  out.delivery_mode = static_cast<uint8_t>(in.delivery_mode());
  if (in.priority() > std::numeric_limits<uint8_t>::max()) {
    return Refusal(Reason::kInvalidMessage, "properties.priority must be from 0 to 255");
  }
  out.priority = static_cast<uint8_t>(in.priority());
  if (in.timestamp().seconds() < 0) {
    return Refusal(Reason::kInvalidMessage, "properties.timestamp is before 1970");
  }
  out.timestamp.seconds = in.timestamp().seconds();
  if (in.has_expiration()) return TakeExpiration(in.expiration(), out.expiration);
  return std::nullopt;
}

MaybeError TakeProperties(v1::Properties& in, broker::Properties& out) {
  out.content_type = std::move(*in.mutable_content_type());
  out.content_encoding = std::move(*in.mutable_content_encoding());
  out.correlation_id = std::move(*in.mutable_correlation_id());
  out.reply_to = std::move(*in.mutable_reply_to());
  out.message_id = std::move(*in.mutable_message_id());
  out.type = std::move(*in.mutable_type());
  out.user_id = std::move(*in.mutable_user_id());
  out.app_id = std::move(*in.mutable_app_id());
  if (MaybeError error = TakeNumbers(in, out)) return error;
  return TakeArguments(*in.mutable_headers(), "properties.headers", Reason::kInvalidMessage,
                       out.headers);
}

// The type as the argument that AMQP has for it; empty for the broker's default.
MaybeError QueueTypeName(v1::QueueType type, const std::string& field, std::string& out) {
  switch (type) {
    case v1::QUEUE_TYPE_UNSPECIFIED:
      return std::nullopt;
    case v1::QUEUE_TYPE_CLASSIC:
      out = "classic";
      return std::nullopt;
    case v1::QUEUE_TYPE_QUORUM:
      out = "quorum";
      return std::nullopt;
    case v1::QUEUE_TYPE_STREAM:
      out = "stream";
      return std::nullopt;
    default:  // an open enum: a newer client may send a number that is not among these
      return Refusal(Reason::kInvalidTopology,
                     absl::StrCat(field, ".type is not known to this version"));
  }
}

MaybeError TakeQueueType(v1::QueueType type, const std::string& field,
                         broker::FieldTable& arguments) {
  std::string name;
  if (MaybeError error = QueueTypeName(type, field, name)) return error;
  if (name.empty()) return std::nullopt;
  const auto [it, added] = arguments.try_emplace(kQueueTypeArgument);
  if (added) {
    it->second.value = std::move(name);
    return std::nullopt;
  }
  const std::string* asked = std::get_if<std::string>(&it->second.value);
  if (asked != nullptr && *asked == name) return std::nullopt;
  return Refusal(
      Reason::kInvalidTopology,
      absl::StrCat(field, ".type is ", name, ", and its argument x-queue-type says otherwise"));
}

MaybeError TakeExchange(v1::Exchange& in, const std::string& field, broker::Exchange& out) {
  out.name = std::move(*in.mutable_name());
  if (!in.type().empty()) out.type = std::move(*in.mutable_type());
  out.durable = in.has_durable() ? in.durable() : true;
  out.auto_delete = in.auto_delete();
  out.internal = in.internal();
  return TakeArguments(*in.mutable_arguments(), field + ".arguments", Reason::kInvalidTopology,
                       out.arguments);
}

MaybeError TakeQueue(v1::Queue& in, const std::string& field, broker::Queue& out) {
  out.name = std::move(*in.mutable_name());
  out.durable = in.has_durable() ? in.durable() : true;
  out.exclusive = in.exclusive();
  out.auto_delete = in.auto_delete();
  if (MaybeError error = TakeArguments(*in.mutable_arguments(), field + ".arguments",
                                       Reason::kInvalidTopology, out.arguments)) {
    return error;
  }
  return TakeQueueType(in.type(), field, out.arguments);
}

void PutExpiration(const std::string& milliseconds, v1::Properties& out) {
  uint64_t value = 0;
  if (!absl::SimpleAtoi(milliseconds, &value)) return;
  google::protobuf::Duration& duration = *out.mutable_expiration();
  duration.set_seconds(static_cast<int64_t>(value / 1000));
  duration.set_nanos(static_cast<int32_t>(value % 1000) * 1'000'000);
}

v1::DeliveryMode ToDeliveryMode(uint8_t mode) {
  if (mode == 1) return v1::DELIVERY_MODE_TRANSIENT;
  if (mode == 2) return v1::DELIVERY_MODE_PERSISTENT;
  return v1::DELIVERY_MODE_UNSPECIFIED;
}

// Of a PublishRequest or a PublishItem.
template <typename Publish>
MaybeError TakeMessage(Publish& in, broker::PublishRequest& out) {
  if (!in.has_message()) return Refusal(Reason::kInvalidMessage, "message is not set");
  v1::Message& message = *in.mutable_message();
  out.exchange = std::move(*message.mutable_exchange());
  out.routing_key = std::move(*message.mutable_routing_key());
  out.body = std::move(*message.mutable_body());
  out.allow_unroutable = in.allow_unroutable();
  if (!message.has_properties()) return std::nullopt;
  return TakeProperties(*message.mutable_properties(), out.properties);
}

v1::Persisted ToProto(broker::Persisted persisted) {
  switch (persisted) {
    case broker::Persisted::kNo:
      return v1::PERSISTED_NO;
    case broker::Persisted::kUnknown:
      return v1::PERSISTED_UNKNOWN;
    case broker::Persisted::kPartial:
      return v1::PERSISTED_PARTIAL;
  }
  return v1::PERSISTED_UNKNOWN;
}

}  // namespace

MaybeError TakePublish(v1::PublishRequest& in, broker::PublishRequest& out) {
  return TakeMessage(in, out);
}

MaybeError TakePublish(v1::PublishItem& in, broker::PublishRequest& out) {
  return TakeMessage(in, out);
}

void PutResult(uint64_t tag, broker::PublishResult in, v1::PublishResult& out) {
  out.set_tag(tag);
  out.set_message_id(ToUtf8(std::move(in.message_id)));
  out.set_routed(in.routed);
  if (!in.error) return;
  out.set_code(CodeOf(*in.error));
  out.set_reason(std::string(broker::ReasonName(in.error->reason)));
  out.set_detail(DetailOf(*in.error));
  out.set_persisted(ToProto(in.error->persisted));
}

MaybeError TakeSubscribe(v1::SubscribeRequest& in, broker::SubscribeRequest& out) {
  for (int i = 0; i < in.bindings_size(); ++i) {
    const std::string field = absl::StrCat("bindings[", i, "]");
    if (auto error = TakeBinding(*in.mutable_bindings(i), field, out.bindings.emplace_back())) {
      error->reason = Reason::kInvalidSubscription;
      return error;
    }
  }
  if (in.has_retry()) {
    if (auto error = TakeRetry(*in.mutable_retry(), out.retry.emplace())) return error;
  }
  if (auto error = TakeDuration(in.has_ack_deadline(), in.ack_deadline(), "ack_deadline",
                                out.ack_deadline)) {
    return error;
  }
  out.queue = std::move(*in.mutable_queue());
  out.prefetch = in.prefetch();
  out.exclusive = in.exclusive();
  out.priority = in.priority();
  return TakeArguments(*in.mutable_arguments(), "arguments", Reason::kInvalidSubscription,
                       out.arguments);
}

std::vector<std::string> TakeIds(google::protobuf::RepeatedPtrField<std::string>& in) {
  return {std::make_move_iterator(in.begin()), std::make_move_iterator(in.end())};
}

MaybeError TakeSettlement(v1::AckRequest& in, broker::Settlement& out) {
  out.verb = broker::Verb::kAck;
  out.delivery_ids = TakeIds(*in.mutable_delivery_ids());
  return std::nullopt;
}

MaybeError TakeSettlement(v1::NackRequest& in, broker::Settlement& out) {
  out.verb = broker::Verb::kNack;
  out.delivery_ids = TakeIds(*in.mutable_delivery_ids());
  if (auto error = TakeDuration(in.has_delay(), in.delay(), "delay", out.delay)) return error;
  if (out.delay == base::Duration::zero()) out.delay.reset();
  out.not_attempted = in.not_attempted();
  return std::nullopt;
}

MaybeError TakeSettlement(v1::RejectRequest& in, broker::Settlement& out) {
  out.verb = broker::Verb::kReject;
  out.delivery_ids = TakeIds(*in.mutable_delivery_ids());
  out.cause = std::move(*in.mutable_cause());
  return std::nullopt;
}

MaybeError TakeExtension(const v1::ExtendAckDeadlineRequest& in, base::Duration& out) {
  std::optional<base::Duration> ack_deadline = base::Duration::zero();
  if (auto error =
          TakeDuration(in.has_ack_deadline(), in.ack_deadline(), "ack_deadline", ack_deadline)) {
    return error;
  }
  out = *ack_deadline;
  return std::nullopt;
}

MaybeError TakeBinding(v1::Binding& in, const std::string& field, broker::Binding& out) {
  out.queue = std::move(*in.mutable_queue());
  out.exchange = std::move(*in.mutable_exchange());
  out.routing_key = std::move(*in.mutable_routing_key());
  return TakeArguments(*in.mutable_arguments(), field + ".arguments", Reason::kInvalidTopology,
                       out.arguments);
}

MaybeError TakeTopology(v1::DeclareTopologyRequest& in, broker::Topology& out) {
  for (int i = 0; i < in.exchanges_size(); ++i) {
    const std::string field = absl::StrCat("exchanges[", i, "]");
    if (auto error = TakeExchange(*in.mutable_exchanges(i), field, out.exchanges.emplace_back())) {
      return error;
    }
  }
  for (int i = 0; i < in.queues_size(); ++i) {
    const std::string field = absl::StrCat("queues[", i, "]");
    if (auto error = TakeQueue(*in.mutable_queues(i), field, out.queues.emplace_back())) {
      return error;
    }
  }
  for (int i = 0; i < in.bindings_size(); ++i) {
    const std::string field = absl::StrCat("bindings[", i, "]");
    if (auto error = TakeBinding(*in.mutable_bindings(i), field, out.bindings.emplace_back())) {
      return error;
    }
  }
  return std::nullopt;
}

void PutProperties(const broker::Properties& in, v1::Properties& out) {
  out.set_content_type(ToUtf8(in.content_type));
  out.set_content_encoding(ToUtf8(in.content_encoding));
  if (!in.headers.empty()) PutFields(in.headers, *out.mutable_headers());
  out.set_delivery_mode(ToDeliveryMode(in.delivery_mode));
  out.set_priority(in.priority);
  out.set_correlation_id(ToUtf8(in.correlation_id));
  out.set_reply_to(ToUtf8(in.reply_to));
  PutExpiration(in.expiration, out);
  out.set_message_id(ToUtf8(in.message_id));
  if (in.timestamp.seconds != 0) out.mutable_timestamp()->set_seconds(in.timestamp.seconds);
  out.set_type(ToUtf8(in.type));
  out.set_user_id(ToUtf8(in.user_id));
  out.set_app_id(ToUtf8(in.app_id));
}

void PutDelivery(broker::Delivery in, v1::Delivery& out) {
  const broker::ReceivedMessage& message = *in.message;
  out.set_delivery_id(broker::FormatDeliveryId(in.id));
  out.set_queue(ToUtf8(*in.queue));
  out.set_exchange(ToUtf8(message.exchange));
  out.set_routing_key(ToUtf8(message.routing_key));
  out.set_body(*message.body);
  PutProperties(message.properties, *out.mutable_properties());
  out.set_redelivered(message.redelivered);
  out.set_attempt(message.attempt);
  out.set_invalid_reason(ToUtf8(std::move(in.invalid_reason)));
}

v1::SubscriptionEventKind ToProto(broker::SubscriptionEvent event) {
  switch (event) {
    case broker::SubscriptionEvent::kSubscribed:
      return v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED;
    case broker::SubscriptionEvent::kInterrupted:
      return v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED;
    case broker::SubscriptionEvent::kResubscribed:
      return v1::SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED;
    case broker::SubscriptionEvent::kDraining:
      return v1::SUBSCRIPTION_EVENT_KIND_DRAINING;
  }
  return v1::SUBSCRIPTION_EVENT_KIND_UNSPECIFIED;
}

void PutSettleFailure(broker::SettleFailure in, v1::SettleFailure& out) {
  out.set_delivery_id(ToUtf8(std::move(in.delivery_id)));
  out.set_code(CodeOf(in.reason));
  out.set_reason(std::string(broker::SettleReasonName(in.reason)));
  out.set_detail(ToUtf8(std::move(in.detail)));
}

std::optional<uint64_t> ToMilliseconds(const google::protobuf::Duration& duration) {
  constexpr int64_t kMaxSeconds = 315'576'000'000;  // Duration's own bound
  if (duration.seconds() < 0 || duration.seconds() > kMaxSeconds) return std::nullopt;
  if (duration.nanos() < 0 || duration.nanos() > 999'999'999) return std::nullopt;
  return static_cast<uint64_t>(duration.seconds()) * 1000 +
         (static_cast<uint64_t>(duration.nanos()) + 999'999) / 1'000'000;
}

}  // namespace amqp_sidecar::rpc
