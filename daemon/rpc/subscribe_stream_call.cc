#include "rpc/subscribe_stream_call.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "rpc/convert.h"
#include "rpc/error_table.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

broker::Error Invalid(const char* detail) { return {broker::Reason::kInvalidSubscription, detail}; }

std::vector<broker::DeliveryId> IdsOf(const std::vector<broker::Delivery>& deliveries) {
  std::vector<broker::DeliveryId> ids;
  ids.reserve(deliveries.size());
  for (const broker::Delivery& delivery : deliveries) ids.push_back(delivery.id);
  return ids;
}

}  // namespace

// Beside the deliveries: how many requests of settlements are under way, and how those failed that
// did.
class SubscribeStreamCall::Feed final : public SubscribeFeed<SubscribeStreamCall> {
 public:
  using SubscribeFeed::SubscribeFeed;

  void Begin() { unanswered_.fetch_add(1); }

  void OnSettled(broker::SettleResult result) ABSL_LOCKS_EXCLUDED(mutex_) {
    const bool failed = result.error || !result.failures.empty();
    if (failed) {
      const base::MutexLock lock(&mutex_);
      if (result.error) error_ = std::move(result.error);
      failures_.insert(failures_.end(), std::make_move_iterator(result.failures.begin()),
                       std::make_move_iterator(result.failures.end()));
    }
    const bool was_full = unanswered_.fetch_sub(1) >= kMostUnanswered;
    if (failed || was_full || ending_) Wake();
  }

  // Whether all requests are answered; where not, the call is woken for each from now on.
  bool AwaitAnswers() {
    ending_ = true;
    return unanswered_ == 0;
  }

  bool IsFull() const ABSL_LOCKS_EXCLUDED(mutex_) {
    if (unanswered_ >= kMostUnanswered) return true;
    const base::MutexLock lock(&mutex_);
    return failures_.size() >= kMostFailures;
  }

  std::vector<broker::SettleFailure> TakeFailures() ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(&mutex_);
    const auto end = failures_.begin() +
                     static_cast<std::ptrdiff_t>(std::min(failures_.size(), kFailuresAtOnce));
    std::vector<broker::SettleFailure> taken(std::make_move_iterator(failures_.begin()),
                                             std::make_move_iterator(end));
    failures_.erase(failures_.begin(), end);
    return taken;
  }

  // A request was refused as a whole.
  std::optional<broker::Error> error() const ABSL_LOCKS_EXCLUDED(mutex_) {
    const base::MutexLock lock(&mutex_);
    return error_;
  }

 private:
  std::atomic<size_t> unanswered_ = 0;
  std::atomic<bool> ending_ = false;
  mutable base::Mutex mutex_;
  std::deque<broker::SettleFailure> failures_ ABSL_GUARDED_BY(mutex_);
  std::optional<broker::Error> error_ ABSL_GUARDED_BY(mutex_);
};

void SubscribeStreamCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<SubscribeStreamCall>(worker, method);
  SubscribeStreamCall& armed = *call;
  worker.Add(std::move(call));
  armed.NotifyWhenDone();
  method.request(&armed.context_, &armed.stream_, worker.queue(), armed.started_tag());
}

SubscribeStreamCall::SubscribeStreamCall(Worker& worker, const Method& method)
    : StreamingCall(worker), method_(method), stream_(&context_) {}

void SubscribeStreamCall::Start() {
  Arm(worker_, method_);
  feed_ = std::make_shared<Feed>(CallRef<SubscribeStreamCall>(worker_, *this));
  // Now, and not with the first delivery: there are clients that wait for them before they send.
  stream_.SendInitialMetadata(Begin(opened_tag_));
}

void SubscribeStreamCall::OnOpened(bool ok) {
  opening_ = false;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  Pump();
  Over();
}

void SubscribeStreamCall::Pump() {
  if (feed_ == nullptr || opening_ || finished_ || worker_.closing()) return;
  if (!writing_) WriteOrFinish();
  if (!finished_ && ReadsOn()) {
    reading_ = true;
    stream_.Read(&received_, Begin(read_tag_));
  }
}

bool SubscribeStreamCall::ReadsOn() const {
  return !reading_ && !half_closed_ && !wrong_ && !feed_->IsFull();
}

