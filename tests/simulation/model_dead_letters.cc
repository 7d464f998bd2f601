// What the model broker does with messages whose time is over or that are rejected, and with queues
// that nobody uses. As measured on RabbitMQ 3.10 and 4.0, where the two differ as Options::newer
// says.
#include <algorithm>
#include <utility>

#include "amqp/content_codec.h"
#include "model_broker.h"
#include "model_connection.h"
#include "model_properties.h"

namespace amqp_sidecar::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// How late RabbitMQ may be to find that a message's time is over, and a queue's.
constexpr base::Duration kLate = milliseconds(5);
constexpr base::Duration kTick = seconds(5);
// Between the arrival of a dead letter and its end where it came from.
constexpr base::Duration kNoted = milliseconds(50);
// In which RabbitMQ hands on, after a start, what should have gone meanwhile. Measured: 50,000
// messages of 1 kB take more than 10 seconds, on a busy machine.
constexpr base::Duration kCatchUp = seconds(10);
// Where nothing takes a dead letter it is tried again this often.
constexpr base::Duration kRetryEvery = seconds(1);

std::string TextOf(const WireTable& table, const std::string& name) {
  const auto found = table.find(name);
  return found == table.end() || found->second.text() == nullptr ? "" : *found->second.text();
}

WireArray DeathsOf(const WireTable& headers) {
  const auto found = headers.find("x-death");
  return found == headers.end() || found->second.array() == nullptr ? WireArray()
                                                                    : *found->second.array();
}

bool IsWaitQueue(const std::string& name) { return name.starts_with("amqp-sidecar.wait."); }

// When it comes to `queue` as `message`: other than from a wait. What it carries of an earlier wait
// for that queue has its consumer see it as it was then.
Checker::Journey Onward(Checker::Journey journey, const ModelMessage& message,
                        const std::string& queue, bool dead_letter) {
  const bool waited = journey.attempts > 0;
  const bool as_then = waited && journey.queue == queue;
  journey.exchange = as_then ? journey.exchange_then : message.exchange;
  journey.routing_key = as_then ? journey.routing_key_then : message.routing_key;
  journey.died = as_then ? journey.died_then : journey.died || waited || dead_letter;
  journey.not_before = {};
  return journey;
}

// What has come round to the queue without anybody having rejected it is dropped.
bool GoesRound(const WireArray& deaths, const std::string& queue) {
  for (const WireValue& death : deaths) {
    if (death.table() == nullptr || TextOf(*death.table(), "reason") == "rejected") return false;
    if (TextOf(*death.table(), "queue") == queue) return true;
  }
  return false;
}

}  // namespace

std::shared_ptr<const ModelMessage> ModelBroker::DeadLetterOf(const ModelQueue& queue,
                                                              const ModelMessage& message,
                                                              Death death) const {
  const std::string why = death == Death::kExpired ? "expired" : "rejected";
  ModelProperties properties(message.properties);
  const WireTable headers = properties.Headers();
  WireArray deaths = DeathsOf(headers);
  WireTable entry;
  entry["count"] = {int64_t{1}};
  entry["queue"] = {queue.name};
  entry["reason"] = {why};
  entry["exchange"] = {message.exchange};
  entry["routing-keys"] = {WireArray{{message.routing_key}}};
  if (message.time_to_live) entry["original-expiration"] = {properties.Expiration()};
  std::erase_if(deaths, [&](const WireValue& earlier) {
    const WireTable* table = earlier.table();
    if (table == nullptr || TextOf(*table, "queue") != queue.name ||
        TextOf(*table, "reason") != why) {
      return false;
    }
    const auto count = table->find("count");
    if (count != table->end() && count->second.number() != nullptr) {
      entry["count"] = {*count->second.number() + 1};
    }
    return true;
  });
  deaths.insert(deaths.begin(), {entry});
  properties.SetHeader("x-death", {std::move(deaths)});
  const auto tell = [&](const std::string& which) {
    properties.SetHeader(which + "queue", {queue.name});
    properties.SetHeader(which + "reason", {why});
    properties.SetHeader(which + "exchange", {message.exchange});
  };
  if (!headers.contains("x-first-death-queue")) tell("x-first-death-");
  if (options_.newer) tell("x-last-death-");
  properties.RemoveExpiration();

  auto dead = std::make_shared<ModelMessage>(message);
  dead->exchange = *queue.dead_letter_exchange();
  if (const auto key = queue.dead_letter_key()) {
    dead->routing_key = *key;
    dead->further_keys.clear();
    if (!options_.newer) properties.RemoveHeader("CC");
  }
  dead->time_to_live.reset();
  dead->properties = properties.Bytes();
  return dead;
}

