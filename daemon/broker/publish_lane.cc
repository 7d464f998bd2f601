#include "broker/publish_lane.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/log.h"

namespace amqp_sidecar::broker {
namespace {

// How often a channel is looked at whose time stands still.
constexpr base::Duration kLeastListening = std::chrono::milliseconds(100);

}  // namespace

void PublishLane::Enqueue(PendingPublish& publish) {
  waiting_.Push(publish);
  Pump();
}

void PublishLane::EnqueueAgain(PendingPublish& publish) { waiting_.PushAgain(publish); }

void PublishLane::LinkUp(amqp::Connection& connection, base::TimePoint since) {
  if (connection_ != nullptr) return;
  connection_ = &connection;
  link_up_at_ = since;
  Open();
}

void PublishLane::LinkDown() {
  lost_before_ = true;
  connection_ = nullptr;
  StopTimers();
  state_ = State::kDown;
}

PublishLane::~PublishLane() { StopTimers(); }

void PublishLane::StopTimers() {
  reactor_.Cancel(std::exchange(open_timer_, 0));
  reactor_.Cancel(std::exchange(replace_timer_, 0));
  reactor_.Cancel(std::exchange(silence_timer_, 0));
}

void PublishLane::Open() {
  channel_ = connection_->OpenChannel(*this);
  if (channel_ == nullptr) {
    base::Log(base::LogLevel::kWarn, "no channel number free for publishing");
    OpenLater();
    return;
  }
  state_ = State::kOpening;
  opened_at_ = reactor_.Now();
  channel_->ConfirmSelect([this](const amqp::Reply& reply) {
    // A failure is followed by OnClosed.
    if (!reply.ok) return;
    state_ = State::kReady;
    Pump();
  });
  link_.FlushSoon();
}

void PublishLane::OpenLater() {
  state_ = State::kDown;
  reactor_.Cancel(open_timer_);
  open_timer_ = reactor_.After(kOpenEvery, [this] {
    open_timer_ = 0;
    if (connection_ != nullptr) Open();
  });
}

void PublishLane::Pump() {
  if (state_ != State::kReady || connection_->blocked()) return;
  bool submitted = false;
  while (window_.open() < options_.max_open && connection_->PublishQueueHasRoom()) {
    PendingPublish* const next = waiting_.Next(StreamsMayGo());
    if (next == nullptr) break;
    const uint64_t key =
        ConfirmWindow::ReturnKey(next->exchange, next->routing_key, next->message_id);
    if (window_.Holds(key)) {
      if (!owner_.OnAmbiguous(*this, *next)) break;
      continue;
    }
    Submit(*next, key);
    submitted = true;
  }
  if (submitted) link_.FlushSoon();
}

bool PublishLane::StreamsMayGo() const {
  return window_.streamed() < kMostStreamed && window_.streamed_bytes() < kMostStreamedBytes;
}

void PublishLane::Submit(PendingPublish& publish, uint64_t return_key) {
  const uint64_t tag = channel_->Publish(publish.encoded);
  if (tag == 0) {
    owner_.OnNotEncodable(publish);
    return;
  }
  if (window_.open() == 0) Heard();
  MoveTo(unconfirmed_, publish);
  publish.lane = this;
  publish.tag = tag;
  publish.handed_over_at = reactor_.Now();
  window_.Add(&publish, return_key, publish.stream == 0 ? 0 : publish.encoded.bytes());
}

void PublishLane::WithdrawUnwritten() {
  if (channel_ == nullptr) return;
  const size_t count = channel_->WithdrawUnwritten();
  if (count == 0) return;
  const std::vector<PendingPublish*> withdrawn = window_.DropLast(count);
  for (auto publish = withdrawn.rbegin(); publish != withdrawn.rend(); ++publish) {
    if (*publish == nullptr) continue;
    (*publish)->lane = nullptr;
    waiting_.PushAgain(**publish);
  }
}

bool PublishLane::InElection() const {
  return lost_before_ && reactor_.Now() - link_up_at_ < kElection;
}

bool PublishLane::Replace() {
  if (state_ != State::kReady) return state_ == State::kReplacing;
  const base::TimePoint now = reactor_.Now();
  replace_not_before_ = now;
  if (replaced_at_ != base::TimePoint::min()) {
    const base::Duration age = now - replaced_at_;
    if (age < kReplaceEvery && !InElection()) return false;
    if (age < kReplaceInElection) replace_not_before_ = replaced_at_ + kReplaceInElection;
  }
  WithdrawUnwritten();
  // Order: what is on the old channel comes to its end before anything goes out on the new one.
  state_ = State::kReplacing;
  FinishReplacingAfter(kReplaceWithin);
  return true;
}

void PublishLane::FinishReplacingAfter(base::Duration delay) {
  reactor_.Cancel(replace_timer_);
  replace_timer_ = reactor_.After(delay, [this] {
    replace_timer_ = 0;
    FinishReplacing(/*now=*/true);
  });
}

void PublishLane::FinishReplacing(bool now) {
  if (state_ != State::kReplacing || (window_.open() > 0 && !now)) return;
  const base::Duration early = replace_not_before_ - reactor_.Now();
  if (early > base::Duration::zero()) return FinishReplacingAfter(early);
  replaced_at_ = reactor_.Now();
  ReplaceNow({amqp::Failure::Kind::kClosedHere, 0, "replaced"});
}

void PublishLane::ReplaceNow(const amqp::Failure& why) {
  StopTimers();
  CollectUnconfirmed();
  channel_->Close();
  Open();
  owner_.OnLaneClosed(*this, why);
}

void PublishLane::Heard() {
  silent_since_ = connection_->OperationTime(reactor_.Now());
  if (silence_timer_ == 0) ListenUntil(silent_since_ + options_.silence);
}

// The timer is not moved with each confirm: it finds out when it fires.
void PublishLane::ListenUntil(base::Duration operation_time) {
  const base::Duration left = operation_time - connection_->OperationTime(reactor_.Now());
  silence_timer_ = reactor_.After(std::max(left, kLeastListening), [this] {
    silence_timer_ = 0;
    if (window_.open() == 0) return;
    const base::Duration silence = connection_->OperationTime(reactor_.Now()) - silent_since_;
    if (silence < options_.silence) return ListenUntil(silent_since_ + options_.silence);
    base::Log(base::LogLevel::kWarn, "publish channel given up: the broker confirms nothing",
              {{"unconfirmed", unconfirmed_.size()}});
    ReplaceNow({amqp::Failure::Kind::kTimedOut, 0, "the broker confirmed nothing in time"});
  });
}

void PublishLane::OnConfirm(uint64_t tag, bool multiple, bool acked) {
  const bool known = window_.Confirm(tag, multiple, [&](PendingPublish* publish, bool returned) {
    publish->lane = nullptr;
    if (acked) {
      owner_.OnConfirmed(*publish, returned);
    } else {
      owner_.OnRefused(*this, *publish);
    }
  });
  if (!known) {
    base::Log(base::LogLevel::kError, "the broker confirmed a publish that was never made",
              {{"tag", tag}, {"multiple", multiple}});
  }
  if (window_.open() > 0) Heard();
  FinishReplacing(/*now=*/false);
  Pump();
}

void PublishLane::OnReturn(amqp::IncomingReturn message) {
  if (!window_.MarkReturned(
          ConfirmWindow::ReturnKey(message.exchange, message.routing_key, message.message_id))) {
    base::Log(base::LogLevel::kError, "the broker returned a message that is not in flight",
              {{"exchange", message.exchange}, {"routing_key", message.routing_key}});
  }
}

void PublishLane::CollectUnconfirmed() {
  WithdrawUnwritten();
  const size_t open = window_.open();
  const std::vector<PendingPublish*> live = window_.TakeAll();
  for (PendingPublish* publish : live) publish->lane = nullptr;
  had_forgotten_ = open > live.size();
}

void PublishLane::OnClosed(const amqp::Failure& failure) {
  CollectUnconfirmed();
  channel_ = nullptr;
  state_ = State::kDown;
  StopTimers();
  if (failure.kind == amqp::Failure::Kind::kLinkLost) return;
  base::Log(base::LogLevel::kWarn, "publish channel closed",
            {{"code", failure.code}, {"reason", failure.text}});
  if (reactor_.Now() - opened_at_ < kOpenEvery) {
    OpenLater();
  } else {
    Open();
  }
  owner_.OnLaneClosed(*this, failure);
}

}  // namespace amqp_sidecar::broker
