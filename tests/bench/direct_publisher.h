// DirectPublisher: publishes with confirms by rabbitmq-c's stock calls, as a careful program
// without the sidecar would: one connection, one channel, pipelined up to the window; persistent,
// mandatory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "bench/publisher.h"

struct amqp_connection_state_t_;
struct timeval;

namespace amqp_sidecar::bench {

class DirectPublisher : public Publisher {
 public:
  explicit DirectPublisher(const std::string& uri);
  ~DirectPublisher() override;
  DirectPublisher(const DirectPublisher&) = delete;
  DirectPublisher& operator=(const DirectPublisher&) = delete;

  Tally Publish(const Work& work) override;
  // One message. `meanwhile` is called when it was sent; then its confirm is waited for.
  void PublishOne(const Work& work, const std::function<void()>& meanwhile);

 private:
  void Send(const Work& work);
  // Reads one frame and takes the confirm that it is; false when none came in time.
  bool ReadConfirm(Progress& progress, const timeval& limit);

  amqp_connection_state_t_* connection_;
  uint64_t first_tag_ = 1;  // of the work under way
};

}  // namespace amqp_sidecar::bench
