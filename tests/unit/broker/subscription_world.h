// Subscriptions on a connection that the test plays: what they tell their callers, as words.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/subscriptions.h"
#include "unit/broker/fakes.h"

namespace amqp_sidecar::broker {

using Words = std::vector<std::string>;

inline constexpr uint64_t kLife = 0xabc;
inline const amqp::Failure kLost{amqp::Failure::Kind::kLinkLost, 0, "the pipe broke"};

// Keeps what it is told, as words.
class ToldListener final : public SubscriptionListener {
 public:
  void OnEvent(SubscriptionEvent event, std::string) override {
    static constexpr const char* kNames[] = {"SUBSCRIBED", "INTERRUPTED", "RESUBSCRIBED",
                                             "DRAINING"};
    told.emplace_back(kNames[static_cast<size_t>(event)]);
  }
  void OnDeliveries(std::vector<Delivery> deliveries) override {
    for (const Delivery& delivery : deliveries) {
      ids.push_back(FormatDeliveryId(delivery.id));
      messages.push_back(delivery.message);
    }
  }
  void OnWithdrawn() override { told.emplace_back("WITHDRAWN"); }
  void OnEnd(std::optional<Error> why) override {
    told.emplace_back(why ? ReasonName(why->reason) : "END");
    if (why) detail = why->detail;
  }

  std::vector<std::string> told;
  std::vector<std::string> ids;
  std::vector<std::shared_ptr<const ReceivedMessage>> messages;
  std::string detail;  // of its end
};

class SubscriptionWorld {
 public:
  struct Options {
    Topology topology;
    base::Duration hold_limit = Settler::kNoLimit;
    base::Duration default_ack_deadline{};
    size_t kept_channels = 0;
  };

  SubscriptionWorld() : SubscriptionWorld(Options()) {}
  explicit SubscriptionWorld(Options options)
      : topology_(ground_.reactor, scratch_, directory_, types_, {options.topology}, [] {}),
        publisher_(ground_.reactor, ground_.link, directory_, topology_, counters_, {1, 100}),
        subscriptions_({ground_.link,
                        scratch_,
                        types_,
                        {ground_.reactor, mover_, topology_, options.hold_limit,
                         options.default_ack_deadline, counters_}},
                       {kLife, options.kept_channels}, [] {}) {}

  void Connect() {
    connection_ = std::make_unique<FakeConnection>();
    scratch_.LinkUp(*connection_);
    publisher_.LinkUp(*connection_);
    publish_channel_ = connection_->channels.back().get();
    publish_channel_->OkAll();
    publisher_.TopologyReady();
    subscriptions_.LinkUp(*connection_);
    Settle();
  }
  void Disconnect(const amqp::Failure& failure = kLost) {
    connection_->Lose();
    scratch_.LinkDown(failure);
    queues_.LinkDown();
    types_.Clear();
    publisher_.LinkDown();
    subscriptions_.LinkDown(failure);
    Settle();
  }
  // Where it asks for the type of its queue first, that is `type`.
  std::shared_ptr<ToldListener> Subscribe(SubscribeRequest request = {},
                                          const std::string& type = "classic") {
    if (request.queue.empty()) request.queue = "billing";
    const std::string question = "declare-queue " + request.queue;
    const bool asks = request.bindings.empty();
    if (request.prefetch == 0) request.prefetch = 10;
    auto listener = std::make_shared<ToldListener>();
    subscriptions_.Start(++last_id_, std::move(request), listener);
    Settle();
    if (asks && connection_ != nullptr && Channel().pending() == Words{question}) {
      Channel().CloseByBroker(
          406,
          "PRECONDITION_FAILED - inequivalent arg 'x-queue-type' for queue "
          "'billing' in vhost '/': received 'amqp-sidecar-asks' but current is '" +
              type + "'");
      Settle();
    }
    return listener;
  }
  // Subscribed, with deliveries 1 to `count`.
  std::shared_ptr<ToldListener> Active(uint64_t count, SubscribeRequest request = {}) {
    auto listener = Subscribe(std::move(request));
    Channel().OkAll();
    for (uint64_t tag = 1; tag <= count; ++tag) Channel().Deliver(tag);
    Settle();
    return listener;
  }
  // What the call was answered, as words; "none yet" until then.
  std::shared_ptr<Words> Settle(Settlement settlement) {
    auto answer = std::make_shared<Words>(1, "none yet");
    Subscriptions::Ids ids;
    for (const std::string& text : settlement.delivery_ids) ids.push_back(ParseDeliveryId(text));
    subscriptions_.Settle(std::move(settlement), ids, TellTo(answer));
    Settle();
    return answer;
  }
  std::shared_ptr<Words> Settle(Verb verb, Words ids) {
    Settlement settlement;
    settlement.verb = verb;
    settlement.delivery_ids = std::move(ids);
    return Settle(std::move(settlement));
  }
  // Without an end of the turn.
  std::shared_ptr<Words> SettleInThisTurn(Verb verb, Words texts) {
    auto answer = std::make_shared<Words>(1, "none yet");
    Subscriptions::Ids ids;
    for (const std::string& text : texts) ids.push_back(ParseDeliveryId(text));
    Settlement settlement;
    settlement.verb = verb;
    settlement.delivery_ids = std::move(texts);
    subscriptions_.Settle(std::move(settlement), ids, TellTo(answer));
    return answer;
  }
  Words Extend(const Words& texts, base::Duration ack_deadline) {
    const auto answer = std::make_shared<Words>(1, "none yet");
    Subscriptions::Ids ids;
    for (const std::string& text : texts) ids.push_back(ParseDeliveryId(text));
    subscriptions_.Extend(texts, ids, ack_deadline, TellTo(answer));
    return *answer;
  }

  void Settle() { ground_.reactor.Settle(); }
  void Advance(base::Duration by) { ground_.reactor.Advance(by); }
  // The newest.
  FakeChannel& Channel() { return *connection_->channels.back(); }
  FakeChannel& PublishChannel() { return *publish_channel_; }
  FakeConnection& connection() { return *connection_; }
  Subscriptions& subscriptions() { return subscriptions_; }

 private:
  static SettleCallback TellTo(std::shared_ptr<Words> answer) {
    return [answer](SettleResult result) {
      answer->clear();
      for (const SettleFailure& failure : result.failures) {
        answer->emplace_back(SettleReasonName(failure.reason));
      }
    };
  }

  Ground ground_;
  std::unique_ptr<FakeConnection> connection_;
  FakeChannel* publish_channel_ = nullptr;
  ScratchChannel scratch_{ground_.reactor, ground_.link};
  ExchangeDirectory directory_{scratch_};
  QueueTypes types_{ground_.reactor, scratch_};
  TopologyKeeper topology_;
  Counters counters_;
  Publisher publisher_;
  OwnQueues queues_{ground_.reactor, scratch_};
  MessageMover mover_{ground_.reactor, queues_, publisher_, std::chrono::seconds(5)};
  Subscriptions subscriptions_;
  SubscriptionId last_id_ = 0;
};

}  // namespace amqp_sidecar::broker
