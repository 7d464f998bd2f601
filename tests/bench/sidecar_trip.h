// SidecarTrip: there by a Publish call, back by SubscribeStream, both on one channel to the
// sidecar.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "bench/event_queue.h"
#include "bench/trip.h"

namespace amqp_sidecar::bench {

class SidecarTrip : public Trip {
 public:
  explicit SidecarTrip(const std::string& target);

  std::vector<int64_t> Run(const std::string& queue, const std::string& body,
                           size_t messages) override;

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::PublisherService::Stub> publisher_;
  std::unique_ptr<v1::SubscriberService::Stub> subscriber_;
  EventQueue events_;
};

}  // namespace amqp_sidecar::bench
