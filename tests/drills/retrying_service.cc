#include "drills/retrying_service.h"

#include <algorithm>
#include <functional>

#include "support/eventually.h"

namespace amqp_sidecar::test {
namespace {

enum class Work {
  kSucceeds,
  kFailsOnce,
  kFails,
  kNeverCan,
};

// By the message: it goes the same way however often it comes.
Work WorkOn(const std::string& message_id, bool rejects) {
  const size_t draw = std::hash<std::string>()(message_id) % 12;
  if (draw < 2) return Work::kFails;
  if (draw < 4) return Work::kFailsOnce;
  if (draw == 4 && rejects) return Work::kNeverCan;
  return Work::kSucceeds;
}

}  // namespace

RetryingService::RetryingService(const std::string& target, Checker& checker,
                                 pb::SubscribeRequest request, bool rejects)
    : client_(target),
      checker_(checker),
      request_(std::move(request)),
      rejects_(rejects),
      thread_([this] { Run(); }) {}

RetryingService::~RetryingService() {
  stop_ = true;
  thread_.join();
}

void RetryingService::Run() {
  while (!stop_) {
    RunStream();
    // Where there is no sidecar the next one ends at once, too.
    Eventually(Millis(20), [this] { return stop_.load(); });
  }
}

void RetryingService::RunStream() {
  SubscribeStream stream(client_, request_);
  ++streams_;
  size_t handled = 0;
  while (!stop_) {
    if (!stream.WaitForDeliveries(handled + 1, Millis(20))) {
      if (stream.WaitForEnd(Millis(0))) return;
      continue;
    }
    if (!Handle(stream, stream.Next().delivery)) return;
    ++handled;
  }
}

// A settlement that does not count, or finds no sidecar, is a delivery that comes again: the
// checker counts it then.
bool RetryingService::Handle(SubscribeStream& stream, const pb::Delivery& delivery) {
  highest_attempt_ = std::max<uint32_t>(highest_attempt_, delivery.attempt());
  const std::string& message_id = delivery.properties().message_id();
  switch (WorkOn(message_id, rejects_)) {
    case Work::kFailsOnce:
      if (delivery.attempt() > 1) break;
      [[fallthrough]];
    case Work::kFails:
      ++nacked_;
      return stream.Nack({delivery.delivery_id()});
    case Work::kNeverCan:
      ++rejected_;
      return stream.Reject({delivery.delivery_id()}, "it never can be done");
    case Work::kSucceeds:
      break;
  }
  ++acked_;
  checker_.Deliver(message_id, delivery.body());
  return stream.Ack({delivery.delivery_id()});
}

}  // namespace amqp_sidecar::test
