// PublishStreamCall: one stream of publishes, from before the call comes until it is over. Reads a
// batch when the one before has been taken by the broker layer, so that HTTP/2's flow control slows
// a client that is faster than the broker; writes what results are there. At most one read and one
// write are outstanding. On its worker's thread; a feed of its own takes what the io thread brings.
#pragma once

#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "broker/broker.h"
#include "rpc/result_queue.h"
#include "rpc/streaming_call.h"
#include "rpc/trace_metadata.h"

namespace amqp_sidecar::rpc {

class PublishStreamCall final : public StreamingCall {
 public:
  using Stream = grpc::ServerAsyncReaderWriter<grpc::ByteBuffer, grpc::ByteBuffer>;
  struct Method {
    // Asks gRPC for the next call.
    std::function<void(grpc::ServerContext*, Stream*, grpc::ServerCompletionQueue*, void* tag)>
        request;
    broker::Broker& broker;
  };

  // Items that are taken and whose results the client has not been sent: with more, no more are
  // taken. A client that reads no results gets no further than this.
  static constexpr size_t kMostOwed = 20'000;
  // Taken at once, before other calls of the worker have their turn.
  static constexpr int kTurnItems = 128;
  // In one response.
  static constexpr size_t kMostResults = 128;

  // Has `worker` take one call, and after each the next. `method` outlives the worker.
  static void Arm(Worker& worker, const Method& method);

  PublishStreamCall(Worker& worker, const Method& method);

  // Call:
  void EndDrained() override;

 private:
  // What the broker layer calls. Outlives the call where something is in flight.
  class Feed final : public broker::PublishListener {
   public:
    explicit Feed(CallRef<PublishStreamCall> call) : call_(std::move(call)) {}
    void OnResults(std::vector<broker::StreamResult> results) override;
    void OnRoom() override;
    ResultQueue& queue() { return queue_; }

   private:
    const CallRef<PublishStreamCall> call_;
    ResultQueue queue_;
  };

  // StreamingCall:
  void Start() override;
  void End() override;

  void OnOpened(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);

  // Goes on with whatever can: takes items, reads, writes, finishes.
  void Pump();
  // Gives the broker layer the items of the batch. True when none is left.
  bool TakeItems();
  bool ReadsOn() const;
  void TakeItem(v1::PublishItem& item, base::TimePoint deadline);
  void WriteResults();
  void Finish(const grpc::Status& status);

  const Method& method_;
  Stream stream_;
  MemberTag<PublishStreamCall> opened_tag_{this, &PublishStreamCall::OnOpened};
  MemberTag<PublishStreamCall> read_tag_{this, &PublishStreamCall::OnRead};
  MemberTag<PublishStreamCall> written_tag_{this, &PublishStreamCall::OnWritten};
  MemberTag<PublishStreamCall> finished_tag_{this, &PublishStreamCall::OnFinished};

  TraceMetadata trace_;
  std::shared_ptr<Feed> feed_;
  std::unique_ptr<broker::PublishStream> publishes_;
  grpc::ByteBuffer received_;
  v1::PublishStreamRequest batch_;
  int next_item_ = 0;    // of the batch
  bool parked_ = false;  // the item before is with the broker layer, and waits for room there
  size_t owed_ = 0;      // items without a result that was written
  std::vector<broker::StreamResult> results_;
  size_t next_result_ = 0;  // of results_
  size_t writing_results_ = 0;
  v1::PublishStreamResponse response_;

  bool reading_ = false;
  bool writing_ = false;
  bool opening_ = false;      // the headers are on their way
  bool half_closed_ = false;  // the client sends no more
  bool malformed_ = false;    // it sent what is no batch
  bool finished_ = false;     // nothing may be written any more
};

}  // namespace amqp_sidecar::rpc
