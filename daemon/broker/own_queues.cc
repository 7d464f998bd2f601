#include "broker/own_queues.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/fixed_hash.h"
#include "base/strings.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {
namespace {

constexpr size_t kMaxNameBytes = 255;  // AMQP 0-9-1 §4.2.5.3, short strings

int64_t Milliseconds(base::Duration time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
}

std::string BoundedName(std::string_view before, const std::string& queue, std::string_view after) {
  std::string name = base::Concat(before, queue, after);
  if (name.size() <= kMaxNameBytes) return name;
  const std::string hash = absl::StrCat("~", absl::Hex(base::FixedHash({queue}), absl::kZeroPad16));
  const size_t room = kMaxNameBytes - before.size() - after.size() - hash.size();
  return base::Concat(before, queue.substr(0, room), hash, after);
}

}  // namespace

std::string OwnQueues::WaitQueueName(const std::string& queue, base::Duration delay) {
  return BoundedName(base::Concat(kWaitPrefix, Milliseconds(delay), "ms."), queue, "");
}

std::string OwnQueues::DeadQueueName(const std::string& queue) {
  return BoundedName("", queue, ".dead");
}

void OwnQueues::EnsureWaitQueue(const std::string& queue, base::Duration delay,
                                base::TimePoint deadline, Done done) {
  amqp::QueueArgs args;
  args.name = WaitQueueName(queue, delay);
  args.arguments["x-queue-type"] = FieldValue{std::string("quorum")};
  args.arguments["x-message-ttl"] = FieldValue{Milliseconds(delay)};
  const bool temporary = queue.starts_with(kTemporaryPrefix);
  args.arguments["x-expires"] =
      FieldValue{Milliseconds(delay + (temporary ? kTemporaryLifetime : kLifetime))};
  args.arguments["x-dead-letter-exchange"] = FieldValue{std::string()};
  args.arguments["x-dead-letter-routing-key"] = FieldValue{queue};
  args.arguments["x-dead-letter-strategy"] = FieldValue{std::string("at-least-once")};
  // Which at-least-once demands.
  args.arguments["x-overflow"] = FieldValue{std::string("reject-publish")};
  Ensure(std::move(args), deadline, std::move(done));
}

void OwnQueues::EnsureDeadQueue(const std::string& queue, base::TimePoint deadline, Done done) {
  amqp::QueueArgs args;
  args.name = DeadQueueName(queue);
  args.arguments["x-queue-type"] = FieldValue{std::string("quorum")};
  // RabbitMQ 4 drops what came back 20 times: somebody may look at it more often.
  args.arguments["x-delivery-limit"] = FieldValue{int64_t{1'000'000'000}};
  Ensure(std::move(args), deadline, [done = std::move(done)](const amqp::Reply& reply) mutable {
    amqp::Reply answer = reply;
    const bool is_there_otherwise = !reply.ok &&
                                    reply.failure.kind == amqp::Failure::Kind::kClosedByBroker &&
                                    reply.failure.code == amqp::kReplyPreconditionFailed;
    if (is_there_otherwise) answer.ok = true;
    done(answer);
  });
}

void OwnQueues::Ensure(amqp::QueueArgs queue, base::TimePoint deadline, Done done) {
  const auto known = known_.find(queue.name);
  if (known != known_.end() && reactor_.Now() - known->second < kRenewEvery) {
    amqp::Reply reply;
    reply.ok = true;
    done(reply);
    return;
  }
  std::vector<Done>& waiting = declaring_[queue.name];
  waiting.push_back(std::move(done));
  if (waiting.size() > 1) return;
  const std::string name = queue.name;
  scratch_.Run(
      [queue = std::move(queue)](amqp::Channel& channel, amqp::ReplyCallback reply) {
        channel.DeclareQueue(queue, std::move(reply));
      },
      deadline,
      [this, name, generation = generation_](const amqp::Reply& reply) {
        OnDeclared(name, generation, reply);
      });
}

void OwnQueues::OnDeclared(const std::string& name, uint64_t generation, const amqp::Reply& reply) {
  // What an earlier link answered says nothing of this one.
  if (reply.ok && generation == generation_ && known_.size() < kMaxKnown) {
    known_[name] = reactor_.Now();
  }
  auto waiting = declaring_.extract(name);
  for (Done& done : waiting.mapped()) done(reply);
}

void OwnQueues::LinkDown() {
  known_.clear();
  ++generation_;
}

}  // namespace amqp_sidecar::broker
