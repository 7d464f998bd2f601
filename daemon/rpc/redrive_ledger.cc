#include "rpc/redrive_ledger.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <utility>

#include "base/fixed_hash.h"

namespace amqp_sidecar::rpc {
namespace {

bool Same(const RedriveIdentity& known, const RedriveIdentity& came) {
  return known.hash == came.hash && known.bytes == came.bytes &&
         known.message_id == came.message_id &&
         (known.content.empty() || known.content == came.content);
}

}  // namespace

RedriveIdentity IdentityOf(const v1::Message& message) {
  RedriveIdentity identity;
  identity.message_id = message.properties().message_id();
  {
    google::protobuf::io::StringOutputStream text(&identity.content);
    google::protobuf::io::CodedOutputStream out(&text);
    // Headers are a map: in order of their names.
    out.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&out);
  }
  identity.bytes = identity.content.size();
  identity.hash = base::FixedHash({identity.content});
  return identity;
}

RedriveLedger::Source RedriveLedger::AddSource(uint32_t prefetch) {
  sources_.emplace_back().prefetch = prefetch;
  return static_cast<Source>(sources_.size() - 1);
}

void RedriveLedger::Interrupt(Source source) {
  for (auto& [tag, entry] : entries_) {
    if (entry.source == source && entry.live) Expect(tag, entry);
  }
  sources_[source].acked.clear();
}

void RedriveLedger::Expect(Tag tag, Entry& entry) {
  entry.live = false;
  expected_.emplace(entry.identity.hash, tag);
}

// Of equal ones, one that is sure to come again rather than one whose ack the broker may have had.
RedriveLedger::Expected::iterator RedriveLedger::FindExpected(const RedriveIdentity& identity) {
  auto found = expected_.end();
  const auto [begin, end] = expected_.equal_range(identity.hash);
  for (auto it = begin; it != end; ++it) {
    const Entry& entry = entries_.at(it->second);
    if (!Same(entry.identity, identity)) continue;
    if (entry.state != State::kAcked) return it;
    found = it;
  }
  return found;
}

bool RedriveLedger::Recognise(Source source, const std::string& delivery_id,
                              const RedriveIdentity& identity) {
  const auto it = FindExpected(identity);
  if (it == expected_.end()) return false;
  const Tag tag = it->second;
  expected_.erase(it);
  Entry& entry = entries_.at(tag);
  by_id_.erase(entry.delivery_id);
  by_id_[delivery_id] = tag;
  entry.delivery_id = delivery_id;
  entry.source = source;
  entry.live = true;
  if (entry.state == State::kAcked) MoveTo(State::kOwed, entry);
  if (entry.state == State::kOwed) due_.push_back(delivery_id);
  return true;
}

RedriveLedger::Tag RedriveLedger::Take(Source source, std::string delivery_id,
                                       RedriveIdentity identity) {
  const Tag tag = ++last_tag_;
  by_id_[delivery_id] = tag;
  entries_[tag] = {State::kPublishing, source, std::move(delivery_id), std::move(identity)};
  ++publishing_;
  return tag;
}

void RedriveLedger::Published(Tag tag) {
  Entry& entry = entries_.at(tag);
  ++figures_.moved;
  MoveTo(State::kOwed, entry);
  if (entry.live) due_.push_back(entry.delivery_id);
}

void RedriveLedger::Keep(Tag tag, Kept why) {
  Entry& entry = entries_.at(tag);
  MoveTo(State::kHeld, entry);
  entry.identity.content = {};
  switch (why) {
    case Kept::kFailed:
      ++figures_.failed;
      return;
    case Kept::kUnknown:
      ++figures_.unknown;
      return;
    case Kept::kLeft:
      return;
    case Kept::kShown:
      ++figures_.shown;
      return;
  }
}

void RedriveLedger::Acked(const std::string& delivery_id) {
  const auto it = by_id_.find(delivery_id);
  if (it == by_id_.end()) return;
  const Tag tag = it->second;
  Entry& entry = entries_.at(tag);
  MoveTo(State::kAcked, entry);
  // Without an id, another that is equal may be meant to be there as well: acked for this one, it
  // would be lost.
  if (entry.identity.message_id.empty()) return Forget(tag);
  entry.identity.content = {};
  if (entry.live) Remember(tag, entry);
}

// AMQP confirms no ack: where the link was lost just then, the message comes again. The acks that
// the broker may not have had are the last ones, and not more than its prefetch.
void RedriveLedger::Remember(Tag tag, Entry& entry) {
  SourceState& source = sources_[entry.source];
  source.acked.push_back(tag);
  if (source.acked.size() <= source.prefetch) return;
  const Tag oldest = source.acked.front();
  source.acked.pop_front();
  Forget(oldest);
}

void RedriveLedger::NotAcked(const std::string& delivery_id) {
  const auto it = by_id_.find(delivery_id);
  if (it == by_id_.end()) return;
  Entry& entry = entries_.at(it->second);
  if (entry.live) Expect(it->second, entry);
}

void RedriveLedger::Forget(Tag tag) {
  const auto it = entries_.find(tag);
  const auto [begin, end] = expected_.equal_range(it->second.identity.hash);
  const auto expected =
      std::find_if(begin, end, [tag](const auto& entry) { return entry.second == tag; });
  if (expected != end) expected_.erase(expected);
  by_id_.erase(it->second.delivery_id);
  entries_.erase(it);
}

std::vector<RedriveLedger::Tag> RedriveLedger::Publishing() const {
  std::vector<Tag> tags;
  for (const auto& [tag, entry] : entries_) {
    if (entry.state == State::kPublishing) tags.push_back(tag);
  }
  std::ranges::sort(tags);
  return tags;
}

void RedriveLedger::MoveTo(State state, Entry& entry) {
  if (size_t* count = CountOf(entry.state)) --*count;
  entry.state = state;
  if (size_t* count = CountOf(state)) ++*count;
}

size_t* RedriveLedger::CountOf(State state) {
  switch (state) {
    case State::kPublishing:
      return &publishing_;
    case State::kOwed:
      return &owed_;
    case State::kHeld:
      return &held_;
    case State::kAcked:
      break;
  }
  return nullptr;
}

}  // namespace amqp_sidecar::rpc
