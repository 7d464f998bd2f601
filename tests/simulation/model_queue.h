// ModelQueue: a queue of the model broker: messages in order, a bound, consumers in turn, how long
// messages and itself live, where they go then. One thread. Knows no connections: who consumes is a
// name to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checker.h"
#include "model_wire.h"
#include "settlement_checker.h"

namespace amqp_sidecar::simulation {

class ModelChannel;

struct ModelMessage {
  std::string exchange;
  std::string routing_key;
  std::string properties;  // as they came
  std::string body;
  std::string user_id;
  size_t publish = 0;
  bool persistent = false;
  // The sidecar publishes it again: to wait, or to die.
  std::optional<SettlementChecker::Move> move;
  // Its own, in each queue that it comes to.
  std::optional<base::Duration> time_to_live;
  // Besides the routing key.
  std::vector<std::string> further_keys;
};

// A message in one queue.
struct ModelCopy {
  std::shared_ptr<const ModelMessage> message;
  Checker::CopyId id = 0;
  uint64_t position = 0;
  bool redelivered = false;
  int64_t returns = 0;  // how often it came back unsettled or nacked
  base::TimePoint expires = base::kNever;
};

// Why a message leaves its queue.
enum class Death { kExpired, kRejected };

// A dead letter that is not forgotten where it was: until it has arrived, and a little longer.
struct ModelLeaving {
  ModelCopy copy;
  Death death = Death::kExpired;
  bool arrived = false;
};

struct ModelConsumer {
  ModelChannel* channel = nullptr;
  std::string tag;
  bool exclusive = false;
};

struct ModelQueue {
  std::string name;
  bool durable = true;
  bool auto_delete = false;
  WireTable arguments;
  uint64_t incarnation = 0;

  std::map<uint64_t, ModelCopy> ready;  // by position
  std::map<Checker::CopyId, ModelLeaving> leaving;
  uint64_t next_position = 1;
  size_t unacked = 0;
  std::vector<ModelConsumer> consumers;
  size_t next_consumer = 0;
  base::TimePoint last_used;

  // --- What its arguments say.
  // Keeps all messages over a restart, and counts how often each came back.
  bool quorum() const { return Text("x-queue-type") == "quorum"; }
  bool of_known_type() const {
    const auto type = Text("x-queue-type");
    return !type || *type == "classic" || *type == "quorum" || *type == "stream";
  }
  // What is dead-lettered stays until it has arrived.
  bool at_least_once() const {
    return quorum() && Text("x-dead-letter-strategy") == "at-least-once" &&
           Text("x-overflow") == "reject-publish";
  }
  std::optional<std::string> dead_letter_exchange() const { return Text("x-dead-letter-exchange"); }
  std::optional<std::string> dead_letter_key() const { return Text("x-dead-letter-routing-key"); }
  std::optional<base::Duration> time_to_live() const { return Time("x-message-ttl"); }
  // Unused for so long, it is deleted.
  std::optional<base::Duration> lease() const { return Time("x-expires"); }
  // Over its bound, publishes are refused.
  bool full() const {
    const auto bound = Number("x-max-length");
    return bound && static_cast<int64_t>(ready.size() + leaving.size()) >= *bound;
  }

  size_t held() const { return ready.size() + unacked + leaving.size(); }

 private:
  std::optional<std::string> Text(const std::string& argument) const {
    const auto found = arguments.find(argument);
    if (found == arguments.end() || found->second.text() == nullptr) return std::nullopt;
    return *found->second.text();
  }
  std::optional<int64_t> Number(const std::string& argument) const {
    const auto found = arguments.find(argument);
    if (found == arguments.end() || found->second.number() == nullptr) return std::nullopt;
    return *found->second.number();
  }
  std::optional<base::Duration> Time(const std::string& argument) const {
    const auto milliseconds = Number(argument);
    if (!milliseconds) return std::nullopt;
    return std::chrono::milliseconds(*milliseconds);
  }
};

}  // namespace amqp_sidecar::simulation
