#include "rpc/redrive_acker.h"

#include <chrono>
#include <set>
#include <utility>

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kAckTime = std::chrono::seconds(5);

}  // namespace

void RedriveAcker::Ack(const std::vector<std::string>& delivery_ids) {
  AckCall& call = call_.emplace();
  call.context.set_deadline(std::chrono::system_clock::now() + kAckTime);
  for (const std::string& id : delivery_ids) call.request.add_delivery_ids(id);
  call.reader = stub_.AsyncAck(&call.context, call.request, &queue_);
  call.reader->Finish(&call.response, &call.status, &done_tag_);
}

void RedriveAcker::Cancel() {
  if (call_) call_->context.TryCancel();
}

void RedriveAcker::OnDone(bool /*ok*/) {
  const v1::AckRequest request = std::move(call_->request);
  const v1::AckResponse response = std::move(call_->response);
  const grpc::Status status = call_->status;
  call_.reset();
  if (!status.ok()) owner_.OnAckCallFailed(status);
  std::set<std::string> failed;
  for (const v1::SettleFailure& failure : response.failures()) failed.insert(failure.delivery_id());
  for (const std::string& id : request.delivery_ids()) {
    owner_.OnAcked(id, status.ok() && !failed.contains(id));
  }
}

}  // namespace amqp_sidecar::rpc
