#include "bench/ack_calls.h"

#include <algorithm>
#include <stdexcept>

#include "bench/intake.h"

namespace amqp_sidecar::bench {

AckCalls::~AckCalls() {
  for (const Call& call : calls_) events_.Await(call.event);
}

void AckCalls::Turn() {
  for (Call& call : calls_) {
    if (call.open && !call.event.under_way) TakeAnswer(call);
    if (!call.open && ids_.size() >= kAckBatch) Start(call);
  }
}

void AckCalls::Finish() {
  while (!ids_.empty()) {
    for (Call& call : calls_) {
      if (call.open && !call.event.under_way) TakeAnswer(call);
      if (!call.open && !ids_.empty()) Start(call);
    }
    if (!ids_.empty()) events_.Next();
  }
  for (Call& call : calls_) {
    events_.Await(call.event);
    if (call.open) TakeAnswer(call);
  }
}

void AckCalls::TakeAnswer(Call& call) {
  call.open = false;
  if (!call.status.ok()) throw std::runtime_error("Ack: " + TextOf(call.status));
  if (call.response.failures_size() > 0) {
    throw std::runtime_error("Ack: " + call.response.failures(0).ShortDebugString());
  }
}

void AckCalls::Start(Call& call) {
  call.request.Clear();
  for (size_t count = std::min(ids_.size(), kAckBatch); count > 0; --count) {
    call.request.add_delivery_ids(std::move(ids_.front()));
    ids_.pop_front();
  }
  call.context.emplace();
  call.context->set_deadline(std::chrono::system_clock::now() + kCallLimit);
  call.reader = stub_.AsyncAck(&*call.context, call.request, events_.grpc());
  call.reader->Finish(&call.response, &call.status, call.event.Started());
  call.open = true;
}

}  // namespace amqp_sidecar::bench
