#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

#include <algorithm>
#include <memory>

#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "rpc/client_channel.h"
#include "rpc/command_client.h"
#include "rpc/delivery_printer.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kConnectTime = std::chrono::seconds(5);
constexpr auto kAckTime = std::chrono::seconds(5);
constexpr auto kStopCheck = std::chrono::milliseconds(200);
constexpr uint64_t kMaxPrefetch = 65535;
constexpr uint64_t kDefaultPrefetch = 64;

const char* EventName(v1::SubscriptionEventKind kind) {
  switch (kind) {
    case v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED:
      return "SUBSCRIBED";
    case v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED:
      return "INTERRUPTED";
    case v1::SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED:
      return "RESUBSCRIBED";
    case v1::SUBSCRIPTION_EVENT_KIND_DRAINING:
      return "DRAINING";
    default:
      return "an event that this version does not know";
  }
}

// One run of the command: reads the stream on its own queue, and acks in between.
class SubscribeSession {
 public:
  SubscribeSession(const SubscribeCommand& command, const std::shared_ptr<grpc::Channel>& channel,
                   const std::atomic<bool>& stop, std::ostream& out, std::ostream& err)
      : command_(command),
        stub_(v1::SubscriberService::NewStub(channel)),
        stop_(stop),
        out_(out),
        err_(err) {}

  int Run() {
    v1::SubscribeRequest request;
    request.set_queue(command_.queue);
    request.set_prefetch(Prefetch());
    reader_ = stub_->AsyncSubscribe(&context_, request, &queue_, nullptr);
    bool open = Wait();
    while (open && !ended_) {
      v1::SubscribeResponse response;
      reader_->Read(&response, nullptr);
      open = Wait();
      if (open) Take(response);
    }
    return Close();
  }

 private:
  uint32_t Prefetch() const {
    if (command_.prefetch != 0 || command_.count == 0) return command_.prefetch;
    const uint64_t most = command_.no_ack ? kMaxPrefetch : kDefaultPrefetch;
    return static_cast<uint32_t>(std::min(command_.count, most));
  }

  // Waits for the operation that is under way; cancels the call when told to stop.
  bool Wait() {
    void* tag = nullptr;
    bool ok = false;
    while (queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kStopCheck) ==
           grpc::CompletionQueue::TIMEOUT) {
      if (stop_) End();
    }
    if (stop_) End();
    return ok;
  }

  void End() {
    if (ended_) return;
    ended_ = true;
    context_.TryCancel();
  }

  void Take(const v1::SubscribeResponse& response) {
    if (response.has_event()) {
      err_ << EventName(response.event().kind());
      if (!response.event().detail().empty()) err_ << ": " << response.event().detail();
      err_ << std::endl;
    }
    for (const v1::Delivery& delivery : response.deliveries()) {
      if (ended_) return;
      Show(delivery);
    }
  }

  void Show(const v1::Delivery& delivery) {
    out_ << (command_.json ? DeliveryJson(delivery) : DeliveryText(delivery)) << std::flush;
    if (!out_) {
      Fail("the output takes no more; what was not acked goes back to the queue");
      return End();
    }
    if (!command_.no_ack) Ack(delivery.delivery_id());
    if (++shown_ == command_.count || stop_) End();
  }

  void Ack(const std::string& delivery_id) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAckTime);
    v1::AckRequest request;
    request.add_delivery_ids(delivery_id);
    v1::AckResponse response;
    const grpc::Status status = stub_->Ack(&context, request, &response);
    if (!status.ok()) {
      const CallFailure failure = ReadFailure(status);
      Fail("not acked: " + failure.reason + ": " + failure.detail);
    }
    for (const v1::SettleFailure& failure : response.failures()) {
      Fail("not acked: " + failure.reason() + ": " + failure.detail());
    }
  }

  void Fail(const std::string& text) {
    failed_ = true;
    err_ << text << std::endl;
  }

  int Close() {
    grpc::Status status;
    reader_->Finish(&status, nullptr);
    Wait();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
    if (!ended_) {
      const CallFailure failure = ReadFailure(status);
      Fail(failure.reason + ": " + failure.detail);
    }
    return failed_ ? 1 : 0;
  }

  const SubscribeCommand& command_;
  const std::unique_ptr<v1::SubscriberService::Stub> stub_;
  const std::atomic<bool>& stop_;
  std::ostream& out_;
  std::ostream& err_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReader<v1::SubscribeResponse>> reader_;
  uint64_t shown_ = 0;
  bool ended_ = false;  // by the user, the count or a failure of this side
  bool failed_ = false;
};

}  // namespace

int RunSubscribe(const SubscribeCommand& command, const std::atomic<bool>& stop, std::ostream& out,
                 std::ostream& err) {
  if (command.no_ack && command.count > (command.prefetch != 0 ? command.prefetch : kMaxPrefetch)) {
    err << "with --no-ack no more than the prefetch can be shown: " << command.count
        << " is more than that\n";
    return 64;
  }
  if (!IsUtf8(command.queue)) {
    err << "INVALID_SUBSCRIPTION: the queue's name must be valid UTF-8\n";
    return 1;
  }
  const auto channel = ConnectTo(command.address, std::chrono::system_clock::now() + kConnectTime);
  if (channel == nullptr) {
    err << "UNAVAILABLE: no sidecar answers at " << command.address << "\n";
    return 1;
  }
  return SubscribeSession(command, channel, stop, out, err).Run();
}

}  // namespace amqp_sidecar::rpc
