#include "rpc/redrive_publisher.h"

#include <chrono>
#include <utility>

#include "rpc/client_channel.h"

namespace amqp_sidecar::rpc {
namespace {

// Of one request: more would keep the first of them waiting for the last.
constexpr size_t kBatchBytes = 1u << 20;
// The API says that a request may have 4 MiB whatever the sidecar's limits are; less the request's
// own few bytes.
constexpr size_t kMostInStream = (4u << 20) - 1024;
constexpr auto kUnaryTime = std::chrono::seconds(10);

v1::Persisted PersistedOf(const std::string& name) {
  v1::Persisted persisted = v1::PERSISTED_UNSPECIFIED;
  v1::Persisted_Parse("PERSISTED_" + name, &persisted);
  return persisted;
}

}  // namespace

class RedrivePublisher::UnaryPublish {
 public:
  UnaryPublish(RedrivePublisher& owner, uint64_t tag, v1::Message message)
      : owner_(owner), tag_(tag) {
    context_.set_deadline(std::chrono::system_clock::now() + kUnaryTime);
    request_.mutable_message()->Swap(&message);
    reader_ = owner.stub_.AsyncPublish(&context_, request_, &owner.queue_);
    reader_->Finish(&response_, &status_, &done_tag_);
  }

  void Cancel() { context_.TryCancel(); }

 private:
  // Destroys this.
  void OnDone(bool /*ok*/) { owner_.OnUnary(tag_, grpc::Status(status_)); }

  RedrivePublisher& owner_;
  const uint64_t tag_;
  grpc::ClientContext context_;
  v1::PublishRequest request_;
  v1::PublishResponse response_;
  grpc::Status status_;
  MemberTag<UnaryPublish> done_tag_{this, &UnaryPublish::OnDone};
  std::unique_ptr<grpc::ClientAsyncResponseReader<v1::PublishResponse>> reader_;
};

RedrivePublisher::RedrivePublisher(v1::PublisherService::Stub& stub, grpc::CompletionQueue& queue,
                                   Owner& owner)
    : stub_(stub), queue_(queue), owner_(owner) {
  stream_ = stub.AsyncPublishStream(&context_, &queue, &started_tag_);
}

RedrivePublisher::~RedrivePublisher() = default;

void RedrivePublisher::OnStarted(bool ok) {
  writing_ = false;
  ended_ = !ok;
  if (ok) stream_->Read(&response_, &read_tag_);
  Flush();
  FinishIfIdle();
}

void RedrivePublisher::Publish(uint64_t tag, v1::Message message) {
  v1::PublishItem item;
  item.set_tag(tag);
  item.mutable_message()->Swap(&message);
  if (item.ByteSizeLong() <= kMostInStream) {
    waiting_.push_back(std::move(item));
  } else {
    calls_[tag] = std::make_unique<UnaryPublish>(*this, tag, std::move(*item.mutable_message()));
  }
}

void RedrivePublisher::Flush() {
  if (writing_ || ended_ || waiting_.empty()) return;
  sending_.Clear();
  size_t bytes = 0;
  do {
    bytes += waiting_.front().ByteSizeLong();
    sending_.add_items()->Swap(&waiting_.front());
    waiting_.pop_front();
  } while (!waiting_.empty() && bytes + waiting_.front().ByteSizeLong() <= kBatchBytes);
  writing_ = true;
  stream_->Write(sending_, &written_tag_);
}

void RedrivePublisher::OnWritten(bool /*ok*/) {
  // Where the call is over, the read says so.
  writing_ = false;
  Flush();
  FinishIfIdle();
}

void RedrivePublisher::OnRead(bool ok) {
  if (!ok) {
    ended_ = true;
    return FinishIfIdle();
  }
  for (v1::PublishResult& result : *response_.mutable_results()) {
    Outcome outcome;
    outcome.ok = result.code() == grpc::StatusCode::OK;
    outcome.reason = std::move(*result.mutable_reason());
    outcome.detail = std::move(*result.mutable_detail());
    outcome.persisted = result.persisted();
    owner_.OnPublished(result.tag(), outcome);
  }
  stream_->Read(&response_, &read_tag_);
}

void RedrivePublisher::FinishIfIdle() {
  if (ended_ && !writing_) stream_->Finish(&status_, &finished_tag_);
}

void RedrivePublisher::OnFinished(bool /*ok*/) {
  stream_over_ = true;
  TellIfOver();
}

void RedrivePublisher::TellIfOver() {
  if (over()) owner_.OnPublisherEnd(status_);
}

void RedrivePublisher::OnUnary(uint64_t tag, const grpc::Status& status) {
  calls_.erase(tag);
  Outcome outcome;
  outcome.ok = status.ok();
  if (!status.ok()) {
    CallFailure failure = ReadFailure(status);
    outcome.reason = std::move(failure.reason);
    outcome.detail = std::move(failure.detail);
    outcome.persisted = PersistedOf(failure.persisted);
    // gRPC itself did not let a message of that size in.
    if (outcome.reason == "RESOURCE_EXHAUSTED" && failure.persisted.empty()) {
      outcome.reason = "MESSAGE_TOO_LARGE";
      outcome.persisted = v1::PERSISTED_NO;
    }
  }
  owner_.OnPublished(tag, outcome);
  TellIfOver();
}

void RedrivePublisher::Cancel() {
  context_.TryCancel();
  for (auto& [tag, call] : calls_) call->Cancel();
}

}  // namespace amqp_sidecar::rpc
