#include "checker.h"

#include <algorithm>
#include <charconv>

namespace amqp_sidecar::simulation {
namespace {

using broker::Persisted;
using broker::Reason;

// Deadlines are met by timers that fire when they are due.
constexpr base::Duration kSlack = std::chrono::milliseconds(2);
// Between what the broker does and what the sidecar has noticed of it.
constexpr base::Duration kFaultSlack = std::chrono::seconds(2);

// In which a run without faults gets everything through.
constexpr base::Duration kLongEnough = std::chrono::seconds(9);

}  // namespace

void Checker::Fail(const std::string& what) {
  if (!failure_.empty()) return;
  failure_ = std::to_string(trace_.Now()) + " ms: " + what;
  trace_.Event("FAILURE", {}, what);
}

size_t Checker::Called(Publish publish) {
  publish.called = reactor_.Now();
  trace_.Event("publish", {publishes_.size(), publish.body_bytes},
               publish.exchange + "/" + publish.routing_key);
  publishes_.push_back(std::move(publish));
  ++unanswered_;
  return publishes_.size() - 1;
}

size_t Checker::CameOtherwise(Publish publish) {
  publish.called = publish.answered = publish.deadline = reactor_.Now();
  publish.answers = 1;
  publish.result.routed = true;
  trace_.Event("publish by others", {publishes_.size()},
               publish.exchange + "/" + publish.routing_key);
  publishes_.push_back(std::move(publish));
  return publishes_.size() - 1;
}

std::string Checker::Describe(size_t index) const {
  const Publish& publish = publishes_[index];
  std::string text = "publish " + std::to_string(index) + " (" + publish.exchange + "/" +
                     publish.routing_key + ")";
  if (publish.answers == 0) return text + " unanswered";
  const auto& error = publish.result.error;
  if (!error) return text + (publish.result.routed ? " OK" : " OK, not routed");
  return text + " " + std::string(broker::ReasonName(error->reason)) + " " +
         std::string(broker::PersistedName(error->persisted));
}

void Checker::Answered(size_t index, broker::PublishResult result) {
  Publish& publish = publishes_[index];
  publish.answered = reactor_.Now();
  publish.result = std::move(result);
  if (++publish.answers > 1) return Fail(Describe(index) + " answered twice");
  --unanswered_;
  ++outcomes_;
  trace_.Event("answer", {index}, Describe(index));
  if (publish.result.message_id != publish.message_id) Fail(Describe(index) + " for another");
  const base::TimePoint due = std::max(publish.deadline, publish.called) + kSlack;
  if (publish.answered > due) Fail(Describe(index) + " answered after its deadline");
  if (publish.result.error) {
    CheckFailed(index);
  } else {
    CheckOk(index);
  }
}

// What can be said at once; whether it stays is seen at the end.
void Checker::CheckOk(size_t index) {
  const Publish& publish = publishes_[index];
  if (publish.result.routed) {
    if (publish.acked_stored == 0) Fail(Describe(index) + " but was never confirmed: lied");
  } else if (!publish.allow_unroutable || publish.acked_returned == 0) {
    Fail(Describe(index) + " but it was never returned");
  }
}

void Checker::CheckFailed(size_t index) {
  const Publish& publish = publishes_[index];
  const broker::Error& error = *publish.result.error;
  if (error.persisted == Persisted::kNo && publish.stored > 0) {
    return Fail(Describe(index) + " but the broker had stored it: lied");
  }
  if (error.persisted == Persisted::kPartial && publish.refused == 0) {
    return Fail(Describe(index) + " but the broker refused none");
  }
  const bool unclear = error.reason == Reason::kOutcomeUnknown ||
                       error.reason == Reason::kBrokerUnavailable ||
                       error.reason == Reason::kBrokerBlocked;
  // Not where a drain cut its time short.
  const bool timed_out = publish.answered >= publish.deadline;
  if (unclear && timed_out && publish.answered > well_by_) {
    return Fail(Describe(index) + " although all was well before its deadline: " + error.detail);
  }
  if (unclear && faultless_ && timed_out && publish.deadline - publish.called > kLongEnough) {
    return Fail(Describe(index) + " although nothing was amiss: " + error.detail);
  }
  switch (error.reason) {
    case Reason::kUnroutable:
      if (publish.returned == 0) Fail(Describe(index) + " but it was never returned");
      break;
    case Reason::kRefusedByBroker:
      if (publish.refused == 0) Fail(Describe(index) + " but it was never refused");
      break;
    case Reason::kLimitExceeded:
      if (!limited_) Fail(Describe(index) + " far from any limit");
      break;
    case Reason::kBrokerBlocked:
      if (!alarm_seen_) Fail(Describe(index) + " without an alarm");
      break;
    case Reason::kDraining:
      if (!drain_seen_) Fail(Describe(index) + " without a drain");
      break;
    case Reason::kInvalidBody:
    case Reason::kQueueNotFound:
    case Reason::kQueueExclusive:
    case Reason::kInvalidSubscription:
    case Reason::kInvalidTopology:
    case Reason::kTopologyConflict:
    case Reason::kQueueInUse:
    case Reason::kQueueNotEmpty:
      Fail(Describe(index) + ": not an answer to a publish like this");
      break;
    default:
      break;
  }
}

std::string Checker::Body(size_t index) const {
  std::string body(publishes_[index].body_bytes, '\0');
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>('a' + (index + i) % 26);
  return body;
}

std::optional<size_t> Checker::Find(std::string_view id) const {
  size_t index = 0;
  if (id.empty() || id.front() != 'p') return std::nullopt;
  const auto [end, error] = std::from_chars(id.data() + 1, id.data() + id.size(), index);
  if (error != std::errc() || end != id.data() + id.size()) return std::nullopt;
  if (index >= publishes_.size()) return std::nullopt;
  return index;
}

size_t Checker::CalledOther(std::string what, base::TimePoint deadline) {
  trace_.Event("call", {others_.size()}, what);
  others_.push_back({std::move(what), reactor_.Now(), std::max(deadline, reactor_.Now()), 0});
  ++unanswered_others_;
  return others_.size() - 1;
}

void Checker::AnsweredOther(size_t index) {
  OtherCall& call = others_[index];
  trace_.Event("answer to call", {index}, call.what);
  if (++call.answers > 1) return Fail(call.what + " answered twice");
  --unanswered_others_;
  if (call.deadline != base::kNever && reactor_.Now() > call.deadline + kSlack) {
    Fail(call.what + " answered after its deadline");
  }
}

void Checker::CheckAnsweredSince(base::TimePoint time) {
  for (const OtherCall& call : others_) {
    if (call.answers == 0 && call.called < time) Fail(call.what + " gets no answer");
  }
}

Checker::CopyId Checker::Stored(size_t index, std::string_view queue, bool first_copy) {
  Publish& publish = publishes_[index];
  if (publish.answers > 0 && publish.result.error &&
      publish.result.error->persisted == Persisted::kNo) {
    Fail(Describe(index) + " and is stored after that: lied");
  }
  if (first_copy) ++publish.stored;
  publish.last_stored = reactor_.Now();
  if (faultless_ && first_copy && publish.stored > 1) Fail(Describe(index) + " stored twice");
  // One of several with the same message_id may have gone by a channel of its own.
  const bool ordered = publish.message_id == "m" + std::to_string(index);
  if (faultless_ && publish.refused == 0 && ordered) {
    const std::string key =
        std::string(queue) + '\0' + publish.exchange + '\0' + publish.routing_key;
    const auto [last, fresh] = last_stored_.try_emplace(key, index);
    if (!fresh && last->second > index) {
      Fail(Describe(index) + " stored behind publish " + std::to_string(last->second));
    }
    last->second = index;
  }
  Copy copy{index, copies_.size()};
  copy.journey.exchange = publish.exchange;
  copy.journey.routing_key = publish.routing_key;
  return AddCopy(std::move(copy));
}

Checker::CopyId Checker::AddCopy(Copy copy) {
  const CopyId id = copies_.size();
  publishes_[copy.publish].copies.push_back(id);
  copies_.push_back(std::move(copy));
  return id;
}

Checker::CopyId Checker::Copied(CopyId from, Journey journey) {
  return AddCopy({copies_[from].publish, from, Fate::kHeld, true, std::move(journey)});
}

Checker::CopyId Checker::Moved(CopyId from, Journey journey) {
  return AddCopy({copies_[from].publish, from, Fate::kHeld, false, std::move(journey)});
}

Checker::CopyId Checker::OriginOf(CopyId copy) const {
  while (copies_[copy].parent != copy) copy = copies_[copy].parent;
  return copy;
}

void Checker::Acked(size_t index, bool returned, const std::vector<CopyId>& copies) {
  ++(returned ? publishes_[index].acked_returned : publishes_[index].acked_stored);
  for (const CopyId copy : copies) Confirmed(copy);
}

void Checker::CheckDuplicates(size_t index) {
  const Publish& publish = publishes_[index];
  const auto first = std::ranges::lower_bound(faults_, publish.called);
  const auto last = std::ranges::upper_bound(
      faults_, std::max(publish.answered, publish.last_stored) + kFaultSlack);
  if (publish.stored > 1 + (last - first)) {
    Fail(Describe(index) + " stored " + std::to_string(publish.stored) + " times with " +
         std::to_string(last - first) + " faults");
  }
}

void Checker::Finish(size_t held) {
  size_t expected = 0;
  for (const Copy& copy : copies_) expected += copy.fate == Fate::kHeld;
  if (expected != held) {
    Fail("the model holds " + std::to_string(held) + " copies where it should hold " +
         std::to_string(expected));
  }
  for (const OtherCall& call : others_) {
    if (call.answers == 0) Fail(call.what + " was never answered");
  }
  for (size_t i = 0; i < publishes_.size(); ++i) {
    const Publish& publish = publishes_[i];
    if (publish.answers == 0) {
      Fail(Describe(i));
      continue;
    }
    CheckDuplicates(i);
    CheckKept(i);
    if (!publish.result.error) continue;
    if (publish.result.error->persisted == Persisted::kNo && publish.stored > 0) {
      Fail(Describe(i) + " but the broker has stored it: lied");
    }
  }
}

// Each queue that it reached has it, or somebody has done with it; once, where nothing was amiss.
void Checker::CheckKept(size_t index) {
  const Publish& publish = publishes_[index];
  std::map<CopyId, size_t> ends;
  for (const CopyId id : publish.copies) {
    const Copy& copy = copies_[id];
    if (copy.fate == Fate::kLostUnconfirmed) continue;
    ends[OriginOf(id)] += copy.fate != Fate::kDeadLettered && copy.fate != Fate::kMoved;
  }
  const bool ok = publish.answers > 0 && !publish.result.error && publish.result.routed;
  if (ok && ends.empty()) Fail(Describe(index) + " and lost");
  size_t all = 0;
  for (const auto& [origin, count] : ends) all += count;
  if (!ends.empty() && all == 0) Fail(Describe(index) + " and lost on its way");
  if (publish.lost_track) return;
  for (const auto& [origin, count] : ends) {
    if (count == 0) Fail(Describe(index) + " and lost on its way");
    if (count > 1 && faultless_ && !publish.may_be_double) {
      Fail(Describe(index) + " became " + std::to_string(count) + " without a fault");
    }
  }
}

}  // namespace amqp_sidecar::simulation
