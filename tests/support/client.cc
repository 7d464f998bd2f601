#include "support/client.h"

#include <ostream>
#include <stdexcept>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "support/eventually.h"

namespace amqp_sidecar::test {
namespace {

constexpr Millis kCallLimit = 15s;

template <typename Request>
Request WithIds(const std::vector<std::string>& ids) {
  Request request;
  for (const std::string& id : ids) request.add_delivery_ids(id);
  return request;
}

template <typename Response>
std::vector<pb::SettleFailure> Failures(const grpc::Status& status, const Response& response) {
  if (!status.ok()) {
    throw std::runtime_error("settling failed: " + std::to_string(status.error_code()) + " " +
                             status.error_message());
  }
  return {response.failures().begin(), response.failures().end()};
}

}  // namespace

void SetDeadline(grpc::ClientContext& context, std::chrono::milliseconds deadline) {
  if (deadline.count() > 0) context.set_deadline(std::chrono::system_clock::now() + deadline);
}

Outcome OutcomeOf(const grpc::Status& status) {
  Outcome outcome;
  outcome.code = status.error_code();
  outcome.text = status.error_message();
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) return outcome;
  for (const google::protobuf::Any& any : details.details()) {
    google::rpc::ErrorInfo info;
    if (!any.UnpackTo(&info)) continue;
    outcome.reason = info.reason();
    outcome.domain = info.domain();
    const auto persisted = info.metadata().find("persisted");
    if (persisted != info.metadata().end()) outcome.persisted = persisted->second;
  }
  return outcome;
}

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
  return out << "code " << outcome.code << ", reason " << outcome.reason << ", persisted "
             << outcome.persisted << ", after " << outcome.took.count() << " ms: " << outcome.text;
}

pb::PublishRequest JsonMessage(const std::string& exchange, const std::string& key,
                               const std::string& body) {
  pb::PublishRequest request;
  request.mutable_message()->set_exchange(exchange);
  request.mutable_message()->set_routing_key(key);
  request.mutable_message()->set_body(body);
  return request;
}

// A pool of its own keeps clients from sharing one connection.
Client::Client(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(-1);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  channel_ = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  publisher_ = pb::PublisherService::NewStub(channel_);
  subscriber_ = pb::SubscriberService::NewStub(channel_);
  topology_ = pb::TopologyService::NewStub(channel_);
}

Outcome Client::Publish(const pb::PublishRequest& request, std::chrono::milliseconds deadline) {
  grpc::ClientContext context;
  SetDeadline(context, deadline);
  pb::PublishResponse response;
  const auto start = std::chrono::steady_clock::now();
  Outcome outcome = OutcomeOf(publisher_->Publish(&context, request, &response));
  outcome.took = std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - start);
  outcome.message_id = response.message_id();
  outcome.routed = response.routed();
  return outcome;
}

std::vector<Outcome> Client::PublishAll(const std::vector<pb::PublishRequest>& requests,
                                        int in_flight, std::chrono::milliseconds deadline,
                                        const std::function<void(size_t)>& on_answer) {
  struct Call {
    size_t index;
    std::chrono::steady_clock::time_point start;
    grpc::ClientContext context;
    grpc::Status status;
    pb::PublishResponse response;
    std::unique_ptr<grpc::ClientAsyncResponseReader<pb::PublishResponse>> reader;
  };
  std::vector<Outcome> outcomes(requests.size());
  grpc::CompletionQueue queue;
  size_t next = 0;
  size_t answered = 0;
  const auto start_next = [&] {
    auto* call = new Call;
    call->index = next++;
    call->start = std::chrono::steady_clock::now();
    SetDeadline(call->context, deadline);
    call->reader = publisher_->AsyncPublish(&call->context, requests[call->index], &queue);
    call->reader->Finish(&call->response, &call->status, call);
  };
  while (next < requests.size() && next < static_cast<size_t>(in_flight)) start_next();
  while (answered < requests.size()) {
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    Outcome& outcome = outcomes[call->index];
    outcome = OutcomeOf(call->status);
    outcome.took =
        std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now() - call->start);
    outcome.message_id = call->response.message_id();
    outcome.routed = call->response.routed();
    if (next < requests.size()) start_next();
    if (on_answer)
      on_answer(++answered);
    else
      ++answered;
  }
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
  return outcomes;
}

std::vector<pb::SettleFailure> Client::Ack(const std::vector<std::string>& ids) {
  grpc::ClientContext context;
  SetDeadline(context, kCallLimit);
  pb::AckResponse response;
  return Failures(subscriber_->Ack(&context, WithIds<pb::AckRequest>(ids), &response), response);
}

std::vector<pb::SettleFailure> Client::Nack(const std::vector<std::string>& ids) {
  grpc::ClientContext context;
  SetDeadline(context, kCallLimit);
  pb::NackResponse response;
  return Failures(subscriber_->Nack(&context, WithIds<pb::NackRequest>(ids), &response), response);
}

std::vector<pb::SettleFailure> Client::Reject(const std::vector<std::string>& ids) {
  grpc::ClientContext context;
  SetDeadline(context, kCallLimit);
  pb::RejectResponse response;
  return Failures(subscriber_->Reject(&context, WithIds<pb::RejectRequest>(ids), &response),
                  response);
}

Outcome Client::Declare(const pb::DeclareTopologyRequest& request) {
  grpc::ClientContext context;
  SetDeadline(context, kCallLimit);
  pb::DeclareTopologyResponse response;
  return OutcomeOf(topology_->DeclareTopology(&context, request, &response));
}

}  // namespace amqp_sidecar::test
