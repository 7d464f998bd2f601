// What the broker layer stands on, played by the test: a reactor whose clock the test moves, and a
// connection whose channels do what the test says. No bytes.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "amqp/connection.h"
#include "amqp/link.h"
#include "base/timer_queue.h"

namespace amqp_sidecar::broker {

class ManualReactor final : public base::Reactor {
 public:
  base::TimePoint Now() const override { return now_; }
  base::TimerId At(base::TimePoint when, base::Task task) override {
    return timers_.Add(when, std::move(task));
  }
  void Cancel(base::TimerId timer) override { timers_.Cancel(timer); }
  void Defer(base::Task task) override { deferred_.push_back(std::move(task)); }
  bool Post(base::Task task, size_t) override {
    Defer(std::move(task));
    return true;
  }

  // Everything that is due now.
  void Settle() {
    while (!deferred_.empty()) {
      base::Task task = std::move(deferred_.front());
      deferred_.pop_front();
      task();
    }
  }

  bool has_timers() const { return timers_.NextDue() != base::kNever; }

  void Advance(base::Duration by) {
    now_ += by;
    timers_.RunDue(now_);
    Settle();
  }

 private:
  base::TimePoint now_ = base::TimePoint(std::chrono::hours(1));
  base::TimerQueue timers_;
  std::deque<base::Task> deferred_;
};

class NoDialer final : public amqp::Dialer {
 public:
  std::unique_ptr<amqp::Transport> Dial(const amqp::Endpoint&, base::TimePoint,
                                        amqp::Transport::Listener&) override {
    return nullptr;
  }
};

class NoLinkListener final : public amqp::Link::Listener {
 public:
  void OnLinkUp(amqp::Connection&, uint64_t) override {}
  void OnLinkDown(const amqp::Failure&) override {}
  void OnLinkBlocked(std::string_view) override {}
  void OnLinkUnblocked() override {}
  void OnPublishRoom() override {}
  void OnLinkStatus() override {}
};

// Holds every synchronous method until the test answers it.
class FakeChannel final : public amqp::Channel {
 public:
  struct Call {
    std::string what;  // "declare-exchange orders", "consume billing"
    amqp::ReplyCallback done;
  };

  FakeChannel(Listener& listener, uint16_t number) : listener_(listener), number_(number) {}

  // --- For the test.
  Listener& listener() { return listener_; }
  bool open() const { return open_; }
  std::vector<std::string> pending() const {
    std::vector<std::string> all;
    for (const Call& call : calls_) all.push_back(call.what);
    return all;
  }
  // Answers the oldest method.
  void Ok() {
    amqp::Reply reply;
    reply.ok = true;
    Reply(reply);
  }
  void OkAll() {
    while (!calls_.empty()) Ok();
  }
  // The channel ends: pending methods first, as the real one does.
  void End(const amqp::Failure& failure) {
    open_ = false;
    amqp::Reply reply;
    reply.failure = failure;
    while (!calls_.empty()) Reply(reply);
    listener_.OnClosed(failure);
  }
  void CloseByBroker(uint16_t code, std::string text) {
    End({amqp::Failure::Kind::kClosedByBroker, code, std::move(text)});
  }
  void Confirm(uint64_t tag, bool multiple = false) { listener_.OnConfirm(tag, multiple, true); }
  void Nack(uint64_t tag) { listener_.OnConfirm(tag, false, false); }
  void Return(const std::string& exchange, const std::string& key, const std::string& id) {
    listener_.OnReturn({312, "NO_ROUTE", exchange, key, id});
  }
  void Deliver(uint64_t tag, amqp::Properties properties = {}) {
    amqp::IncomingDelivery delivery;
    delivery.tag = tag;
    delivery.properties = std::move(properties);
    listener_.OnDelivery(std::move(delivery));
  }

  // The bodies that were published here, and how many of them have gone out.
  std::vector<std::string> published;
  size_t written = 0;
  void WriteAll() { written = published.size(); }
  std::vector<std::string> settlements;  // "ack 3 multiple"
  amqp::QueueArgs last_queue;            // that was declared
  amqp::ConsumeArgs last_consume;

