#include "rpc/redrive_session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/client_channel.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr auto kTick = std::chrono::milliseconds(200);
// Others may consume from the queue as well: what they took does not come.
constexpr auto kQuietTime = std::chrono::seconds(3);
// Longer than a broker takes to restart, and than an answer of the sidecar's may take.
constexpr auto kLongestSilence = std::chrono::seconds(30);
// A little less than the sidecar tries to publish a message.
constexpr auto kDeafTime = std::chrono::seconds(4);
// Room for so many is made beside what is held.
constexpr uint64_t kLeastRoom = RedriveSession::kWindow / 2;
constexpr uint64_t kMostPrefetch = 512;
// Half of what a quorum queue allows where nobody set a limit.
constexpr int64_t kManyReturns = 10;

// A failure that the next message would meet as well.
bool ConcernsAll(const std::string& reason) {
  return reason == "BROKER_UNAVAILABLE" || reason == "BROKER_BLOCKED" || reason == "DRAINING" ||
         reason == "LIMIT_EXCEEDED";
}

// How often the broker says that it came back; a classic queue does not count.
int64_t ReturnsOf(const v1::Delivery& delivery) {
  const auto& headers = delivery.properties().headers();
  const auto it = headers.find("x-delivery-count");
  return it == headers.end() ? 0 : it->second.int_value();
}

std::string Words(const std::string& reason, const std::string& detail) {
  return absl::StrCat(reason, detail.empty() ? "" : ": ", detail);
}

std::string Words(const grpc::Status& status) {
  const CallFailure failure = ReadFailure(status);
  return Words(failure.reason, failure.detail);
}

}  // namespace

RedriveSession::RedriveSession(const RedriveCommand& command, uint64_t limit,
                               const std::shared_ptr<grpc::Channel>& channel,
                               const std::atomic<bool>& stop, RedriveReport& report)
    : command_(command),
      limit_(limit),
      stop_(stop),
      report_(report),
      subscriber_(v1::SubscriberService::NewStub(channel)),
      publisher_stub_(v1::PublisherService::NewStub(channel)),
      acker_(*subscriber_, queue_, *this),
      heard_(Clock::now()),
      confirmed_(heard_) {}

bool RedriveSession::Run() {
  if (!command_.dry_run) {
    publisher_ = std::make_unique<RedrivePublisher>(*publisher_stub_, queue_, *this);
  }
  OpenSource(std::min<uint64_t>(limit_, kWindow));
  while (!over_) {
    Wait();
    Turn();
  }
  Close();
  const RedriveLedger::Figures& figures = ledger_.figures();
  if (ledger_.held() > 0 && returns_ >= kManyReturns) {
    report_.Note(absl::StrCat(
        "what stays came back up to ", returns_,
        " times before: beyond its delivery limit, 20 from ",
        "RabbitMQ 4 on where none is set, a quorum queue drops a message, or dead-letters it"));
  }
  report_.End(figures, ledger_.owed());
  return figures.moved + figures.shown == limit_ && ledger_.owed() == 0;
}

void RedriveSession::Wait() {
  void* tag = nullptr;
  bool ok = false;
  if (queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kTick) ==
      grpc::CompletionQueue::GOT_EVENT) {
    static_cast<Tag*>(tag)->OnTag(ok);
  }
}

void RedriveSession::Turn() {
  if (stop_) End("told to stop: what is in flight is waited for");
  TakeArrivals();
  if (publisher_ != nullptr) publisher_->Flush();
  AckDue();
  Widen();
  report_.Progress(ledger_.figures(), Clock::now());
  EndIfDue();
}

void RedriveSession::OnDelivery(RedriveSource& source, v1::Delivery& delivery) {
  Heard();
  returns_ = std::max(returns_, ReturnsOf(delivery));
  Arrival arrival;
  arrival.source = source.number();
  arrival.delivery_id = delivery.delivery_id();
  arrival.target = TargetOf(command_.rule, delivery);
  arrival.message = MessageFor(arrival.target.value_or(RedriveTarget()), delivery);
  arrival.identity = IdentityOf(arrival.message);
  if (delivery.redelivered() && ledger_.expects() &&
      ledger_.Recognise(arrival.source, arrival.delivery_id, arrival.identity)) {
    return;
  }
  if (!ending_ && ledger_.taken() + arrivals_.size() < limit_) {
    arrivals_.push_back(std::move(arrival));
  }
}

void RedriveSession::TakeArrivals() {
  while (!arrivals_.empty() && ledger_.publishing() + ledger_.owed() < kWindow) {
    Arrival arrival = std::move(arrivals_.front());
    arrivals_.pop_front();
    Take(std::move(arrival));
  }
}

void RedriveSession::Take(Arrival arrival) {
  const RedriveLedger::Tag tag =
      ledger_.Take(arrival.source, std::move(arrival.delivery_id), std::move(arrival.identity));
  if (!arrival.target) {
    return Fail(tag, "nothing says where it came from: name a place with --to-queue");
  }
  if (LostText(arrival.message)) {
    return Fail(tag, "a text of it is not UTF-8, and would not stay what it was");
  }
  if (publisher_ != nullptr) return publisher_->Publish(tag, std::move(arrival.message));
  ledger_.Keep(tag, RedriveLedger::Kept::kShown);
  if (!report_.Where(ledger_.message_id(tag), *arrival.target)) End("the output takes no more");
}

void RedriveSession::Fail(RedriveLedger::Tag tag, const std::string& why) {
  ledger_.Keep(tag, RedriveLedger::Kept::kFailed);
  report_.NotMoved(ledger_.message_id(tag), why);
}

