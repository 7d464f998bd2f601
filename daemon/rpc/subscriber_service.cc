#include "rpc/subscriber_service.h"

#include <chrono>
#include <utility>

#include "rpc/convert.h"
#include "rpc/error_table.h"

namespace amqp_sidecar::rpc {
namespace {

// Calls that one worker has ready for settlements that come at once.
constexpr int kArmedSettlements = 16;

// AMQP confirms no settlement, but that it is written is waited for: and where the connection takes
// nothing, as during an alarm, not longer than the call may take.
grpc::Status NotWrittenInTime() {
  broker::Error error;
  error.reason = broker::Reason::kOutcomeUnknown;
  error.deadline_exceeded = true;
  error.detail =
      "the broker's connection took no settlement in time: settle again, which is never a failure";
  return ToStatus(error);
}

// The callback that answers `call` with the failures.
template <typename Request, typename Response>
broker::SettleCallback AnswerTo(UnaryCall<Request, Response>& call) {
  call.FinishAt(call.deadline().value_or(std::chrono::steady_clock::now()), NotWrittenInTime);
  return call.template Then<broker::SettleResult>([](auto& answered, broker::SettleResult result) {
    if (result.error) return answered.FinishWithError(ToStatus(*result.error));
    Response response;
    for (broker::SettleFailure& failure : result.failures) {
      PutSettleFailure(std::move(failure), *response.add_failures());
    }
    answered.Finish(response);
  });
}

template <typename Request, typename Response>
void Settle(broker::Broker& broker, UnaryCall<Request, Response>& call) {
  broker::Settlement settlement;
  if (const MaybeError error = TakeSettlement(call.request(), settlement)) {
    return call.FinishWithError(ToStatus(*error));
  }
  broker.Settle(std::move(settlement), AnswerTo(call));
}

template <typename Request, typename Response>
void Extend(broker::Broker& broker, UnaryCall<Request, Response>& call) {
  base::Duration ack_deadline;
  if (const MaybeError error = TakeExtension(call.request(), ack_deadline)) {
    return call.FinishWithError(ToStatus(*error));
  }
  broker.ExtendAckDeadline(TakeIds(*call.request().mutable_delivery_ids()), ack_deadline,
                           AnswerTo(call));
}

}  // namespace

SubscriberService::SubscriberService(broker::Broker& broker)
    : broker_(broker),
      subscribe_{.request = {}, .broker = broker},
      subscribe_stream_{.request = {}, .broker = broker} {
  SetRequests();
  ack_.handle = [this](AckCall& call) { Settle(broker_, call); };
  nack_.handle = [this](NackCall& call) { Settle(broker_, call); };
  reject_.handle = [this](RejectCall& call) { Settle(broker_, call); };
  extend_.handle = [this](ExtendCall& call) { Extend(broker_, call); };
}

void SubscriberService::SetRequests() {
  subscribe_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestSubscribe(context, request, writer, queue, queue, tag);
  };
  subscribe_stream_.request = [this](auto* context, auto* stream, auto* queue, void* tag) {
    service_.RequestSubscribeStream(context, stream, queue, queue, tag);
  };
  ack_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestAck(context, request, writer, queue, queue, tag);
  };
  nack_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestNack(context, request, writer, queue, queue, tag);
  };
  reject_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestReject(context, request, writer, queue, queue, tag);
  };
  extend_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestExtendAckDeadline(context, request, writer, queue, queue, tag);
  };
}

void SubscriberService::Arm(Worker& worker) const {
  SubscribeCall::Arm(worker, subscribe_);
  SubscribeStreamCall::Arm(worker, subscribe_stream_);
  for (int i = 0; i < kArmedSettlements; ++i) AckCall::Arm(worker, ack_);
  NackCall::Arm(worker, nack_);
  RejectCall::Arm(worker, reject_);
  ExtendCall::Arm(worker, extend_);
}

}  // namespace amqp_sidecar::rpc
