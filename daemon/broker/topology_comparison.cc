#include "broker/topology_comparison.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/strings.h"
#include "broker/channel_failure.h"
#include "broker/topology_operation.h"

namespace amqp_sidecar::broker {
namespace {

using Kind = amqp::Failure::Kind;

class Run : public std::enable_shared_from_this<Run> {
 public:
  Run(ScratchChannel& scratch, std::vector<TopologyItem> items, base::TimePoint deadline,
      ComparisonCallback done)
      : scratch_(scratch), items_(std::move(items)), deadline_(deadline), done_(std::move(done)) {}

  // First whether the broker answers at all, with an exchange that is always there.
  void Start() {
    LeaveOutBindings();
    scratch_.Run(
        CheckOperation(Exchange{.name = "amq.direct"}), deadline_,
        [self = shared_from_this()](const amqp::Reply& reply) { self->CheckAnswered(reply); });
  }

 private:
  void LeaveOutBindings() {
    const size_t bindings = std::erase_if(
        items_, [](const TopologyItem& item) { return std::holds_alternative<Binding>(item); });
    if (bindings == 0) return;
    comparison_.not_compared.push_back(base::Concat(
        bindings, bindings == 1 ? " binding" : " bindings", ": AMQP has no question for them"));
  }

  void CheckAnswered(const amqp::Reply& reply) {
    if (!reply.ok) return Fail(reply.failure);
    Step();
  }

  void Step() {
    for (; next_ < items_.size(); ++next_) {
      const TopologyItem& item = items_[next_];
      const auto* queue = std::get_if<Queue>(&item);
      if (queue != nullptr && queue->exclusive) {
        NotCompared("it is exclusive: it lives with the connection that declares it");
        continue;
      }
      scratch_.Run(
          CompareOperation(item), deadline_,
          [self = shared_from_this()](const amqp::Reply& reply) { self->OnAnswer(reply); });
      return;
    }
    done_(std::move(comparison_));
  }

  void OnAnswer(const amqp::Reply& reply) {
    if (!reply.ok) {
      if (reply.failure.kind != Kind::kClosedByBroker &&
          reply.failure.kind != Kind::kNotEncodable) {
        return Fail(reply.failure);
      }
      Judge(reply.failure);
    }
    ++next_;
    Step();
  }

  void Judge(const amqp::Failure& failure) {
    const std::optional<Inequivalence> other = InequivalenceIn(failure.text);
    if (failure.code == amqp::kReplyNotFound && !SaysHomeNodeIsDown(failure)) {
      Differs("it is not there");
    } else if (failure.code == amqp::kReplyAccessRefused) {
      NotCompared(base::Concat("comparing takes the permission to configure it: ", failure.text));
    } else if (failure.code == amqp::kReplyResourceLocked) {
      Differs("exclusive is \"true\" in the broker, and \"false\" is configured");
    } else if (other && other->has_values) {
      Differs(Words(*other, "is configured"));
    } else {
      Differs(failure.text);
    }
  }

  void Differs(std::string_view how) {
    comparison_.differences.push_back(base::Concat(Describe(items_[next_]), ": ", how));
  }
  void NotCompared(std::string_view why) {
    comparison_.not_compared.push_back(base::Concat(Describe(items_[next_]), ": ", why));
  }

  void Fail(const amqp::Failure& failure) {
    comparison_.error = LookError(failure);
    done_(std::move(comparison_));
  }

  ScratchChannel& scratch_;
  std::vector<TopologyItem> items_;
  const base::TimePoint deadline_;
  ComparisonCallback done_;
  size_t next_ = 0;
  TopologyComparison comparison_;
};

}  // namespace

void CompareTopology(ScratchChannel& scratch, std::vector<TopologyItem> items,
                     base::TimePoint deadline, ComparisonCallback done) {
  std::make_shared<Run>(scratch, std::move(items), deadline, std::move(done))->Start();
}

}  // namespace amqp_sidecar::broker