void RedriveSession::OnPublished(uint64_t tag, const RedrivePublisher::Outcome& outcome) {
  Heard();
  if (outcome.ok) {
    confirmed_ = Clock::now();
    return ledger_.Published(tag);
  }
  const std::string why = Words(outcome.reason, outcome.detail);
  // A call that ended without the sidecar's word says no more.
  if (outcome.persisted == v1::PERSISTED_UNKNOWN ||
      outcome.persisted == v1::PERSISTED_UNSPECIFIED) {
    ledger_.Keep(tag, RedriveLedger::Kept::kUnknown);
    report_.Unknown(ledger_.message_id(tag), why);
    // Of all that were sent since, none was answered: the next would wait as long in vain.
    if (Clock::now() - confirmed_ > kDeafTime) End(why);
  } else if (ConcernsAll(outcome.reason)) {
    ledger_.Keep(tag, RedriveLedger::Kept::kLeft);
  } else {
    Fail(tag, absl::StrCat(why, outcome.persisted == v1::PERSISTED_PARTIAL
                                    ? " (some of the queues that it goes to have it)"
                                    : ""));
  }
  if (ConcernsAll(outcome.reason)) End(why);
}

void RedriveSession::OnPublisherEnd(const grpc::Status& status) {
  const std::string why = Words(status);
  // Then what has no result was not sent; else nobody knows.
  const bool none_sent = ReadFailure(status).reason == "DRAINING";
  for (const RedriveLedger::Tag tag : ledger_.Publishing()) {
    ledger_.Keep(tag, none_sent ? RedriveLedger::Kept::kLeft : RedriveLedger::Kept::kUnknown);
    if (!none_sent) report_.Unknown(ledger_.message_id(tag), why);
  }
  if (!closing_) End(why);
}

void RedriveSession::AckDue() {
  if (acker_.busy()) return;
  const std::vector<std::string> due = ledger_.TakeDueAcks();
  if (!due.empty()) acker_.Ack(due);
}

void RedriveSession::OnAckCallFailed(const grpc::Status& status) {
  End("not acked: " + Words(status));
}

void RedriveSession::OnAcked(const std::string& delivery_id, bool acked) {
  Heard();
  return acked ? ledger_.Acked(delivery_id) : ledger_.NotAcked(delivery_id);
}

void RedriveSession::OnEvent(RedriveSource& source, const v1::SubscriptionEvent& event) {
  Heard();
  if (event.kind() == v1::SUBSCRIPTION_EVENT_KIND_DRAINING) {
    return End(Words("DRAINING", event.detail()));
  }
  if (event.kind() == v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED) {
    Interrupted(source);
    if (!interrupted_) report_.Note(Words("INTERRUPTED", event.detail()));
    interrupted_ = true;
  } else if (interrupted_ && AllSubscribed()) {
    report_.Note("RESUBSCRIBED");
    interrupted_ = false;
  }
}

void RedriveSession::OnEnd(RedriveSource& source, const grpc::Status& status) {
  Interrupted(source);
  if (!closing_) End(Words(status));
}

void RedriveSession::Interrupted(const RedriveSource& source) {
  ledger_.Interrupt(source.number());
  std::erase_if(arrivals_, [&](const Arrival& one) { return one.source == source.number(); });
}

void RedriveSession::OpenSource(uint64_t prefetch) {
  v1::SubscribeRequest request;
  request.set_queue(command_.rule.from);
  request.set_prefetch(static_cast<uint32_t>(prefetch));
  // None: what stays is held to the end.
  request.mutable_ack_deadline();
  const RedriveLedger::Source number = ledger_.AddSource(request.prefetch());
  slots_ += prefetch;
  sources_.push_back(std::make_unique<RedriveSource>(*subscriber_, queue_, request, number, *this));
}

void RedriveSession::Widen() {
  const uint64_t wanted = limit_ - ledger_.taken();
  if (ending_ || slots_ >= ledger_.held() + std::min(wanted, kLeastRoom)) return;
  if (ledger_.held() >= kMostHeld) {
    return End(absl::StrCat(ledger_.held(), " messages that stay are held, and no more can be"));
  }
  OpenSource(std::min(wanted, std::clamp<uint64_t>(ledger_.held(), kWindow, kMostPrefetch)));
}

void RedriveSession::EndIfDue() {
  const bool waits = ledger_.publishing() > 0 || acker_.busy();
  const bool all_taken = ledger_.taken() == limit_ && ledger_.owed() == 0;
  over_ = !waits && (ending_ || all_taken);
  if (over_) return;
  const auto silence = Clock::now() - heard_;
  if (waits) {
    // Its end makes what is in flight unknown.
    if (silence > kLongestSilence) publisher_->Cancel();
  } else if (AllSubscribed()) {
    if (silence > kQuietTime) {
      End("nothing more came for 3 s: others may consume from the queue, too");
    }
  } else if (silence > kLongestSilence) {
    End("nothing was heard of the broker for 30 s");
  }
}

void RedriveSession::End(const std::string& why) {
  if (ending_) return;
  ending_ = true;
  arrivals_.clear();
  report_.Note("ended: " + why);
}

void RedriveSession::Close() {
  closing_ = true;
  for (const auto& source : sources_) source->Cancel();
  if (publisher_ != nullptr) publisher_->Cancel();
  while (!AllOver()) Wait();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RedriveSession::AllSubscribed() const {
  return std::ranges::all_of(sources_, [](const auto& source) { return source->subscribed(); });
}

bool RedriveSession::AllOver() const {
  return (publisher_ == nullptr || publisher_->over()) &&
         std::ranges::all_of(sources_, [](const auto& source) { return source->over(); });
}

}  // namespace amqp_sidecar::rpc