ModelBroker::Arrival ModelBroker::Arrive(const ModelQueue& from, const ModelMessage& message,
                                         Checker::CopyId copy, Death death) {
  const auto dead = DeadLetterOf(from, message, death);
  if (FindExchange(dead->exchange) == nullptr) return Arrival::kNowhere;
  const WireArray deaths = DeathsOf(ModelProperties(dead->properties).Headers());
  Arrival arrival = Arrival::kNowhere;
  for (const std::string& name : QueuesFor(*dead)) {
    if (death != Death::kRejected && GoesRound(deaths, name)) {
      trace_.Event("dead letter goes in circles", {dead->publish}, from.name + " to " + name);
      if (arrival == Arrival::kNowhere) arrival = Arrival::kInCircles;
      continue;
    }
    ModelQueue& queue = queues_.at(name);
    if (queue.full()) continue;
    arrival = Arrival::kTaken;
    ModelCopy arrived;
    arrived.message = dead;
    Checker::Journey journey = checker_.journey(copy);
    if (!IsWaitQueue(from.name)) journey = Onward(std::move(journey), *dead, name, true);
    arrived.id = checker_.Copied(copy, std::move(journey));
    Put(queue, std::move(arrived));
  }
  return arrival;
}

void ModelBroker::DeadLetter(ModelQueue& queue, ModelCopy copy, Death death) {
  trace_.Event("dead letter", {copy.message->publish, static_cast<uint64_t>(death)}, queue.name);
  const Checker::CopyId id = copy.id;
  if (!queue.dead_letter_exchange()) {
    return checker_.Ended(id, death == Death::kExpired ? Fate::kExpired : Fate::kRejected);
  }
  if (queue.at_least_once()) {
    queue.leaving[id] = {std::move(copy), death, false};
    return TryToLeave(queue.name, queue.incarnation, id);
  }
  const bool taken = Arrive(queue, *copy.message, id, death) == Arrival::kTaken;
  checker_.Ended(id, taken ? Fate::kDeadLettered : Fate::kDropped);
}

void ModelBroker::TryToLeave(const std::string& name, uint64_t incarnation, Checker::CopyId copy) {
  ModelQueue* queue = FindQueue(name);
  if (!up_ || queue == nullptr || queue->incarnation != incarnation) return;
  const auto found = queue->leaving.find(copy);
  if (found == queue->leaving.end()) return;
  ModelLeaving& leaving = found->second;
  switch (Arrive(*queue, *leaving.copy.message, copy, leaving.death)) {
    case Arrival::kTaken:
      leaving.arrived = true;
      return reactor_.WorldAfter(random_.Time({}, kNoted), [this, name, incarnation, copy] {
        Leave(name, incarnation, copy);
      });
    case Arrival::kNowhere:
      return reactor_.WorldAfter(
          kRetryEvery, [this, name, incarnation, copy] { TryToLeave(name, incarnation, copy); });
    case Arrival::kInCircles:
      queue->leaving.erase(found);
      checker_.Ended(copy, Fate::kDropped);
      // Others may have sent it round.
      if (!IsWaitQueue(name)) return;
      return checker_.Fail("a message of " + name + " is dropped, since it goes in circles");
  }
}

void ModelBroker::Leave(const std::string& name, uint64_t incarnation, Checker::CopyId copy) {
  ModelQueue* queue = FindQueue(name);
  if (queue == nullptr || queue->incarnation != incarnation) return;
  if (up_ && queue->leaving.erase(copy) > 0) checker_.Ended(copy, Fate::kDeadLettered);
}

void ModelBroker::NoteDeadLetters() {
  for (auto& [name, queue] : queues_) {
    std::erase_if(queue.leaving, [&](const auto& entry) {
      if (entry.second.arrived) checker_.Ended(entry.first, Fate::kDeadLettered);
      return entry.second.arrived;
    });
  }
}

void ModelBroker::Reject(const std::string& queue, ModelCopy copy) {
  DeadLetter(queues_.at(queue), std::move(copy), Death::kRejected);
}

// --- By others.

