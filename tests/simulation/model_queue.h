// ModelQueue: a queue of the model broker: messages in order, a bound, consumers in turn. One
// thread. Knows no connections: who consumes is a name to it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checker.h"

namespace amqp_sidecar::simulation {

class ModelChannel;

struct ModelMessage {
  std::string exchange;
  std::string routing_key;
  std::string properties;  // as they came
  std::string body;
  size_t publish = 0;
  bool persistent = false;
};

// A message in one queue.
struct ModelCopy {
  std::shared_ptr<const ModelMessage> message;
  Checker::CopyId id = 0;
  uint64_t position = 0;
  bool redelivered = false;
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
  int64_t max_length = -1;  // -1: no bound; over it publishes are refused
  uint64_t incarnation = 0;

  std::map<uint64_t, ModelCopy> ready;  // by position
  uint64_t next_position = 1;
  size_t unacked = 0;
  std::vector<ModelConsumer> consumers;
  size_t next_consumer = 0;

  bool full() const { return max_length >= 0 && static_cast<int64_t>(ready.size()) >= max_length; }
};

}  // namespace amqp_sidecar::simulation