  // --- amqp::Channel.
  uint16_t number() const override { return number_; }
  void ConfirmSelect(amqp::ReplyCallback done) override { Add("confirm-select", std::move(done)); }
  void Qos(uint16_t count, amqp::ReplyCallback done) override {
    Add("qos " + std::to_string(count), std::move(done));
  }
  void Consume(const amqp::ConsumeArgs& args, amqp::ReplyCallback done) override {
    last_consume = args;
    Add("consume " + args.queue, std::move(done));
  }
  void CancelConsumer(std::string_view, amqp::ReplyCallback done) override {
    Add("cancel", std::move(done));
  }
  void DeclareExchange(const amqp::ExchangeArgs& args, amqp::ReplyCallback done) override {
    Add((args.passive ? "check-exchange " : "declare-exchange ") + args.name, std::move(done));
  }
  void DeclareQueue(const amqp::QueueArgs& args, amqp::ReplyCallback done) override {
    last_queue = args;
    Add((args.passive ? "check-queue " : "declare-queue ") + args.name, std::move(done));
  }
  void BindQueue(const amqp::BindingArgs& args, amqp::ReplyCallback done) override {
    Add("bind " + args.queue + " " + args.exchange, std::move(done));
  }
  void UnbindQueue(const amqp::BindingArgs& args, amqp::ReplyCallback done) override {
    Add("unbind " + args.queue + " " + args.exchange, std::move(done));
  }
  void DeleteExchange(std::string_view name, bool, amqp::ReplyCallback done) override {
    Add("delete-exchange " + std::string(name), std::move(done));
  }
  void DeleteQueue(std::string_view name, bool if_unused, bool if_empty,
                   amqp::ReplyCallback done) override {
    Add("delete-queue " + std::string(name) + (if_unused ? " if-unused" : "") +
            (if_empty ? " if-empty" : ""),
        std::move(done));
  }
  void PurgeQueue(std::string_view name, amqp::ReplyCallback done) override {
    Add("purge " + std::string(name), std::move(done));
  }
  uint64_t Publish(const amqp::EncodedPublish& message) override {
    published.push_back(*message.body);
    return published.size();
  }
  size_t WithdrawUnwritten() override {
    const size_t count = published.size() - written;
    published.resize(written);
    return count;
  }
  void Ack(uint64_t tag, bool multiple) override { Add("ack", tag, multiple); }
  void Nack(uint64_t tag, bool multiple, bool) override { Add("nack", tag, multiple); }
  void Reject(uint64_t tag, bool) override { Add("reject", tag, false); }
  void Close() override {
    open_ = false;
    calls_.clear();
  }

 private:
  void Add(std::string what, amqp::ReplyCallback done) {
    calls_.push_back({std::move(what), std::move(done)});
  }
  void Add(const char* verb, uint64_t tag, bool multiple) {
    settlements.push_back(std::string(verb) + " " + std::to_string(tag) +
                          (multiple ? " multiple" : ""));
  }
  void Reply(const amqp::Reply& reply) {
    Call call = std::move(calls_.front());
    calls_.pop_front();
    call.done(reply);
  }

  Listener& listener_;
  const uint16_t number_;
  bool open_ = true;
  std::deque<Call> calls_;
};

class FakeConnection final : public amqp::Connection {
 public:
  // --- For the test.
  bool is_blocked = false;
  bool has_room = true;
  bool stands_still = false;  // the operation clock; from its start on
  size_t max_channels = 100;
  std::vector<std::unique_ptr<FakeChannel>> channels;  // every one that was ever opened
  std::vector<absl::AnyInvocable<void(bool)>> barriers;

  // Every channel ends as they do when the link is lost.
  void Lose() {
    for (size_t i = 0; i < channels.size(); ++i) {
      if (channels[i]->open()) {
        channels[i]->End({amqp::Failure::Kind::kLinkLost, 0, "the pipe broke"});
      }
    }
    for (auto& barrier : std::exchange(barriers, {})) barrier(false);
  }
  void WriteBarriers() {
    for (auto& barrier : std::exchange(barriers, {})) barrier(true);
  }

  // --- amqp::Connection.
  void Start(base::TimePoint) override {}
  void Receive(std::string_view, base::TimePoint) override {}
  bool HasOutput() const override { return false; }
  size_t Gather(std::span<iovec>) override { return 0; }
  void MarkWritten(size_t, base::TimePoint) override {}
  base::TimePoint NextDeadline() const override { return base::kNever; }
  void OnTick(base::TimePoint) override {}
  void PipeClosed(std::string_view) override {}
  void Close(base::TimePoint) override {}
  bool ready() const override { return true; }
  bool blocked() const override { return is_blocked; }
  amqp::Channel* OpenChannel(amqp::Channel::Listener& listener) override {
    if (channels_open() >= max_channels) return nullptr;
    channels.push_back(
        std::make_unique<FakeChannel>(listener, static_cast<uint16_t>(channels.size() + 1)));
    return channels.back().get();
  }
  size_t channels_open() const override {
    size_t open = 0;
    for (const auto& channel : channels) open += channel->open();
    return open;
  }
  size_t channels_max() const override { return max_channels; }
  base::Duration OperationTime(base::TimePoint now) const override {
    return stands_still || is_blocked ? base::Duration() : now.time_since_epoch();
  }
  uint32_t frame_max() const override { return amqp::kFrameMax; }
  bool PublishQueueHasRoom() const override { return has_room; }
  void NotifyWritten(absl::AnyInvocable<void(bool)> written) override {
    barriers.push_back(std::move(written));
  }
};

// The reactor and a link that never comes up: what the parts of the broker layer are built with.
// The test gives them its FakeConnection itself.
struct Ground {
  ManualReactor reactor;
  NoDialer dialer;
  NoLinkListener listener;
  amqp::Link link{reactor, dialer, [] { return 0.5; }, Options(), listener};

  static amqp::Link::Options Options() {
    amqp::Link::Options options;
    options.endpoints.emplace_back().host = "broker";
    return options;
  }
};

}  // namespace amqp_sidecar::broker