void ModelBroker::TakeFromOthers(size_t publish, const amqp::Properties& properties) {
  const auto frame = amqp::ContentHeaderFrame(properties, 0);
  auto message = std::make_shared<ModelMessage>();
  message->routing_key = checker_.publish(publish).routing_key;
  // Without the frame's head and end, class, weight and size.
  message->properties = frame->substr(kFrameBytes - 1 + 12, frame->size() - kFrameBytes - 12);
  message->body = checker_.Body(publish);
  message->publish = publish;
  message->persistent = true;
  if (!properties.expiration.empty()) {
    message->time_to_live = milliseconds(std::stoll(properties.expiration));
  }
  if (const auto further = properties.headers.find("CC"); further != properties.headers.end()) {
    for (const auto& key : std::get<amqp::FieldArray>(further->second.value)) {
      message->further_keys.push_back(std::get<std::string>(key.value));
    }
  }
  const Routed routed = Route(message);
  for (const Checker::CopyId copy : routed.copies) checker_.Confirmed(copy);
  if (routed.copies.empty()) checker_.NotTaken(publish);
}

void ModelBroker::MoveAll(const std::string& from, const std::string& to) {
  ModelQueue* source = FindQueue(from);
  ModelQueue* target = FindQueue(to);
  if (!up_ || source == nullptr || target == nullptr) return;
  trace_.Event("moved by hand", {source->ready.size()}, from + " to " + to);
  for (auto& [position, copy] : std::exchange(source->ready, {})) {
    auto message = std::make_shared<ModelMessage>(*copy.message);
    message->exchange.clear();
    message->routing_key = to;
    ModelCopy moved;
    moved.id = checker_.Copied(copy.id, Onward(checker_.journey(copy.id), *message, to, false));
    moved.message = std::move(message);
    checker_.Ended(copy.id, Fate::kDeadLettered);
    Put(*target, std::move(moved));
  }
}

// --- Time.

void ModelBroker::ExpireSoon(const ModelQueue& queue, base::TimePoint when) {
  reactor_.WorldAt(when + random_.Time({}, kLate),
                   [this, name = queue.name, incarnation = queue.incarnation] {
                     ExpireMessages(name, incarnation);
                   });
}

// Only at the head, as RabbitMQ does.
void ModelBroker::ExpireMessages(const std::string& name, uint64_t incarnation) {
  if (!up_) return;
  for (;;) {
    ModelQueue* queue = FindQueue(name);
    if (queue == nullptr || queue->incarnation != incarnation || queue->ready.empty() ||
        queue->ready.begin()->second.expires > reactor_.Now()) {
      return;
    }
    auto expired = queue->ready.extract(queue->ready.begin());
    DeadLetter(*queue, std::move(expired.mapped()), Death::kExpired);
  }
}

void ModelBroker::CheckLeaseAt(const ModelQueue& queue, base::TimePoint when) {
  reactor_.WorldAt(when + random_.Time({}, kTick),
                   [this, name = queue.name, incarnation = queue.incarnation] {
                     CheckLease(name, incarnation);
                   });
}

void ModelBroker::CheckLease(const std::string& name, uint64_t incarnation) {
  ModelQueue* queue = FindQueue(name);
  if (!up_ || queue == nullptr || queue->incarnation != incarnation) return;
  if (!queue->consumers.empty()) Renew(*queue);
  const base::TimePoint due = queue->last_used + *queue->lease();
  if (due > reactor_.Now()) return CheckLeaseAt(*queue, due);
  trace_.Event("unused queue deleted", {queue->held()}, name);
  const auto key = queue->dead_letter_key();
  if (queue->held() > queue->unacked && key && HasQueue(*key)) {
    checker_.Fail(name + " is deleted, for nobody used it, with what waits in it");
  }
  DropQueue(name, Fate::kRemoved);
}

void ModelBroker::ComeUp() {
  up_ = true;
  std::vector<std::pair<std::string, uint64_t>> all;
  for (auto& [name, queue] : queues_) {
    all.emplace_back(name, queue.incarnation);
    // Measured: a quorum queue counts the time in which the broker was down.
    if (!queue.quorum()) Renew(queue);
    if (queue.lease()) CheckLeaseAt(queue, reactor_.Now());
  }
  for (const auto& [name, incarnation] : all) {
    // What it had not noted of dead letters when it went down is done again.
    std::vector<Checker::CopyId> leaving;
    for (auto& [id, one] : queues_.at(name).leaving) leaving.push_back(id);
    // As it gets round to it.
    reactor_.WorldAfter(random_.Time({}, kCatchUp), [this, name, incarnation, leaving] {
      for (const Checker::CopyId id : leaving) TryToLeave(name, incarnation, id);
      ExpireMessages(name, incarnation);
    });
    PumpSoon(name);
  }
}

}  // namespace amqp_sidecar::simulation
