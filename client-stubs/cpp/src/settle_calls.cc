#include "settle_calls.h"

#include "convert.h"
#include "failure.h"
#include "unary_call.h"

namespace amqp_sidecar {
namespace {

using SubscriberStub = v1::SubscriberService::Stub;
using Failures = std::vector<v1::SettleFailure>;
using Ids = std::vector<std::string>;

constexpr std::chrono::milliseconds kTimeout{10'000};

template <typename Request, typename Response>
Failures Call(SubscriberStub& stub,
              grpc::Status (SubscriberStub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
              Request& request, const Ids& ids) {
  request.mutable_delivery_ids()->Add(ids.begin(), ids.end());
  UnaryCall call(kTimeout, {});
  Response response;
  const grpc::Status status = (stub.*method)(call.context(), request, &response);
  if (status.ok()) return {response.failures().begin(), response.failures().end()};
  const ErrorFields failure = FailureOf(status);
  Failures all;
  for (const std::string& id : ids) {
    v1::SettleFailure& one = all.emplace_back();
    one.set_delivery_id(id);
    one.set_code(status.error_code());
    one.set_reason(failure.reason);
    one.set_detail(failure.detail);
  }
  return all;
}

}  // namespace

SettleCalls::SettleCalls(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(v1::SubscriberService::NewStub(channel)) {}

Failures SettleCalls::Settle(const Settlement& settlement, const Ids& delivery_ids) {
  switch (settlement.verb) {
    case Settlement::Verb::kAck: {
      v1::AckRequest request;
      return Call(*stub_, &SubscriberStub::Ack, request, delivery_ids);
    }
    case Settlement::Verb::kNack:
    case Settlement::Verb::kGiveBack: {
      v1::NackRequest request;
      SetNack(settlement, request);
      return Call(*stub_, &SubscriberStub::Nack, request, delivery_ids);
    }
    case Settlement::Verb::kReject: {
      v1::RejectRequest request;
      SetReject(settlement, request);
      return Call(*stub_, &SubscriberStub::Reject, request, delivery_ids);
    }
  }
  return {};
}

Failures SettleCalls::Extend(std::chrono::milliseconds ack_deadline, const Ids& delivery_ids) {
  v1::ExtendAckDeadlineRequest request;
  *request.mutable_ack_deadline() = ToProto(ack_deadline);
  return Call(*stub_, &SubscriberStub::ExtendAckDeadline, request, delivery_ids);
}

}  // namespace amqp_sidecar
