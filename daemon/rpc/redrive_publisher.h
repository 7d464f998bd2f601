// RedrivePublisher: publishes what a redrive moves, over one PublishStream, and tells how each
// ended. On the thread of the completion queue that it is given.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "rpc/tag.h"

namespace amqp_sidecar::rpc {

class RedrivePublisher {
 public:
  // As the sidecar says it; a call that ended without its word has the code's name for a reason and
  // an unspecified `persisted`.
  struct Outcome {
    bool ok = false;
    std::string reason;
    std::string detail;
    v1::Persisted persisted = v1::PERSISTED_UNSPECIFIED;
  };

  class Owner {
   public:
    virtual void OnPublished(uint64_t tag, const Outcome& outcome) = 0;
    // The last call: the stream is over, by whoever. What has no outcome gets none.
    virtual void OnPublisherEnd(const grpc::Status& status) = 0;

   protected:
    ~Owner() = default;
  };

  // All that is passed outlives this; it may not be destroyed before over().
  RedrivePublisher(v1::PublisherService::Stub& stub, grpc::CompletionQueue& queue, Owner& owner);
  ~RedrivePublisher();
  RedrivePublisher(const RedrivePublisher&) = delete;
  RedrivePublisher& operator=(const RedrivePublisher&) = delete;

  // In this order. A message that may be too large for the stream, which would end by it, is
  // published by a call of its own, and has no order.
  void Publish(uint64_t tag, v1::Message message);
  // Sends off what was given since the last time.
  void Flush();

  void Cancel();
  bool over() const { return stream_over_ && calls_.empty(); }

 private:
  // Publishes one large message.
  class UnaryPublish;

  void OnStarted(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void FinishIfIdle();
  void TellIfOver();
  void OnUnary(uint64_t tag, const grpc::Status& status);

  v1::PublisherService::Stub& stub_;
  grpc::CompletionQueue& queue_;
  Owner& owner_;
  grpc::ClientContext context_;
  MemberTag<RedrivePublisher> started_tag_{this, &RedrivePublisher::OnStarted};
  MemberTag<RedrivePublisher> read_tag_{this, &RedrivePublisher::OnRead};
  MemberTag<RedrivePublisher> written_tag_{this, &RedrivePublisher::OnWritten};
  MemberTag<RedrivePublisher> finished_tag_{this, &RedrivePublisher::OnFinished};
  std::unique_ptr<
      grpc::ClientAsyncReaderWriter<v1::PublishStreamRequest, v1::PublishStreamResponse>>
      stream_;
  std::deque<v1::PublishItem> waiting_;  // not sent yet
  v1::PublishStreamRequest sending_;     // gRPC's while it is written
  v1::PublishStreamResponse response_;
  grpc::Status status_;
  std::map<uint64_t, std::unique_ptr<UnaryPublish>> calls_;
  bool writing_ = true;  // the start included
  bool ended_ = false;   // nothing more can be read
  bool stream_over_ = false;
};

}  // namespace amqp_sidecar::rpc
