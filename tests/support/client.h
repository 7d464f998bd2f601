// Client: a caller of the sidecar over its Unix socket, with the answers as a test wants to read
// them. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"

namespace amqp_sidecar::test {

namespace pb = amqp_sidecar::v1;

// How a call ended: the status, and the ErrorInfo that came with it.
struct Outcome {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  std::string text;
  std::string reason;  // empty: no ErrorInfo
  std::string domain;
  std::string persisted;   // NO, UNKNOWN, PARTIAL
  std::string message_id;  // of a publish that was OK
  bool routed = false;     // of a publish that was OK
  std::chrono::milliseconds took{0};

  bool ok() const { return code == grpc::StatusCode::OK; }
};

Outcome OutcomeOf(const grpc::Status& status);

// For Catch2: prints what a failed expectation was about.
std::ostream& operator<<(std::ostream& out, const Outcome& outcome);

// A publish in one line: persistent JSON to `exchange` with `key`.
pb::PublishRequest JsonMessage(const std::string& exchange, const std::string& key,
                               const std::string& body = "{\"n\":1}");

class Client {
 public:
  // `target`: "unix:/path" or "127.0.0.1:port". Each Client has a connection of its own.
  explicit Client(const std::string& target);

  // With `deadline` zero, the client names none.
  Outcome Publish(const pb::PublishRequest& request,
                  std::chrono::milliseconds deadline = std::chrono::seconds(10));

  // Publishes all, `in_flight` at once, in order of their start; answers in request order.
  // `on_answer`, if given, is called after each answer, with how many there are so far.
  std::vector<Outcome> PublishAll(const std::vector<pb::PublishRequest>& requests, int in_flight,
                                  std::chrono::milliseconds deadline = std::chrono::seconds(20),
                                  const std::function<void(size_t)>& on_answer = nullptr);

  // Settlements: the failures, or an exception when the call itself failed.
  std::vector<pb::SettleFailure> Ack(const std::vector<std::string>& ids);
  std::vector<pb::SettleFailure> Nack(const std::vector<std::string>& ids);
  std::vector<pb::SettleFailure> Reject(const std::vector<std::string>& ids);

  Outcome Declare(const pb::DeclareTopologyRequest& request);

  // gRPC health: "SERVING", "NOT_SERVING", "UNKNOWN", or the code of a call that failed.
  std::string Health(const std::string& service = "");
  // Names that gRPC reflection lists; throws when it does not answer.
  std::vector<std::string> ReflectedServices();

  // Any bytes, as the request of a call with one answer: how it ended.
  Outcome CallWithBytes(const std::string& method, const std::string& bytes);

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  pb::PublisherService::Stub& publisher() { return *publisher_; }
  pb::SubscriberService::Stub& subscriber() { return *subscriber_; }
  pb::TopologyService::Stub& topology() { return *topology_; }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<pb::PublisherService::Stub> publisher_;
  std::unique_ptr<pb::SubscriberService::Stub> subscriber_;
  std::unique_ptr<pb::TopologyService::Stub> topology_;
};

// Sets a deadline from now, unless it is zero.
void SetDeadline(grpc::ClientContext& context, std::chrono::milliseconds deadline);

}  // namespace amqp_sidecar::test
