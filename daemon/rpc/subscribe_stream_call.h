// SubscribeStreamCall: one stream of deliveries and settlements, from before the call comes until
// it is over. On its worker's thread; a feed of its own takes what the io thread brings. At most
// one read and one write are outstanding. A client that sends settlements faster than they are
// dealt with is not read on.
#pragma once

#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <memory>
#include <optional>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/streaming_call.h"
#include "rpc/subscribe_feed.h"

namespace amqp_sidecar::rpc {

class SubscribeStreamCall final : public StreamingCall {
 public:
  using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
  struct Method {
    // Asks gRPC for the next call.
    std::function<void(grpc::ServerContext*, Stream*, grpc::ServerCompletionQueue*, void* tag)>
        request;
    broker::Broker& broker;
  };

  // Requests whose settlements are not dealt with yet, and failures that the client has not been
  // sent: with as many, no more is read.
  static constexpr size_t kMostUnanswered = 64;
  static constexpr size_t kMostFailures = 10'000;
  // Failures in one response.
  static constexpr size_t kFailuresAtOnce = 1000;

  // Has `worker` take one call, and after each the next. `method` outlives the worker.
  static void Arm(Worker& worker, const Method& method);

  SubscribeStreamCall(Worker& worker, const Method& method);

  // Goes on with whatever can: writes, reads, finishes.
  void Pump();

  // Call:
  void EndDrained() override;

 private:
  class Feed;

  // StreamingCall:
  void Start() override;
  void End() override;

  void OnOpened(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);

  // What is wrong with the request; then the stream ends with it.
  std::optional<broker::Error> Take(v1::SubscribeStreamRequest request);
  std::optional<broker::Error> Subscribe(v1::SubscribeRequest& request);
  std::optional<broker::Error> Settle(v1::SubscribeStreamRequest& request);
  void OnHalfClose();
  bool ReadsOn() const;
  void WriteOrFinish();
  void Write(const v1::SubscribeStreamResponse& response);
  void Finish(const std::optional<broker::Error>& why);

  const Method& method_;
  Stream stream_;
  MemberTag<SubscribeStreamCall> opened_tag_{this, &SubscribeStreamCall::OnOpened};
  MemberTag<SubscribeStreamCall> read_tag_{this, &SubscribeStreamCall::OnRead};
  MemberTag<SubscribeStreamCall> written_tag_{this, &SubscribeStreamCall::OnWritten};
  MemberTag<SubscribeStreamCall> finished_tag_{this, &SubscribeStreamCall::OnFinished};

  std::shared_ptr<Feed> feed_;
  broker::SubscriptionId subscription_ = 0;
  ResponseMemory<v1::SubscribeStreamResponse> memory_;
  grpc::ByteBuffer received_;
  std::optional<broker::Error> wrong_;  // with what the client sent: the stream ends with it
  std::optional<OutboundEnd> end_;      // the subscription has come to it
  bool opening_ = true;                 // the headers are on their way
  bool reading_ = false;
  bool writing_ = false;
  bool half_closed_ = false;  // the client sends no more
  bool finished_ = false;     // nothing may be written any more
};

}  // namespace amqp_sidecar::rpc
