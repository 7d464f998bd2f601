// Handshake: from connection.start to connection.open-ok, and what was agreed on in between. io
// thread. Writes to the queue; knows no time.
#pragma once

#include <cstdint>
#include <optional>

#include "amqp/connection.h"
#include "amqp/server_methods.h"
#include "amqp/violation.h"
#include "amqp/write_queue.h"

namespace amqp_sidecar::amqp {

class Handshake {
 public:
  explicit Handshake(const Connection::Options& options) : options_(options) {}

  // The next method on channel 0; connection.close is not for here.
  std::optional<Violation> OnMethod(const ServerMethod& method, WriteQueue& out);

  bool done() const { return state_ == State::kDone; }
  // True once something came that could be a broker.
  bool begun() const { return state_ != State::kWaitsForStart; }
  // True from the moment that `agreed` holds.
  bool tuned() const { return state_ == State::kWaitsForOpenOk || done(); }

  // What both sides keep to; valid once tuned. channel_max and frame_max are never 0.
  const ConnectionTune& agreed() const { return agreed_; }
  const ServerInfo& server() const { return server_; }

 private:
  enum class State { kWaitsForStart, kWaitsForTune, kWaitsForOpenOk, kDone };

  std::optional<Violation> OnStart(const ConnectionStart& start, WriteQueue& out);
  std::optional<Violation> OnTune(const ConnectionTune& tune, WriteQueue& out);

  const Connection::Options& options_;
  State state_ = State::kWaitsForStart;
  ConnectionTune agreed_;
  ServerInfo server_;
};

}  // namespace amqp_sidecar::amqp
