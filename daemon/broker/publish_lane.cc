#include "broker/publish_lane.h"

#include <iterator>
#include <utility>
#include <vector>

#include "base/log.h"

namespace amqp_sidecar::broker {

void PublishLane::Enqueue(PendingPublish& publish) {
  MoveTo(waiting_, publish);
  Pump();
}

void PublishLane::EnqueueAgain(PendingPublish& publish) { MoveBack(waiting_, publish); }

void PublishLane::LinkUp(amqp::Connection& connection) {
  if (connection_ != nullptr) return;
  connection_ = &connection;
  Open();
}

void PublishLane::LinkDown() {
  connection_ = nullptr;
  reactor_.Cancel(std::exchange(open_timer_, 0));
  reactor_.Cancel(std::exchange(replace_timer_, 0));
  state_ = State::kDown;
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
  while (!waiting_.empty() && window_.open() < max_open_ && connection_->PublishQueueHasRoom()) {
    PendingPublish& next = waiting_.front();
    const uint64_t key = ConfirmWindow::ReturnKey(next.exchange, next.routing_key, next.message_id);
    // Its return could not be told from the other's, and one of the two would be answered wrongly.
    if (window_.Holds(key)) break;
    Submit(next, key);
    submitted = true;
  }
  if (submitted) link_.FlushSoon();
}

void PublishLane::Submit(PendingPublish& publish, uint64_t return_key) {
  const uint64_t tag = channel_->Publish(publish.encoded);
  if (tag == 0) {
    owner_.OnNotEncodable(publish);
    return;
  }
  MoveTo(unconfirmed_, publish);
  publish.lane = this;
  publish.tag = tag;
  window_.Add(&publish, return_key);
}

void PublishLane::WithdrawUnwritten() {
  if (channel_ == nullptr) return;
  const size_t count = channel_->WithdrawUnwritten();
  if (count == 0) return;
  const std::vector<PendingPublish*> withdrawn = window_.DropLast(count);
  for (auto publish = withdrawn.rbegin(); publish != withdrawn.rend(); ++publish) {
    if (*publish == nullptr) continue;
    (*publish)->lane = nullptr;
    MoveBack(waiting_, **publish);
  }
}

bool PublishLane::Replace() {
  if (state_ != State::kReady) return state_ == State::kReplacing;
  const base::TimePoint now = reactor_.Now();
  if (replaced_at_ != base::TimePoint::min() && now - replaced_at_ < kReplaceEvery) return false;
  replaced_at_ = now;
  WithdrawUnwritten();
  // Order: what is on the old channel comes to its end before anything goes out on the new one.
  state_ = State::kReplacing;
  replace_timer_ = reactor_.After(kReplaceWithin, [this] {
    replace_timer_ = 0;
    FinishReplacing(/*now=*/true);
  });
  return true;
}

void PublishLane::FinishReplacing(bool now) {
  if (state_ != State::kReplacing || (window_.open() > 0 && !now)) return;
  reactor_.Cancel(std::exchange(replace_timer_, 0));
  CollectUnconfirmed();
  channel_->Close();
  Open();
  owner_.OnLaneClosed(*this, {amqp::Failure::Kind::kClosedHere, 0, "replaced"});
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
  reactor_.Cancel(std::exchange(replace_timer_, 0));
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
