// What the tests of subscribing share: requests in a line, settlements with all that they can say,
// and how a failure and an end must look.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "integration/world.h"
#include "support/subscribe_stream.h"

namespace amqp_sidecar::test {

using std::chrono_literals::operator""h;
using IdList = std::vector<std::string>;

inline google::protobuf::Duration DurationOf(Millis value) {
  google::protobuf::Duration duration;
  duration.set_seconds(value.count() / 1000);
  duration.set_nanos(static_cast<int32_t>(value.count() % 1000 * 1'000'000));
  return duration;
}

inline pb::SubscribeRequest RequestFor(const std::string& queue, uint32_t prefetch = 0) {
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_prefetch(prefetch);
  return request;
}

inline pb::SubscribeRequest WithAckDeadline(pb::SubscribeRequest request, Millis deadline) {
  *request.mutable_ack_deadline() = DurationOf(deadline);
  return request;
}

// With `backoff` zero, the policy names none.
inline pb::SubscribeRequest WithRetry(pb::SubscribeRequest request, uint32_t max_attempts,
                                      Millis backoff) {
  request.mutable_retry()->set_max_attempts(max_attempts);
  if (backoff > 0ms) *request.mutable_retry()->mutable_initial_backoff() = DurationOf(backoff);
  return request;
}

inline pb::SubscribeRequest WithDeadLetters(pb::SubscribeRequest request,
                                            const std::string& exchange,
                                            const std::string& routing_key = "") {
  request.mutable_retry()->set_dead_letter_exchange(exchange);
  request.mutable_retry()->set_dead_letter_routing_key(routing_key);
  return request;
}

inline pb::SubscribeRequest WithBinding(pb::SubscribeRequest request, const std::string& exchange,
                                        const std::string& routing_key) {
  pb::Binding* binding = request.add_bindings();
  binding->set_exchange(exchange);
  binding->set_routing_key(routing_key);
  return request;
}

inline pb::SubscribeRequest WithArgument(pb::SubscribeRequest request, const std::string& name,
                                         const pb::FieldValue& value) {
  (*request.mutable_arguments())[name] = value;
  return request;
}

inline pb::FieldValue TextValue(const std::string& text) {
  pb::FieldValue value;
  value.set_string_value(text);
  return value;
}

inline pb::FieldValue IntValue(int64_t number) {
  pb::FieldValue value;
  value.set_int_value(number);
  return value;
}

// A settlement's answer in full: of the Client's own Ack, Nack and Reject only the failures are.
struct Settled {
  Outcome outcome;
  std::vector<pb::SettleFailure> failures;

  bool took_all() const { return outcome.ok() && failures.empty(); }
};

template <typename Request, typename Response>
Settled Settle(Client& client,
               grpc::Status (pb::SubscriberService::Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
               const Request& request) {
  grpc::ClientContext context;
  SetDeadline(context, 30s);
  Response response;
  Settled settled;
  settled.outcome = OutcomeOf((client.subscriber().*method)(&context, request, &response));
  settled.failures = {response.failures().begin(), response.failures().end()};
  return settled;
}

inline Settled NackAfter(Client& client, const IdList& ids, Millis delay) {
  pb::NackRequest request;
  request.mutable_delivery_ids()->Assign(ids.begin(), ids.end());
  *request.mutable_delay() = DurationOf(delay);
  return Settle(client, &pb::SubscriberService::Stub::Nack, request);
}

inline Settled RejectFor(Client& client, const IdList& ids, const std::string& cause) {
  pb::RejectRequest request;
  request.mutable_delivery_ids()->Assign(ids.begin(), ids.end());
  request.set_cause(cause);
  return Settle(client, &pb::SubscriberService::Stub::Reject, request);
}

inline Settled Extend(Client& client, const IdList& ids, Millis ack_deadline) {
  pb::ExtendAckDeadlineRequest request;
  request.mutable_delivery_ids()->Assign(ids.begin(), ids.end());
  *request.mutable_ack_deadline() = DurationOf(ack_deadline);
  return Settle(client, &pb::SubscriberService::Stub::ExtendAckDeadline, request);
}

// Bodies "0", "1" and so on.
inline void PublishNumbers(Direct& direct, const std::string& queue, int count, int from = 0) {
  for (int i = from; i < from + count; ++i) direct.Publish("", queue, std::to_string(i));
}

inline std::vector<std::string> Bodies(const std::vector<pb::Delivery>& deliveries) {
  std::vector<std::string> bodies;
  for (const pb::Delivery& delivery : deliveries) bodies.push_back(delivery.body());
  return bodies;
}

inline void CheckSettleFailure(const pb::SettleFailure& failure, const std::string& id,
                               grpc::StatusCode code, const std::string& reason) {
  INFO(failure.ShortDebugString());
  CHECK(failure.delivery_id() == id);
  CHECK(failure.code() == code);
  CHECK(failure.reason() == reason);
  CHECK_FALSE(failure.detail().empty());
}

// An end, or a refusal, with one of our reasons and a text for a person.
inline void CheckRefused(const std::optional<Outcome>& outcome, grpc::StatusCode code,
                         const std::string& reason, const std::string& text = "") {
  REQUIRE(outcome);
  INFO(*outcome);
  CHECK(outcome->code == code);
  CHECK(outcome->reason == reason);
  CHECK(outcome->domain == "amqp-sidecar");
  CHECK_FALSE(outcome->text.empty());
  CHECK_THAT(outcome->text, ContainsSubstring(text));
}

inline void CheckInvalid(const std::optional<Outcome>& outcome, const std::string& text = "") {
  CheckRefused(outcome, grpc::StatusCode::INVALID_ARGUMENT, "INVALID_SUBSCRIPTION", text);
}

}  // namespace amqp_sidecar::test
