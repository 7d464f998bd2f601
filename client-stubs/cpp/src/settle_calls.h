// SettleCalls: settlements and extensions by calls of their own: after the stream was half-closed.
// Any thread; each call blocks it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/channel.h>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "settlements.h"

namespace amqp_sidecar {

class SettleCalls {
 public:
  explicit SettleCalls(const std::shared_ptr<grpc::Channel>& channel);

  // Returns what did not take. Where the call itself failed that is all of them, with the reason of
  // the failure.
  std::vector<v1::SettleFailure> Settle(const Settlement& settlement,
                                        const std::vector<std::string>& delivery_ids);
  std::vector<v1::SettleFailure> Extend(std::chrono::milliseconds ack_deadline,
                                        const std::vector<std::string>& delivery_ids);

 private:
  const std::unique_ptr<v1::SubscriberService::Stub> stub_;
};

}  // namespace amqp_sidecar
