// Items of a PublishStream whose messages are told apart by a number, and what became of them.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "integration/world.h"
#include "support/publish_stream.h"

namespace amqp_sidecar::test {

using Items = PublishStream::Items;

inline std::string IdOf(size_t n) { return "m-" + std::to_string(n); }

// Tag and message id are `n`'s.
inline pb::PublishItem NumberedItem(size_t n, const std::string& exchange, const std::string& key) {
  pb::PublishItem item = Item(n, JsonMessage(exchange, key, "{\"n\":" + std::to_string(n) + "}"));
  item.mutable_message()->mutable_properties()->set_message_id(IdOf(n));
  return item;
}

// From `first` on.
inline Items NumberedItems(size_t first, size_t count, const std::string& exchange,
                           const std::string& key) {
  Items items;
  for (size_t i = 0; i < count; ++i) items.push_back(NumberedItem(first + i, exchange, key));
  return items;
}

inline std::multiset<std::string> IdsOf(const std::vector<Direct::Message>& messages) {
  std::multiset<std::string> ids;
  for (const Direct::Message& message : messages) ids.insert(message.message_id);
  return ids;
}

// Tags from 0 to `count`, each answered exactly once.
inline bool EachOnce(const PublishStream& stream, size_t count) {
  const std::map<uint64_t, int> counts = stream.counts_by_tag();
  for (const auto& [tag, results] : counts) {
    if (tag < count && results == 1) continue;
    WARN("tag " << tag << " has " << results << " results");
    return false;
  }
  if (counts.size() != count) WARN(counts.size() << " tags of " << count << " have results");
  return counts.size() == count;
}

inline size_t CountOk(const PublishStream& stream) {
  size_t ok = 0;
  for (const pb::PublishResult& result : stream.results()) ok += result.code() == 0 ? 1 : 0;
  return ok;
}

// A result that failed as the table of outcomes says. No ErrorInfo, so no domain.
inline void CheckResult(const Outcome& outcome, grpc::StatusCode code, const std::string& reason,
                        const std::string& persisted) {
  INFO(outcome);
  CHECK(outcome.code == code);
  CHECK(outcome.reason == reason);
  CHECK(outcome.persisted == persisted);
  CHECK_FALSE(outcome.text.empty());
  CHECK_FALSE(outcome.routed);
}

inline void CheckOk(const Outcome& outcome) {
  INFO(outcome);
  CHECK(outcome.ok());
  CHECK(outcome.reason.empty());
  CHECK(outcome.text.empty());
  CHECK(outcome.persisted.empty());
}

// A sidecar whose bounds are small enough to be met.
inline SidecarOptions BoundsOf(const std::string& limits) {
  SidecarOptions options;
  options.more = "limits: {" + limits + "}\n";
  return options;
}

}  // namespace amqp_sidecar::test
