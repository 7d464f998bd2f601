// UnaryPublisher: publishes through the sidecar by unary calls, the window's number of them at
// once, on one completion queue and one thread.
#pragma once

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "bench/publisher.h"

namespace amqp_sidecar::bench {

class UnaryPublisher : public Publisher {
 public:
  explicit UnaryPublisher(const std::string& target);
  ~UnaryPublisher() override;
  UnaryPublisher(const UnaryPublisher&) = delete;
  UnaryPublisher& operator=(const UnaryPublisher&) = delete;

  // Once it has thrown, the object is of no further use.
  Tally Publish(const Work& work) override;

 private:
  struct Call;
  void Start(Call& call, const Work& work, Progress& progress);

  std::unique_ptr<v1::PublisherService::Stub> stub_;
  grpc::CompletionQueue queue_;
};

}  // namespace amqp_sidecar::bench
