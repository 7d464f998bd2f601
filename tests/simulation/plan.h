// Plan: what a seed makes of a run: how long, how many calls of which kind, which faults. A plain
// value. Each seed leaves some kinds of calls and faults out, so that no kind hides another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "broker/broker.h"
#include "model_broker.h"
#include "random.h"
#include "simulated_pipe.h"

namespace amqp_sidecar::simulation {

enum class FaultKind {
  kCloseChannel,
  kCloseConnection,
  kBreakPipe,
  kBreakPipeAtByte,
  kHalfOpen,
  kSilence,
  kAlarm,
  kRestart,
  kDeleteQueue,
  kDeleteExchange,
  kDialFailures,
  kLoginRefused,
  kStallChannel,
  kHoldConfirms,
  kNacks,
  kCancelConsumer,
};
inline constexpr size_t kFaultKinds = 16;

struct Plan {
  base::Duration busy_time{};
  size_t publish_bursts = 0;
  size_t subscriptions = 0;
  size_t topology_calls = 0;
  size_t faults = 0;
  std::array<bool, kFaultKinds> fault_kinds{};
  double refused_posts = 0;
  // How calls are chosen.
  bool bad_publishes = true;    // to what is missing, forbidden, too large, full
  bool short_deadlines = true;  // as well as long ones
  bool large_bodies = true;
  bool transient_messages = true;
  bool bad_settlements = true;
  // Subscriptions with retry policies and acknowledgement deadlines, nacks with delays, messages
  // by others, and messages that are put back by hand.
  bool retries = false;
  size_t foreign_publishes = 0;
  size_t shovels = 0;
  // Fewer channel numbers than are wanted: nothing says then that all comes back.
  bool few_channels = false;
  // Nothing happens for so long, and then all of it once more. The broker may be away meanwhile.
  base::Duration pause{};
  bool away_in_pause = false;
  // The drain begins in the middle of it all, instead of when all is well again.
  bool drain_early = false;
  base::Duration drain_time{};

  SimulatedPipe::Shape pipe;
  ModelBroker::Options model;
  broker::Broker::Config config;

  // Nothing in it is allowed to make a message arrive twice, or out of order.
  bool faultless() const { return faults == 0 && !away_in_pause; }
  // The bounds of the sidecar may be met.
  bool limited() const {
    return refused_posts > 0 || few_channels || config.max_in_flight_messages < 1'000 ||
           config.max_in_flight_bytes < 1'000'000;
  }
};

Plan MakePlan(Random random);

}  // namespace amqp_sidecar::simulation
