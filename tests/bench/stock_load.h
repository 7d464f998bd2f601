// StockLoad: publishes with confirms and consumes with acks by rabbitmq-c's stock calls, as a
// careful program without the sidecar would. One thread.
#pragma once

#include <string>

#include "bench/load.h"

struct amqp_connection_state_t_;

namespace amqp_sidecar::bench {

class StockLoad {
 public:
  // Throws when the broker is not there, and on every refusal.
  explicit StockLoad(const std::string& uri);
  ~StockLoad();
  StockLoad(const StockLoad&) = delete;
  StockLoad& operator=(const StockLoad&) = delete;

  // Persistent, mandatory, each with its confirm.
  Seconds Publish(const Load& load);
  // What Publish put there; each message acked by itself.
  Seconds Consume(const Load& load);

  void DeclareQueue(const std::string& queue);
  void DeleteQueue(const std::string& queue);
  // Puts `load.messages` into the queue, as fast as may be.
  void Fill(const Load& load);

 private:
  void Send(const Load& load);
  size_t WaitForConfirms();
  void Check(const std::string& what);

  amqp_connection_state_t_* connection_;
};

}  // namespace amqp_sidecar::bench
