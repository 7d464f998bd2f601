#include "settlements.h"

#include <utility>

#include "convert.h"

namespace amqp_sidecar {

void SetNack(const Settlement& settlement, v1::NackRequest& request) {
  request.set_not_attempted(settlement.verb == Settlement::Verb::kGiveBack);
  if (settlement.delay.count() > 0) *request.mutable_delay() = ToProto(settlement.delay);
}

void SetReject(const Settlement& settlement, v1::RejectRequest& request) {
  request.set_cause(settlement.cause);
}

void Settlements::Add(const Settlement& settlement, std::string delivery_id) {
  if (settlement.verb == Settlement::Verb::kAck) {
    acks_.add_delivery_ids(std::move(delivery_id));
  } else {
    others_[settlement].push_back(std::move(delivery_id));
  }
}

void Settlements::Clear() {
  acks_.Clear();
  others_.clear();
}

void Settlements::Take(v1::SubscribeStreamRequest& request) {
  if (!acks_.delivery_ids().empty()) {
    request.mutable_ack()->Swap(&acks_);
    acks_.Clear();
    return;
  }
  auto next = others_.extract(others_.begin());
  const Settlement& settlement = next.key();
  const auto add = [&](auto& to) {
    to.mutable_delivery_ids()->Add(next.mapped().begin(), next.mapped().end());
  };
  if (settlement.verb == Settlement::Verb::kReject) {
    SetReject(settlement, *request.mutable_reject());
    add(*request.mutable_reject());
  } else {
    SetNack(settlement, *request.mutable_nack());
    add(*request.mutable_nack());
  }
}

}  // namespace amqp_sidecar
