#include "bench/unary_publisher.h"

#include <optional>
#include <stdexcept>
#include <vector>

#include "bench/grpc_channel.h"

namespace amqp_sidecar::bench {

// One of the calls in flight; the next one reuses its messages.
struct UnaryPublisher::Call {
  size_t number = 0;
  std::optional<grpc::ClientContext> context;
  v1::PublishRequest request;
  v1::PublishResponse response;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::PublishResponse>> reader;
};

UnaryPublisher::UnaryPublisher(const std::string& target)
    : stub_(v1::PublisherService::NewStub(ConnectedChannel(target))) {}

UnaryPublisher::~UnaryPublisher() { Drain(queue_); }

Tally UnaryPublisher::Publish(const Work& work) {
  Progress progress(work);
  std::vector<Call> calls(work.window);
  std::string failure;
  size_t running = 0;
  for (; running < calls.size() && progress.MaySend(); ++running) {
    Start(calls[running], work, progress);
  }
  while (running > 0) {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    Call& call = *static_cast<Call*>(tag);
    --running;
    if (call.status.ok()) {
      progress.Confirm(call.number, Clock::now());
    } else if (failure.empty()) {
      failure = TextOf(call.status);
    }
    if (!failure.empty() || !progress.MaySend()) continue;
    Start(call, work, progress);
    ++running;
  }
  if (!failure.empty()) throw std::runtime_error("Publish: " + failure);
  return progress.Finish();
}

void UnaryPublisher::Start(Call& call, const Work& work, Progress& progress) {
  call.number = progress.Send(Clock::now());
  v1::Message& message = *call.request.mutable_message();
  message.set_routing_key(work.queue);
  message.set_body(work.body);
  call.context.emplace();
  call.context->set_deadline(std::chrono::system_clock::now() + kCallLimit);
  call.reader = stub_->AsyncPublish(&*call.context, call.request, &queue_);
  call.reader->Finish(&call.response, &call.status, &call);
}

}  // namespace amqp_sidecar::bench