void SubscribeStreamCall::WriteOrFinish() {
  if (wrong_) return Finish(wrong_);
  v1::SubscribeStreamResponse& response = memory_.Fresh();
  for (broker::SettleFailure& failure : feed_->TakeFailures()) {
    PutSettleFailure(std::move(failure), *response.add_failures());
  }
  if (!response.failures().empty()) return Write(response);
  if (const auto error = feed_->error()) return Finish(error);
  if (end_) {
    // Its failures are told before.
    if (feed_->AwaitAnswers()) Finish(end_->why);
    return;
  }
  OutboundQueue::Batch batch = feed_->queue().Take({});
  while (half_closed_ && !batch.deliveries.empty()) {
    // It wants nothing new.
    method_.broker.WithholdDeliveries(subscription_, IdsOf(batch.deliveries));
    batch = feed_->queue().Take({});
  }
  if (batch.end) {
    end_ = std::move(batch.end);
    return WriteOrFinish();
  }
  if (!batch.empty()) {
    if (PutBatch(method_.broker, subscription_, std::move(batch), response)) {
      return Write(response);
    }
    // With nothing left of it, go on behind the other calls: a queue may be full of such.
    return feed_->Wake();
  }
  if (worker_.drained()) {
    Finish(broker::Error{broker::Reason::kDraining, "the sidecar is shutting down"});
  }
}

void SubscribeStreamCall::Write(const v1::SubscribeStreamResponse& response) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // A response that was just made of valid values is always serializable.
  (void)grpc::SerializationTraits<v1::SubscribeStreamResponse>::Serialize(response, &bytes, &own);
  writing_ = true;
  stream_.Write(bytes, Begin(written_tag_));
}

void SubscribeStreamCall::Finish(const std::optional<broker::Error>& why) {
  finished_ = true;
  stream_.Finish(ToStatus(why), Begin(finished_tag_));
}

void SubscribeStreamCall::OnRead(bool ok) {
  reading_ = false;
  if (!ok) {
    OnHalfClose();
  } else if (!finished_ && !worker_.closing()) {
    v1::SubscribeStreamRequest request;
    const bool is_one =
        grpc::SerializationTraits<v1::SubscribeStreamRequest>::Deserialize(&received_, &request)
            .ok();
    wrong_ = is_one ? Take(std::move(request))
                    : Invalid(
                          "a request is no SubscribeStreamRequest, perhaps for a text that is "
                          "not UTF-8");
  }
  Pump();
  Over();
}

void SubscribeStreamCall::OnHalfClose() {
  half_closed_ = true;
  if (finished_ || worker_.closing()) return;
  if (subscription_ == 0) {
    wrong_ = Invalid("the client closed its side without a request: the first must be subscribe");
    return;
  }
  method_.broker.FinishSubscription(subscription_);
}

std::optional<broker::Error> SubscribeStreamCall::Take(v1::SubscribeStreamRequest request) {
  if (request.has_subscribe()) return Subscribe(*request.mutable_subscribe());
  if (request.kind_case() == v1::SubscribeStreamRequest::KIND_NOT_SET) {
    return Invalid("a request has neither subscribe nor a settlement");
  }
  if (subscription_ == 0) return Invalid("the first request must be subscribe");
  return Settle(request);
}

std::optional<broker::Error> SubscribeStreamCall::Subscribe(v1::SubscribeRequest& request) {
  if (subscription_ != 0) return Invalid("a stream has one subscribe, as its first request");
  broker::SubscribeRequest subscribe;
  if (MaybeError error = TakeSubscribe(request, subscribe)) return error;
  subscribe.peer = ToUtf8(context_.peer());
  subscription_ = method_.broker.Subscribe(std::move(subscribe), feed_);
  return std::nullopt;
}

std::optional<broker::Error> SubscribeStreamCall::Settle(v1::SubscribeStreamRequest& request) {
  const auto settled = [feed = feed_](broker::SettleResult result) {
    feed->OnSettled(std::move(result));
  };
  if (request.has_extend_ack_deadline()) {
    v1::ExtendAckDeadlineRequest& extend = *request.mutable_extend_ack_deadline();
    base::Duration ack_deadline;
    if (MaybeError error = TakeExtension(extend, ack_deadline)) return error;
    feed_->Begin();
    method_.broker.ExtendAckDeadline(TakeIds(*extend.mutable_delivery_ids()), ack_deadline,
                                     settled);
    return std::nullopt;
  }
  broker::Settlement settlement;
  MaybeError error;
  if (request.has_ack()) {
    error = TakeSettlement(*request.mutable_ack(), settlement);
  } else if (request.has_nack()) {
    error = TakeSettlement(*request.mutable_nack(), settlement);
  } else {
    error = TakeSettlement(*request.mutable_reject(), settlement);
  }
  if (error) return error;
  feed_->Begin();
  method_.broker.Settle(std::move(settlement), settled);
  return std::nullopt;
}

void SubscribeStreamCall::OnWritten(bool ok) {
  writing_ = false;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  Pump();
  Over();
}

void SubscribeStreamCall::OnFinished(bool /*ok*/) { Over(); }

void SubscribeStreamCall::End() {
  finished_ = true;
  if (subscription_ != 0) method_.broker.EndSubscription(subscription_);
}

void SubscribeStreamCall::EndDrained() { Pump(); }

}  // namespace amqp_sidecar::rpc
