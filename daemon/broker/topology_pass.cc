#include "broker/topology_pass.h"

#include <utility>

#include "base/log.h"
#include "base/strings.h"
#include "broker/channel_failure.h"
#include "broker/topology_operation.h"

namespace amqp_sidecar::broker {
namespace {

using Kind = amqp::Failure::Kind;

constexpr base::Duration kRetrySilentIn = std::chrono::seconds(1);

bool ClosedTheConnection(const amqp::Reply& reply) {
  return !reply.ok && reply.failure.kind == Kind::kClosedByBroker && reply.failure.code >= 500;
}

}  // namespace

TopologyPass::TopologyPass(base::Reactor& reactor, ScratchChannel& scratch,
                           const KeptTopology& kept, TopologyMode mode, Listener& listener)
    : reactor_(reactor), scratch_(scratch), kept_(kept), mode_(mode), listener_(listener) {}

void TopologyPass::Begin() {
  reactor_.Cancel(std::exchange(timer_, 0));
  ++number_;
  items_.clear();
  if (mode_ != TopologyMode::kNone) items_ = kept_.Items();
  next_ = 0;
  refused_.clear();
  Step();
}

void TopologyPass::Cancel() {
  reactor_.Cancel(std::exchange(timer_, 0));
  ++number_;
  items_.clear();
  ended_ = false;
}

void TopologyPass::Step() {
  for (; next_ < items_.size(); ++next_) {
    const TopologyItem& item = items_[next_];
    if (mode_ == TopologyMode::kVerify && std::holds_alternative<Binding>(item)) continue;
    std::string described = Describe(item);
    const auto cost = connections_cost_.find(described);
    if (cost != connections_cost_.end() && cost->second >= kPoisonousAt) {
      Refuse(described, "closed the connection when it was declared");
      continue;
    }
    scratch_.RunUnless(
        [this, number = number_] { return number != number_ || !kept_.Keeps(items_[next_]); },
        mode_ == TopologyMode::kVerify ? CheckOperation(item) : DeclareOperation(item),
        base::kNever,
        [this, number = number_, described = std::move(described)](const amqp::Reply& reply) {
          OnAnswer(number, described, reply);
        });
    return;
  }
  End();
}

void TopologyPass::OnAnswer(uint64_t number, const std::string& item, const amqp::Reply& reply) {
  if (ClosedTheConnection(reply)) ++connections_cost_[item];
  if (number != number_) return;
  if (!reply.ok && reply.failure.kind == Kind::kTimedOut) {
    BeginIn(kRetrySilentIn);
    return;
  }
  if (!kept_.Keeps(items_[next_])) {
    // It was let go of meanwhile: nothing was asked, or the answer is for nobody.
  } else if (reply.ok) {
    connections_cost_.erase(item);
    listener_.OnItemStands(items_[next_]);
  } else {
    Refuse(item, InWords(reply.failure));
  }
  ++next_;
  Step();
}

std::string TopologyPass::InWords(const amqp::Failure& failure) const {
  if (mode_ == TopologyMode::kVerify && failure.code == amqp::kReplyNotFound &&
      !SaysHomeNodeIsDown(failure)) {
    return base::Concat("it is not there, and topology.mode verify declares nothing: ",
                        failure.text);
  }
  return TopologyError(failure).detail;
}

void TopologyPass::Refuse(const std::string& item, std::string why) {
  const auto before = refused_before_.find(item);
  if (before == refused_before_.end() || before->second != why) {
    base::Log(base::LogLevel::kError, "topology refused by the broker",
              {{"item", item}, {"reason", why}});
  }
  refused_[item] = std::move(why);
}

void TopologyPass::End() {
  if (refused_.empty() && !refused_before_.empty()) {
    base::Log(base::LogLevel::kInfo, "topology refused before, and now as it should be",
              {{"items", refused_before_.size()}});
  }
  error_.clear();
  size_t told = 0;
  for (const auto& [item, why] : refused_) {
    if (told++ == kMaxTold) {
      error_ += base::Concat("; and ", refused_.size() - kMaxTold, " more");
      break;
    }
    error_ += base::Concat(error_.empty() ? "" : "; ", item, ": ", why);
  }
  refused_before_ = std::exchange(refused_, {});
  ended_ = true;
  items_.clear();
  if (!error_.empty()) BeginIn(kRetryEvery);
  listener_.OnPassEnd();
}

void TopologyPass::BeginIn(base::Duration delay) {
  reactor_.Cancel(timer_);
  timer_ = reactor_.After(delay, [this] {
    timer_ = 0;
    Begin();
  });
}

}  // namespace amqp_sidecar::broker
