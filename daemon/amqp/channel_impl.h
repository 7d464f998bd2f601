// ChannelImpl: what is behind Channel. io thread. Its connection owns it, passes it the frames of
// its number, and knows what becomes of the number.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "amqp/channel.h"
#include "amqp/content_assembler.h"
#include "amqp/operation_clock.h"
#include "amqp/server_methods.h"
#include "amqp/violation.h"
#include "amqp/write_queue.h"

namespace amqp_sidecar::amqp {

class ChannelImpl;

// What a channel needs of its connection.
class ChannelHost {
 public:
  virtual ~ChannelHost() = default;
  virtual WriteQueue& out() = 0;
  // Names the writing of a method of this channel: it ends in OnMethodWritten().
  virtual WriteQueue::Token MethodToken(const ChannelImpl& channel) = 0;
  // This many more methods wait for their answers, or fewer.
  virtual void CountMethods(int change) = 0;
  // Close() was called: the channel is to be closed with the broker, and destroyed, but not before
  // the outermost call into the connection returns.
  virtual void CloseFromHere(ChannelImpl& channel) = 0;
};

class ChannelImpl final : public Channel {
 public:
  // `host` and `listener` are not owned and outlive the channel. `incarnation` tells it from others
  // that had its number.
  ChannelImpl(ChannelHost& host, Listener& listener, uint16_t number, uint64_t incarnation,
              uint64_t max_body_bytes);

  uint16_t number() const override { return number_; }
  uint64_t incarnation() const { return incarnation_; }

  // Queues channel.open.
  void Open();
  // False until the broker has answered it.
  bool opened() const { return opened_; }

  // Frames, but for channel.close and channel.close-ok.
  std::optional<Violation> OnMethod(ServerMethod method);
  std::optional<Violation> OnHeader(ContentHeader&& header);
  std::optional<Violation> OnBody(std::string_view bytes);

  // The next method that was not written yet is, and is to be answered when the operation clock
  // shows `deadline`.
  void OnMethodWritten(base::Duration deadline);

  // When the operation clock shows this, the channel has timed out: nothing where nothing is asked.
  std::optional<base::Duration> deadline() const;

  // Why the method whose turn it is to be answered was not sent; null where it was.
  const std::string* refused() const;

  // Tells everyone who waits, and the listener, that it is over; nothing where Close() was called.
  void End(const Failure& failure);

  // Channel:
  void ConfirmSelect(ReplyCallback done) override;
  void Qos(uint16_t prefetch_count, ReplyCallback done) override;
  void Consume(const ConsumeArgs& args, ReplyCallback done) override;
  void CancelConsumer(std::string_view consumer_tag, ReplyCallback done) override;
  void DeclareExchange(const ExchangeArgs& args, ReplyCallback done) override;
  void DeclareQueue(const QueueArgs& args, ReplyCallback done) override;
  void BindQueue(const BindingArgs& args, ReplyCallback done) override;
  void UnbindQueue(const BindingArgs& args, ReplyCallback done) override;
  void DeleteExchange(std::string_view name, bool if_unused, ReplyCallback done) override;
  void DeleteQueue(std::string_view name, bool if_unused, bool if_empty,
                   ReplyCallback done) override;
  void PurgeQueue(std::string_view name, ReplyCallback done) override;
  uint64_t Publish(const EncodedPublish& message) override;
  size_t WithdrawUnwritten() override;
  void Ack(uint64_t tag, bool multiple) override;
  void Nack(uint64_t tag, bool multiple, bool requeue) override;
  void Reject(uint64_t tag, bool requeue) override;
  void Close() override;

 private:
  struct Pending {
    OkMethod awaited;
    ReplyCallback done;
    std::optional<base::Duration> deadline;  // set once it is written
    std::optional<std::string> refused;      // why it was not sent
  };

  void Call(OkMethod awaited, absl::StatusOr<std::string> frame, ReplyCallback done);
  void Settle(const std::string& frame);
  void Answer(const Reply& reply);

  std::optional<Violation> On(BasicDeliver method);
  std::optional<Violation> On(BasicReturn method);
  std::optional<Violation> On(BasicConfirm method);
  std::optional<Violation> On(BasicCancel method);
  std::optional<Violation> On(ChannelFlow method);
  std::optional<Violation> On(MethodOk method);
  // The methods of a connection, and those that the connection handles itself.
  template <typename Method>
  std::optional<Violation> On(Method method);

  void DeliverContent();

  ChannelHost& host_;
  Listener& listener_;
  const uint16_t number_;
  const uint64_t incarnation_;
  ContentAssembler assembler_;
  std::deque<Pending> pending_;
  bool opened_ = false;
  bool ended_ = false;  // nothing is called any more
  uint64_t next_tag_ = 1;
};

}  // namespace amqp_sidecar::amqp
