#include "bench/stream_publisher.h"

#include <stdexcept>

#include "bench/grpc_channel.h"

namespace amqp_sidecar::bench {
namespace {

// Of bodies in one request: below gRPC's limit of a message, and so that the first items are on
// their way before the last ones are packed.
constexpr size_t kMostRequestBytes = 256 * 1024;

enum Event : intptr_t { kStarted = 1, kRead, kWritten, kHalfClosed, kFinished };

void* TagOf(Event event) { return reinterpret_cast<void*>(event); }

// One PublishStream call. At most one write and one read are under way at once, as gRPC wants it.
class Stream {
 public:
  Stream(v1::PublisherService::Stub& stub, grpc::CompletionQueue& queue, const Work& work)
      : queue_(queue), work_(work), progress_(work) {
    context_.set_deadline(std::chrono::system_clock::now() + kCallLimit);
    stream_ = stub.AsyncPublishStream(&context_, &queue_, TagOf(kStarted));
  }

  Tally Run() {
    bool ok = Await(kStarted);
    if (ok) Read();
    while (ok && !progress_.Done()) {
      if (!writing_ && progress_.MaySend()) Write();
      ok = Step();
    }
    if (ok && failure_.empty()) HalfClose();
    End();
    return progress_.Finish();
  }

 private:
  void Read() {
    reading_ = true;
    stream_->Read(&response_, TagOf(kRead));
  }

  void Write() {
    const Clock::time_point now = Clock::now();
    request_.Clear();
    size_t bytes = 0;
    do {
      v1::PublishItem& item = *request_.add_items();
      item.set_tag(progress_.Send(now));
      item.mutable_message()->set_routing_key(work_.queue);
      item.mutable_message()->set_body(work_.body);
      bytes += work_.body.size();
    } while (progress_.MaySend() && bytes + work_.body.size() <= kMostRequestBytes);
    writing_ = true;
    stream_->Write(request_, TagOf(kWritten));
  }

  // The next event; false when the stream is to go no further.
  bool Step() {
    void* tag = nullptr;
    bool ok = false;
    queue_.Next(&tag, &ok);
    if (tag == TagOf(kWritten)) {
      writing_ = false;
      return ok;
    }
    reading_ = false;
    if (ok) ok = Take();
    if (ok) Read();
    return ok;
  }

  bool Take() {
    const Clock::time_point now = Clock::now();
    for (const v1::PublishResult& result : response_.results()) {
      if (result.code() != grpc::StatusCode::OK) {
        failure_ = result.reason() + ": " + result.detail();
        return false;
      }
      if (!progress_.Waits(result.tag())) {
        failure_ = "a result for a tag that has none to come";
        return false;
      }
      progress_.Confirm(result.tag(), now);
    }
    return true;
  }

  // The server answers by its own end, which the read that waits is told.
  void HalfClose() {
    if (writing_) Await(kWritten);
    stream_->WritesDone(TagOf(kHalfClosed));
    Await(kHalfClosed);
  }

  // Takes what is still under way, then the status.
  void End() {
    if (!failure_.empty()) context_.TryCancel();
    while (reading_ || writing_) Await(reading_ ? kRead : kWritten);
    grpc::Status status;
    stream_->Finish(&status, TagOf(kFinished));
    Await(kFinished);
    if (failure_.empty() && !status.ok()) failure_ = TextOf(status);
    if (!failure_.empty()) throw std::runtime_error("PublishStream: " + failure_);
  }

  // Takes events until `event` has come; says whether it went well.
  bool Await(Event event) {
    void* tag = nullptr;
    bool ok = false;
    do {
      queue_.Next(&tag, &ok);
      if (tag == TagOf(kRead)) reading_ = false;
      if (tag == TagOf(kWritten)) writing_ = false;
    } while (tag != TagOf(event));
    return ok;
  }

  grpc::CompletionQueue& queue_;
  const Work& work_;
  Progress progress_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::PublishStreamRequest, v1::PublishStreamResponse>>
      stream_;
  v1::PublishStreamRequest request_;
  v1::PublishStreamResponse response_;
  bool reading_ = false;
  bool writing_ = false;
  std::string failure_;
};

}  // namespace

StreamPublisher::StreamPublisher(const std::string& target)
    : stub_(v1::PublisherService::NewStub(ConnectedChannel(target))) {}

StreamPublisher::~StreamPublisher() { Drain(queue_); }

Tally StreamPublisher::Publish(const Work& work) { return Stream(*stub_, queue_, work).Run(); }

}  // namespace amqp_sidecar::bench
