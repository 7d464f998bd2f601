// StreamPublisher: publishes through the sidecar by PublishStream, on one completion queue and one
// thread. As many items go out together as answers came since the last request: what is batched is
// what has piled up, and nothing waits for a batch to fill. A blocking stream that one thread reads
// and writes in turn costs the client 7 % less, but hangs where both sides wait for the other to
// read; a second thread that reads costs half as much again.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "bench/publisher.h"

namespace amqp_sidecar::bench {

class StreamPublisher : public Publisher {
 public:
  explicit StreamPublisher(const std::string& target);
  ~StreamPublisher() override;
  StreamPublisher(const StreamPublisher&) = delete;
  StreamPublisher& operator=(const StreamPublisher&) = delete;

  // One stream from its start to its end. Once it has thrown, the object is of no further use.
  Tally Publish(const Work& work) override;

 private:
  std::unique_ptr<v1::PublisherService::Stub> stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace amqp_sidecar::bench
