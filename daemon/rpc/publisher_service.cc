#include "rpc/publisher_service.h"

#include <utility>

#include "rpc/convert.h"
#include "rpc/error_table.h"
#include "rpc/trace_metadata.h"

namespace amqp_sidecar::rpc {
namespace {

// Calls that one worker has ready for publishes that come at once.
constexpr int kArmedPublishes = 16;

broker::Error DeadlinePassed() {
  broker::Error error;
  error.reason = broker::Reason::kBrokerUnavailable;
  error.detail = "the deadline had passed when the message came; nothing was sent";
  error.deadline_exceeded = true;
  return error;
}

}  // namespace

PublisherService::PublisherService(broker::Broker& broker)
    : broker_(broker), publish_stream_{nullptr, broker} {
  publish_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
    service_.RequestPublish(context, request, writer, queue, queue, tag);
  };
  publish_.handle = [this](PublishCall& call) { Publish(call); };
  publish_stream_.request = [this](auto* context, auto* stream, auto* queue, void* tag) {
    service_.RequestPublishStream(context, stream, queue, queue, tag);
  };
}

void PublisherService::Arm(Worker& worker) const {
  for (int i = 0; i < kArmedPublishes; ++i) PublishCall::Arm(worker, publish_);
  PublishStreamCall::Arm(worker, publish_stream_);
}

void PublisherService::Publish(PublishCall& call) const {
  broker::PublishRequest request;
  const auto refuse = [&](const broker::Error& error) {
    broker_.CountRefused(request, error);
    call.FinishWithError(ToPublishStatus(error));
  };
  const MaybeError error = TakePublish(call.request(), request);
  TraceContextOf(call.context()).AddTo(request.properties.headers);
  if (error) return refuse(*error);
  const std::optional<base::TimePoint> deadline = call.deadline();
  if (!deadline) return refuse(DeadlinePassed());
  request.deadline = *deadline;
  broker_.Publish(
      std::move(request),
      call.Then<broker::PublishResult>([](PublishCall& answered, broker::PublishResult result) {
        if (result.error) return answered.FinishWithError(ToPublishStatus(*result.error));
        v1::PublishResponse response;
        response.set_message_id(std::move(result.message_id));
        response.set_routed(result.routed);
        answered.Finish(response);
      }));
}

}  // namespace amqp_sidecar::rpc
