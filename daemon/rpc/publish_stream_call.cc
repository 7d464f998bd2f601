#include "rpc/publish_stream_call.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "rpc/convert.h"
#include "rpc/deadline.h"
#include "rpc/error_table.h"

namespace amqp_sidecar::rpc {
namespace {

grpc::Status Draining() {
  return ToStatus(
      {broker::Reason::kDraining, "the sidecar is shutting down: what has no result was not sent"});
}

grpc::Status Malformed() {
  return ToStatus({broker::Reason::kInvalidMessage,
                   "a batch is no PublishStreamRequest, perhaps for a text that is not UTF-8: what "
                   "has no result was not sent"});
}

}  // namespace

void PublishStreamCall::Feed::OnResults(std::vector<broker::StreamResult> results) {
  if (queue_.Push(std::move(results))) OnRoom();
}

void PublishStreamCall::Feed::OnRoom() {
  call_.Post([](PublishStreamCall& call) { call.Pump(); });
}

void PublishStreamCall::Arm(Worker& worker, const Method& method) {
  auto call = std::make_unique<PublishStreamCall>(worker, method);
  PublishStreamCall& armed = *call;
  worker.Add(std::move(call));
  armed.NotifyWhenDone();
  method.request(&armed.context_, &armed.stream_, worker.queue(), armed.started_tag());
}

PublishStreamCall::PublishStreamCall(Worker& worker, const Method& method)
    : StreamingCall(worker), method_(method), stream_(&context_) {}

void PublishStreamCall::Start() {
  Arm(worker_, method_);
  if (method_.broker.draining()) return Finish(Draining());
  trace_ = TraceContextOf(context_);
  feed_ = std::make_shared<Feed>(CallRef<PublishStreamCall>(worker_, *this));
  publishes_ = method_.broker.OpenPublishStream(feed_);
  // Now, and not with the first result: there are clients that wait for them before they send.
  opening_ = true;
  stream_.SendInitialMetadata(Begin(opened_tag_));
}

void PublishStreamCall::OnOpened(bool ok) {
  opening_ = false;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  Pump();
  Over();
}

void PublishStreamCall::Pump() {
  if (publishes_ == nullptr || opening_ || worker_.closing()) return;
  WriteResults();
  if (finished_) return;
  if (TakeItems() && ReadsOn()) {
    reading_ = true;
    stream_.Read(&received_, Begin(read_tag_));
  }
  if (owed_ > 0 || writing_) return;
  if (malformed_) return Finish(Malformed());
  if (half_closed_) return Finish(grpc::Status::OK);
  if (worker_.drained()) return Finish(Draining());
}

bool PublishStreamCall::ReadsOn() const {
  return !reading_ && !half_closed_ && !malformed_ && !worker_.drained() && owed_ < kMostOwed;
}

bool PublishStreamCall::TakeItems() {
  if (reading_) return false;
  const std::optional<base::TimePoint> deadline =
      AnswerBy(TimeLeft(context_.raw_deadline()), std::chrono::steady_clock::now());
  // Past it, gRPC ends the call.
  if (!deadline) return false;
  const base::TimePoint by =
      std::min(*deadline, std::chrono::steady_clock::now() + kDefaultCallTime);
  parked_ = parked_ && !publishes_->Resume(by);
  const int end = std::min(next_item_ + kTurnItems, batch_.items_size());
  while (!parked_ && owed_ < kMostOwed && next_item_ < end) {
    TakeItem(*batch_.mutable_items(next_item_++), by);
  }
  publishes_->Flush();
  // The next turn.
  if (!parked_ && next_item_ == end && end < batch_.items_size()) feed_->OnRoom();
  return !parked_ && next_item_ == batch_.items_size();
}

void PublishStreamCall::TakeItem(v1::PublishItem& item, base::TimePoint deadline) {
  ++owed_;
  broker::PublishRequest request;
  MaybeError error = TakePublish(item, request);
  trace_.AddTo(request.properties.headers);
  if (error) {
    method_.broker.CountRefused(request, *error);
    std::vector<broker::StreamResult> refused(1);
    refused.front().tag = item.tag();
    refused.front().result.error = std::move(*error);
    return feed_->OnResults(std::move(refused));
  }
  parked_ = !publishes_->Offer(item.tag(), std::move(request), deadline);
}

void PublishStreamCall::WriteResults() {
  if (writing_ || finished_) return;
  if (next_result_ == results_.size()) {
    results_ = feed_->queue().TakeAll();
    next_result_ = 0;
  }
  if (results_.empty()) return;
  response_.Clear();
  const size_t end = std::min(results_.size(), next_result_ + kMostResults);
  writing_results_ = end - next_result_;
  for (; next_result_ < end; ++next_result_) {
    broker::StreamResult& item = results_[next_result_];
    PutResult(item.tag, std::move(item.result), *response_.add_results());
  }
  grpc::ByteBuffer bytes;
  bool own = false;
  // A response that was just made of valid values is always serializable.
  (void)grpc::SerializationTraits<v1::PublishStreamResponse>::Serialize(response_, &bytes, &own);
  writing_ = true;
  stream_.Write(bytes, Begin(written_tag_));
}

void PublishStreamCall::Finish(const grpc::Status& status) {
  finished_ = true;
  stream_.Finish(status, Begin(finished_tag_));
}

void PublishStreamCall::OnRead(bool ok) {
  reading_ = false;
  next_item_ = 0;
  if (!ok) {
    half_closed_ = true;
    batch_.Clear();
  } else if (!grpc::SerializationTraits<v1::PublishStreamRequest>::Deserialize(&received_, &batch_)
                  .ok()) {
    malformed_ = true;
    batch_.Clear();
  }
  Pump();
  Over();
}

void PublishStreamCall::OnWritten(bool ok) {
  writing_ = false;
  owed_ -= writing_results_;
  // The client is gone: End() is called, too.
  if (!ok) finished_ = true;
  Pump();
  Over();
}

void PublishStreamCall::OnFinished(bool /*ok*/) { Over(); }

void PublishStreamCall::End() {
  finished_ = true;
  // What it has taken goes on; nobody waits for the results.
  publishes_.reset();
}

void PublishStreamCall::EndDrained() { Pump(); }

}  // namespace amqp_sidecar::rpc
