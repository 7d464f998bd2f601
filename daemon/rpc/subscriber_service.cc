#include "rpc/subscriber_service.h"

#include <chrono>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

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

template <typename Request, typename Response>
void Settle(broker::Broker& broker, broker::Verb verb, UnaryCall<Request, Response>& call) {
  auto& ids = *call.request().mutable_delivery_ids();
  std::vector<std::string> delivery_ids(std::make_move_iterator(ids.begin()),
                                        std::make_move_iterator(ids.end()));
  call.FinishAt(call.deadline().value_or(std::chrono::steady_clock::now()), NotWrittenInTime);
  broker.Settle(
      verb, std::move(delivery_ids),
      call.template Then<broker::SettleResult>([](auto& answered, broker::SettleResult result) {
        if (result.error) return answered.FinishWithError(ToStatus(*result.error));
        Response response;
        for (broker::SettleFailure& failure : result.failures) {
          PutSettleFailure(std::move(failure), *response.add_failures());
        }
        answered.Finish(response);
      }));
}

}  // namespace

SubscriberService::SubscriberService(broker::Broker& broker)
    : broker_(broker), subscribe_{.request = {}, .broker = broker} {
  subscribe_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestSubscribe(context, request, writer, queue, queue, tag);
  };
  ack_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestAck(context, request, writer, queue, queue, tag);
  };
  ack_.handle = [this](AckCall& call) { Settle(broker_, broker::Verb::kAck, call); };
  nack_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestNack(context, request, writer, queue, queue, tag);
  };
  nack_.handle = [this](NackCall& call) {
    if (const MaybeError error = CheckNack(call.request())) {
      return call.FinishWithError(ToStatus(*error));
    }
    Settle(broker_, broker::Verb::kNack, call);
  };
  reject_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestReject(context, request, writer, queue, queue, tag);
  };
  reject_.handle = [this](RejectCall& call) { Settle(broker_, broker::Verb::kReject, call); };
}

void SubscriberService::Arm(Worker& worker) const {
  SubscribeCall::Arm(worker, subscribe_);
  for (int i = 0; i < kArmedSettlements; ++i) AckCall::Arm(worker, ack_);
  NackCall::Arm(worker, nack_);
  RejectCall::Arm(worker, reject_);
}

}  // namespace amqp_sidecar::rpc
