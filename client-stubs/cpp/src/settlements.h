// Settlements: what handlers decided and is to be written, gathered into few requests. One thread
// at a time.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/subscriber.pb.h"

namespace amqp_sidecar {

// What is to become of a delivery.
struct Settlement {
  enum class Verb {
    kAck,
    kNack,
    kGiveBack,  // a nack of what was not begun
    kReject,
  };
  Verb verb = Verb::kAck;
  std::chrono::milliseconds delay{0};  // of kNack; 0: the retry policy's
  std::string cause = {};              // of kReject

  auto operator<=>(const Settlement&) const = default;
};

void SetNack(const Settlement& settlement, v1::NackRequest& request);
void SetReject(const Settlement& settlement, v1::RejectRequest& request);

class Settlements {
 public:
  void Add(const Settlement& settlement, std::string delivery_id);
  bool empty() const { return acks_.delivery_ids().empty() && others_.empty(); }
  void Clear();
  // The next request, of those of one kind. There is one.
  void Take(v1::SubscribeStreamRequest& request);

 private:
  v1::AckRequest acks_;
  std::map<Settlement, std::vector<std::string>> others_;
};

}  // namespace amqp_sidecar
