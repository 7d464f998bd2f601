#include "broker/queue_types.h"

#include <charconv>
#include <utility>

#include "base/strings.h"
#include "broker/channel_failure.h"
#include "broker/topology_operation.h"

namespace amqp_sidecar::broker {
namespace {

constexpr char kTypeArgument[] = "x-queue-type";
// Seen in the broker's log.
constexpr char kNoType[] = "amqp-sidecar-asks";
// The type is looked at only once there is no queue of the name.
constexpr char kNoSuchQueue[] = "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue '";

QueueTypes::Answer Is(QueueKind kind) { return {kind, std::nullopt}; }

QueueTypes::Answer Unknown(const std::string& queue, Reason reason, std::string_view why) {
  return {std::nullopt,
          Error{reason, base::Concat("the type of queue \"", queue, "\" is not known: ", why)}};
}

std::optional<QueueKind> KindNamed(std::string_view name) {
  for (const auto kind : {QueueKind::kClassic, QueueKind::kQuorum, QueueKind::kStream}) {
    if (QueueKindName(kind) == name) return kind;
  }
  return std::nullopt;
}

// A value as the broker words it, to be sent back to it. Nothing where its type is not among those
// that arguments of queues have.
std::optional<FieldValue> ToField(const Inequivalence::Value& value) {
  if (value.type == "longstr") return FieldValue{value.text};
  if (value.type == "bool") return FieldValue{value.text == "true"};
  int64_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [read_to, error] = std::from_chars(value.text.data(), end, number);
  if (value.type.empty() || error != std::errc() || read_to != end) return std::nullopt;
  return FieldValue{number};
}

// What an answer says.
struct Verdict {
  QueueTypes::Answer answer;  // the last word, unless it is to be asked again:
  std::string property;       // with this argument
  FieldValue value;
  std::optional<QueueKind> guess;  // or for this type
};

Verdict Final(QueueTypes::Answer answer) { return {std::move(answer), "", {}, std::nullopt}; }

std::optional<QueueKind> NextGuess(std::optional<QueueKind> last) {
  if (!last) return QueueKind::kStream;
  switch (*last) {
    case QueueKind::kStream:
      return QueueKind::kQuorum;
    case QueueKind::kQuorum:
      return QueueKind::kClassic;
    case QueueKind::kClassic:
      break;
  }
  return std::nullopt;
}

// `guess` is the type that was asked for; without one, the type that there is not.
Verdict JudgeInequivalence(const std::string& queue, std::optional<QueueKind> guess,
                           const std::string& reply_text) {
  const std::optional<Inequivalence> other = InequivalenceIn(reply_text);
  Verdict verdict = Final(Unknown(queue, Reason::kInvalidTopology, reply_text));
  if (!other) return verdict;
  if (other->property == kTypeArgument) {
    if (guess || !other->has_values) {
      verdict.guess = NextGuess(guess);
    } else if (const auto kind =
                   other->current ? KindNamed(other->current->text) : QueueKind::kClassic) {
      verdict.answer = Is(*kind);
    }
  } else if (guess) {
    // All that is looked at before the type was as it is, and the type is, too.
    verdict.answer = Is(*guess);
  } else if (other->property == "durable" || other->property == "auto_delete") {
    // Only a classic queue can be without the one or with the other.
    verdict.answer = Is(QueueKind::kClassic);
  } else if (std::optional<FieldValue> value =
                 other->current ? ToField(*other->current) : std::nullopt) {
    verdict.property = other->property;
    verdict.value = std::move(*value);
  }
  return verdict;
}

Verdict Judge(const std::string& queue, std::optional<QueueKind> guess, const amqp::Reply& reply) {
  const amqp::Failure& failure = reply.failure;
  if (reply.ok) {
    return Final(guess ? Is(*guess)
                       : Unknown(queue, Reason::kInvalidTopology,
                                 "the broker declares queues of a type that does not exist"));
  }
  if (failure.kind == amqp::Failure::Kind::kClosedByBroker) {
    switch (failure.code) {
      case amqp::kReplyAccessRefused:
        return Final(Unknown(
            queue, Reason::kAccessRefused,
            base::Concat("finding it out takes the permission to configure it: ", failure.text)));
      case amqp::kReplyResourceLocked:
        // Exclusive, which only a classic queue can be.
        return Final(Is(QueueKind::kClassic));
      case amqp::kReplyNotFound:
        // Gone since the last question.
        if (guess && !SaysHomeNodeIsDown(failure)) return {};
        break;
      case amqp::kReplyPreconditionFailed:
        if (failure.text.starts_with(kNoSuchQueue)) return {};
        return JudgeInequivalence(queue, guess, failure.text);
      default:
        break;
    }
  }
  return Final({std::nullopt, LookError(failure)});
}

}  // namespace

std::string_view QueueKindName(QueueKind kind) {
  switch (kind) {
    case QueueKind::kClassic:
      return "classic";
    case QueueKind::kQuorum:
      return "quorum";
    case QueueKind::kStream:
      return "stream";
  }
  return "";
}

struct QueueTypes::Search {
  Queue queue;                     // with its arguments, as far as they are known
  std::optional<QueueKind> guess;  // the type to ask for; absent: the one that there is not
  base::TimePoint deadline;
  Callback done;
  size_t questions = 0;
  uint64_t generation = 0;  // when the last was asked
};

void QueueTypes::Find(const std::string& queue, base::TimePoint deadline, Callback done) {
  if (const auto known = known_.find(queue); known != known_.end()) {
    reactor_.Defer([kind = known->second, done = std::move(done)]() mutable { done(Is(kind)); });
    return;
  }
  Search search;
  search.queue.name = queue;
  search.deadline = deadline;
  search.done = std::move(done);
  Ask(std::move(search));
}

void QueueTypes::Clear() {
  known_.clear();
  ++generation_;
}

// Where many ask for the same queue at once, the first one's answer is everybody's.
void QueueTypes::Ask(Search search) {
  ++search.questions;
  search.generation = generation_;
  search.queue.arguments[kTypeArgument].value =
      std::string(search.guess ? QueueKindName(*search.guess) : kNoType);
  auto ask = search.guess ? CompareOperation(search.queue) : DeclareOperation(search.queue);
  auto known = [this, queue = search.queue.name] { return known_.contains(queue); };
  const base::TimePoint deadline = search.deadline;
  auto answered = [this, search = std::move(search)](const amqp::Reply& reply) mutable {
    OnAnswer(std::move(search), reply);
  };
  scratch_.RunUnless(std::move(known), std::move(ask), deadline, std::move(answered));
}

void QueueTypes::OnAnswer(Search search, const amqp::Reply& reply) {
  const std::string& queue = search.queue.name;
  if (const auto known = known_.find(queue); known != known_.end()) {
    search.done(Is(known->second));
    return;
  }
  const Verdict verdict = Judge(queue, search.guess, reply);
  bool again = verdict.guess.has_value();
  if (again) search.guess = verdict.guess;
  if (!verdict.property.empty()) {
    again = search.queue.arguments.try_emplace(verdict.property, verdict.value).second;
  }
  if (again && search.questions < kMaxQuestions) {
    Ask(std::move(search));
    return;
  }
  // What an earlier link answered says nothing of this one.
  if (verdict.answer.kind && search.generation == generation_) Learn(queue, *verdict.answer.kind);
  search.done(verdict.answer);
}

void QueueTypes::Learn(const std::string& queue, QueueKind kind) {
  if (known_.contains(queue) || known_.size() < kMaxKnown) known_[queue] = kind;
}

}  // namespace amqp_sidecar::broker
