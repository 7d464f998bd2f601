#include "support/subscribe_stream.h"

#include <stdexcept>

namespace amqp_sidecar::test {
namespace {

constexpr std::chrono::seconds kSendLimit{20};

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

template <typename Request>
void SetIds(const SubscribeStream::Ids& ids, Request* request) {
  request->mutable_delivery_ids()->Assign(ids.begin(), ids.end());
}

void SetDuration(std::chrono::milliseconds value, google::protobuf::Duration* duration) {
  duration->set_seconds(value.count() / 1000);
  duration->set_nanos(static_cast<int32_t>(value.count() % 1000 * 1'000'000));
}

}  // namespace

// Requests as bytes, so that a test can send what is no request.
SubscribeStream::SubscribeStream(Client& client) {
  grpc::TemplatedGenericStub<grpc::ByteBuffer, pb::SubscribeStreamResponse> stub(client.channel());
  call_ =
      stub.PrepareCall(&context_, "/amqp_sidecar.v1.SubscriberService/SubscribeStream", &queue_);
  call_->StartCall(Tag(Event::kStarted));
  thread_ = std::thread([this] { Run(); });
}

SubscribeStream::SubscribeStream(Client& client, const pb::SubscribeRequest& request)
    : SubscribeStream(client) {
  Subscribe(request);
}

SubscribeStream::SubscribeStream(Client& client, const std::string& queue, uint32_t prefetch)
    : SubscribeStream(client) {
  pb::SubscribeRequest request;
  request.set_queue(queue);
  request.set_prefetch(prefetch);
  Subscribe(request);
}

SubscribeStream::~SubscribeStream() {
  Cancel();
  ReadOn();
  thread_.join();
}

void SubscribeStream::Cancel() { context_.TryCancel(); }

// Ends with the call: its end comes when no response does any more, and no write is under way.
void SubscribeStream::Run() {
  void* tag = nullptr;
  bool ok = false;
  bool ending = false;
  while (queue_.Next(&tag, &ok)) {
    std::lock_guard lock(mutex_);
    switch (static_cast<Event>(reinterpret_cast<uintptr_t>(tag))) {
      case Event::kStarted:
        started_ = true;
        if (!ok) no_more_responses_ = true;
        [[fallthrough]];
      case Event::kWritten:
        writing_ = false;
        if (!ok) no_more_writes_ = true;
        if (half_close_wanted_) WriteHalfClose();
        break;
      case Event::kHalfClosed:
        writing_ = false;
        break;
      case Event::kRead:
        reading_ = false;
        OnRead(ok);
        break;
      case Event::kEnded:
        end_ = OutcomeOf(status_);
        queue_.Shutdown();
        break;
    }
    ReadIfWanted();
    if (no_more_responses_) no_more_writes_ = true;
    if (no_more_responses_ && !writing_ && !ending) {
      ending = true;
      call_->Finish(&status_, Tag(Event::kEnded));
    }
    changed_.notify_all();
  }
}

void SubscribeStream::OnRead(bool ok) {
  if (!ok) {
    no_more_responses_ = true;
    return;
  }
  const auto now = Clock::now();
  for (const pb::Delivery& delivery : incoming_.deliveries()) arrivals_.push_back({delivery, now});
  if (incoming_.has_event()) events_.push_back(incoming_.event().kind());
  failures_.insert(failures_.end(), incoming_.failures().begin(), incoming_.failures().end());
  responses_.push_back(std::move(incoming_));
  incoming_.Clear();
}

void SubscribeStream::WriteHalfClose() {
  if (half_closed_ || no_more_writes_) return;
  half_closed_ = true;
  writing_ = true;
  call_->WritesDone(Tag(Event::kHalfClosed));
}

bool SubscribeStream::Write(grpc::ByteBuffer request) {
  const auto until = Clock::now() + kSendLimit;
  std::unique_lock lock(mutex_);
  const auto idle = [&] { return !writing_ || no_more_writes_; };
  if (!changed_.wait_until(lock, until, idle) || no_more_writes_) return false;
  outgoing_.Swap(&request);
  writing_ = true;
  call_->Write(outgoing_, Tag(Event::kWritten));
  return changed_.wait_until(lock, until, idle) && !no_more_writes_;
}

bool SubscribeStream::Send(const pb::SubscribeStreamRequest& request) {
  return Write(ToBuffer(request.SerializeAsString()));
}

bool SubscribeStream::SendBytes(const std::string& bytes) { return Write(ToBuffer(bytes)); }

bool SubscribeStream::Subscribe(const pb::SubscribeRequest& request) {
  pb::SubscribeStreamRequest outer;
  *outer.mutable_subscribe() = request;
  return Send(outer);
}

bool SubscribeStream::Ack(const Ids& ids) {
  pb::SubscribeStreamRequest request;
  SetIds(ids, request.mutable_ack());
  return Send(request);
}

bool SubscribeStream::Nack(const Ids& ids, Millis delay) {
  pb::SubscribeStreamRequest request;
  SetIds(ids, request.mutable_nack());
  if (delay.count() != 0) SetDuration(delay, request.mutable_nack()->mutable_delay());
  return Send(request);
}

bool SubscribeStream::Reject(const Ids& ids, const std::string& cause) {
  pb::SubscribeStreamRequest request;
  SetIds(ids, request.mutable_reject());
  request.mutable_reject()->set_cause(cause);
  return Send(request);
}

bool SubscribeStream::ExtendAckDeadline(const Ids& ids, Millis ack_deadline) {
  pb::SubscribeStreamRequest request;
  SetIds(ids, request.mutable_extend_ack_deadline());
  SetDuration(ack_deadline, request.mutable_extend_ack_deadline()->mutable_ack_deadline());
  return Send(request);
}

void SubscribeStream::HalfClose() {
  std::lock_guard lock(mutex_);
  half_close_wanted_ = true;
  if (!writing_) WriteHalfClose();
}

void SubscribeStream::StopReading() {
  std::lock_guard lock(mutex_);
  read_wanted_ = false;
}

void SubscribeStream::ReadOn() {
  std::lock_guard lock(mutex_);
  read_wanted_ = true;
  ReadIfWanted();
}

void SubscribeStream::ReadIfWanted() {
  if (!started_ || !read_wanted_ || reading_ || no_more_responses_) return;
  reading_ = true;
  call_->Read(&incoming_, Tag(Event::kRead));
}

std::vector<pb::SubscribeStreamResponse> SubscribeStream::responses() const {
  std::lock_guard lock(mutex_);
  return responses_;
}

std::vector<pb::Delivery> SubscribeStream::deliveries() const {
  std::lock_guard lock(mutex_);
  std::vector<pb::Delivery> deliveries;
  for (const Arrival& arrival : arrivals_) deliveries.push_back(arrival.delivery);
  return deliveries;
}

std::vector<pb::SubscriptionEventKind> SubscribeStream::events() const {
  std::lock_guard lock(mutex_);
  return events_;
}

std::vector<pb::SettleFailure> SubscribeStream::failures() const {
  std::lock_guard lock(mutex_);
  return failures_;
}

size_t SubscribeStream::delivery_count() const {
  std::lock_guard lock(mutex_);
  return arrivals_.size();
}

SubscribeStream::Arrival SubscribeStream::Next(Millis deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return arrivals_.size() > taken_ || end_; });
  if (arrivals_.size() > taken_) return arrivals_[taken_++];
  throw std::runtime_error("no delivery came after the " + std::to_string(taken_) + " so far" +
                           (end_ ? ": the stream has ended: " + end_->text : ""));
}

bool SubscribeStream::WaitForDeliveries(size_t count, Millis deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return arrivals_.size() >= count || end_; });
  return arrivals_.size() >= count;
}

bool SubscribeStream::WaitForEvents(size_t count, Millis deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return events_.size() >= count || end_; });
  return events_.size() >= count;
}

bool SubscribeStream::WaitForFailures(size_t count, Millis deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return failures_.size() >= count || end_; });
  return failures_.size() >= count;
}

std::optional<Outcome> SubscribeStream::WaitForEnd(Millis deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return end_.has_value(); });
  return end_;
}

}  // namespace amqp_sidecar::test
