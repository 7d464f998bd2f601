// Channel: one numbered stream of an AMQP connection: methods sent and matched with their answers
// in order, content assembled, settlements and publishes written. io thread. Does no I/O and knows
// no clock: the connection passes time and bytes in. Decides nothing about messages: the layer
// above does.
//
// A channel comes from Connection::OpenChannel, opening; methods may be called at once, they are
// pipelined behind channel.open. It ends in one of two ways: Close(), after which the caller must
// forget the pointer and nothing is called any more; or Listener::OnClosed, the last call, after
// which the pointer is dead too. Its number is used again only when both sides are done with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "amqp/failure.h"
#include "amqp/message.h"
#include "amqp/publish.h"

namespace amqp_sidecar::amqp {

// The answer to a synchronous method. Exactly one of the three is set where it is said.
struct Reply {
  bool ok = false;
  Failure failure;  // where not ok

  // Of queue.declare-ok; message_count also of queue.delete-ok and queue.purge-ok.
  std::string queue;
  uint32_t message_count = 0;
  uint32_t consumer_count = 0;
};
using ReplyCallback = absl::AnyInvocable<void(const Reply&)>;

struct ExchangeArgs {
  std::string name;
  std::string type = "direct";
  bool passive = false;
  bool durable = true;
  bool auto_delete = false;
  bool internal = false;
  FieldTable arguments;
};

struct QueueArgs {
  std::string name;
  bool passive = false;
  bool durable = true;
  bool exclusive = false;
  bool auto_delete = false;
  FieldTable arguments;
};

struct BindingArgs {
  std::string queue;
  std::string exchange;
  std::string routing_key;
  FieldTable arguments;
};

struct ConsumeArgs {
  std::string queue;
  std::string consumer_tag;
  bool exclusive = false;
  FieldTable arguments;
};

// A basic.deliver, complete. Views into nothing: it owns what it holds.
struct IncomingDelivery {
  uint64_t tag = 0;
  std::string consumer_tag;
  std::string exchange;
  std::string routing_key;
  bool redelivered = false;
  Properties properties;
  std::string body;
};

// A basic.return, without its body.
struct IncomingReturn {
  uint16_t code = 0;  // 312 NO_ROUTE
  std::string text;
  std::string exchange;
  std::string routing_key;
  std::string message_id;
};

class Channel {
 public:
  // Called from within Connection::Receive, OnTick and PipeClosed. May call anything on the channel
  // and on the connection.
  class Listener {
   public:
    virtual ~Listener() = default;
    // basic.ack (`acked`) or basic.nack of our publishes: of `tag`, and with `multiple` of every
    // earlier one that is still open.
    virtual void OnConfirm(uint64_t tag, bool multiple, bool acked) = 0;
    virtual void OnReturn(IncomingReturn message) = 0;
    virtual void OnDelivery(IncomingDelivery&& delivery) = 0;
    // A delivery whose body is over Connection::Options::max_body_bytes, or whose headers are more
    // than kMaxTableValues or nest deeper than kMaxTableDepth: its bytes were skipped.
    virtual void OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) = 0;
    // basic.cancel by the broker: the queue is gone. The channel lives on.
    virtual void OnConsumerCancelled(std::string_view consumer_tag) = 0;
    // The channel is gone; calls that were pending have had their failure already. Where the whole
    // connection ended, by whom and for whatever reason, the kind is kLinkLost.
    virtual void OnClosed(const Failure& failure) = 0;
  };

  virtual ~Channel() = default;

  virtual uint16_t number() const = 0;

  // Synchronous methods. `done` is called once, with the answer, or with the failure that ended the
  // channel: then before OnClosed. It is never called from within the call itself, nor after
  // Close(). A method that is not answered within Options::operation_timeout of being written
  // closes the channel with kTimedOut; the time does not run while the connection is blocked or its
  // bytes wait unwritten. One whose names or tables cannot be encoded (see EncodePublish) closes
  // the channel with kNotEncodable, after what was called before it is answered.
  virtual void ConfirmSelect(ReplyCallback done) = 0;
  virtual void Qos(uint16_t prefetch_count, ReplyCallback done) = 0;
  virtual void Consume(const ConsumeArgs& args, ReplyCallback done) = 0;
  virtual void CancelConsumer(std::string_view consumer_tag, ReplyCallback done) = 0;
  virtual void DeclareExchange(const ExchangeArgs& args, ReplyCallback done) = 0;
  virtual void DeclareQueue(const QueueArgs& args, ReplyCallback done) = 0;
  virtual void BindQueue(const BindingArgs& args, ReplyCallback done) = 0;
  virtual void UnbindQueue(const BindingArgs& args, ReplyCallback done) = 0;
  virtual void DeleteExchange(std::string_view name, bool if_unused, ReplyCallback done) = 0;
  virtual void DeleteQueue(std::string_view name, bool if_unused, bool if_empty,
                           ReplyCallback done) = 0;
  virtual void PurgeQueue(std::string_view name, ReplyCallback done) = 0;

  // Queues a publish behind the connection's other publishes and returns its delivery tag: 1 for
  // the first after ConfirmSelect, and so on. Submit only while Connection::PublishQueueHasRoom(),
  // to keep the queue short. 0, and nothing is queued, where the properties do not fit one frame of
  // Connection::frame_max(): no such message can be sent on this connection.
  virtual uint64_t Publish(const EncodedPublish& message) = 0;

  // Takes back the publishes of this channel none of whose bytes were handed to the pipe: always
  // the last ones. Their tags are given out again. Returns how many. May be called in OnClosed
  // still.
  virtual size_t WithdrawUnwritten() = 0;

  // Settlements: queued ahead of all publishes.
  virtual void Ack(uint64_t tag, bool multiple) = 0;
  virtual void Nack(uint64_t tag, bool multiple, bool requeue) = 0;
  virtual void Reject(uint64_t tag, bool requeue) = 0;

  // Closes the channel: the broker requeues what is unsettled. A publish whose first bytes are out
  // is completed before; those that are not are dropped.
  virtual void Close() = 0;
};

}  // namespace amqp_sidecar::amqp
