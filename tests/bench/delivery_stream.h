// DeliveryStream: one SubscribeStream call: deliveries, and their acknowledgements in batches. What
// is acknowledged while a request is being written goes out with the next. One thread; whatever
// goes wrong throws, and then the object is of no further use.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "bench/event_queue.h"

namespace amqp_sidecar::bench {

class DeliveryStream {
 public:
  // Subscribed with kPrefetch. `events` outlives it.
  DeliveryStream(v1::SubscriberService::Stub& stub, EventQueue& events, const std::string& queue);
  // Cancels the call unless it is over.
  ~DeliveryStream();
  DeliveryStream(const DeliveryStream&) = delete;
  DeliveryStream& operator=(const DeliveryStream&) = delete;

  // Waits for the next deliveries, which are valid until it is called again.
  const v1::SubscribeStreamResponse& Next();
  void Ack(const v1::SubscribeStreamResponse& response);
  // Half-closes, and waits for the sidecar's OK: nothing is unsettled any more.
  void End();

 private:
  // The next response; false when there is none.
  bool Read();
  void Flush();
  // The status of the call that has ended or is to end.
  grpc::Status Finish();
  [[noreturn]] void Fail();

  EventQueue& events_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::SubscribeStreamRequest, v1::SubscribeStreamResponse>>
      stream_;
  Event started_, read_, written_, half_closed_, finished_;
  v1::SubscribeStreamRequest writing_;
  v1::SubscribeStreamRequest pending_;  // acks for the next request
  v1::SubscribeStreamResponse response_;
  bool over_ = false;
};

}  // namespace amqp_sidecar::bench
