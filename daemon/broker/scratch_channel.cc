#include "broker/scratch_channel.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::broker {
namespace {

using Kind = amqp::Failure::Kind;

amqp::Reply Failed(Kind kind, std::string text) {
  amqp::Reply reply;
  reply.failure = {kind, 0, std::move(text)};
  return reply;
}

// The broker closed the whole connection, and not for reasons of its own: doing the same again
// would cost the next link as well.
bool IsTheOperationsFault(const amqp::Failure& failure) {
  return failure.kind == Kind::kClosedByBroker && failure.code >= 500;
}

}  // namespace

void ScratchChannel::Run(Operation operation, base::TimePoint deadline, amqp::ReplyCallback done) {
  RunUnless(nullptr, std::move(operation), deadline, std::move(done));
}

void ScratchChannel::RunUnless(Condition needless, Operation operation, base::TimePoint deadline,
                               amqp::ReplyCallback done) {
  if (items_.size() >= kMaxWaiting) {
    reactor_.Defer([done = std::move(done)]() mutable {
      done(Failed(Kind::kNoChannel, "too many operations wait for the broker"));
    });
    return;
  }
  Item item;
  item.id = next_id_++;
  item.needless = std::move(needless);
  item.operation = std::move(operation);
  item.done = std::move(done);
  if (deadline != base::kNever) {
    item.timer = reactor_.At(deadline, [this, id = item.id] { OnDeadline(id); });
  }
  items_.push_back(std::move(item));
  PumpSoon();
}

void ScratchChannel::LinkUp(amqp::Connection& connection) {
  connection_ = &connection;
  PumpSoon();
}

void ScratchChannel::LinkDown(const amqp::Failure& failure) {
  connection_ = nullptr;
  channel_ = nullptr;
  if (items_.empty() || !items_.front().sent) return;
  if (IsTheOperationsFault(failure)) {
    amqp::Reply reply;
    reply.failure = failure;
    FinishFront(reply);
  } else if (!items_.front().done) {
    items_.pop_front();
  } else {
    items_.front().sent = false;
  }
}

void ScratchChannel::OnClosed(const amqp::Failure&) {
  channel_ = nullptr;
  PumpSoon();
}

void ScratchChannel::PumpSoon() {
  if (std::exchange(pumping_, true)) return;
  reactor_.Defer([this] {
    pumping_ = false;
    Pump();
  });
}

void ScratchChannel::Pump() {
  if (connection_ == nullptr || items_.empty() || items_.front().sent) return;
  if (items_.front().needless && items_.front().needless()) {
    amqp::Reply nothing_to_do;
    nothing_to_do.ok = true;
    FinishFront(nothing_to_do);
    return;
  }
  if (channel_ == nullptr) channel_ = connection_->OpenChannel(*this);
  if (channel_ == nullptr) {
    FinishFront(Failed(Kind::kNoChannel,
                       "every channel of the connection is in use: raise amqp.max_channels"));
    return;
  }
  Send();
}

void ScratchChannel::Send() {
  Item& item = items_.front();
  item.sent = item.was_sent = true;
  item.operation(*channel_, [this, id = item.id](const amqp::Reply& reply) { OnReply(id, reply); });
  link_.FlushSoon();
}

void ScratchChannel::OnReply(uint64_t id, const amqp::Reply& reply) {
  if (items_.empty() || items_.front().id != id) return;
  // The link went with it: LinkDown, which follows, knows why and decides.
  if (!reply.ok && reply.failure.kind == Kind::kLinkLost) return;
  FinishFront(reply);
}

void ScratchChannel::OnDeadline(uint64_t id) {
  const auto found =
      std::find_if(items_.begin(), items_.end(), [id](const Item& item) { return item.id == id; });
  if (found == items_.end()) return;
  found->timer = 0;
  amqp::ReplyCallback done = std::exchange(found->done, nullptr);
  if (found->sent) {
    // Its answer, when it comes, is for nobody; the next one waits for it all the same.
    done(Failed(Kind::kTimedOut, "no answer within the deadline"));
    return;
  }
  const bool was_sent = found->was_sent;
  items_.erase(found);
  if (was_sent) {
    done(Failed(Kind::kTimedOut, "the link was lost before the answer came"));
    return;
  }
  done(Failed(Kind::kLinkLost, connection_ == nullptr
                                   ? "not connected"
                                   : "the broker is busy with earlier requests"));
}

void ScratchChannel::AnswerAll() {
  for (Item& item : std::exchange(items_, {})) {
    reactor_.Cancel(item.timer);
    if (item.done) item.done(Failed(Kind::kClosedHere, "the sidecar is shutting down"));
  }
}

void ScratchChannel::FinishFront(const amqp::Reply& reply) {
  Item item = std::move(items_.front());
  items_.pop_front();
  reactor_.Cancel(item.timer);
  PumpSoon();
  if (item.done) item.done(reply);
}

}  // namespace amqp_sidecar::broker
