#include "nemesis.h"

#include <utility>
#include <vector>

namespace amqp_sidecar::simulation {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Way = SimulatedPipe::Way;

void Nemesis::Begin(base::TimePoint end) {
  const base::TimePoint begin = reactor_.Now();
  for (size_t i = 0; i < plan_.faults; ++i) {
    reactor_.WorldAt(begin + random_.Time({}, end - begin), [this] {
      if (!healed_) Strike();
    });
  }
}

void Nemesis::Later(base::Duration delay, base::Task task) {
  reactor_.WorldAfter(delay, [this, task = std::move(task)]() mutable {
    if (!healed_) task();
  });
}

void Nemesis::Strike() {
  std::vector<FaultKind> kinds;
  for (size_t i = 0; i < kFaultKinds; ++i) {
    if (plan_.fault_kinds[i]) kinds.push_back(static_cast<FaultKind>(i));
  }
  Strike(kinds[random_.Below(kinds.size())]);
}

void Nemesis::Strike(FaultKind kind) {
  trace_.Event("fault", {static_cast<uint64_t>(kind)});
  const base::Duration while_long = random_.Chance(0.7)
                                        ? random_.Time(milliseconds(1), milliseconds(600))
                                        : random_.Time(milliseconds(600), seconds(5));
  switch (kind) {
    case FaultKind::kCloseChannel:
      return broker_.CloseSomeChannel();
    case FaultKind::kCloseConnection:
      return broker_.CloseSomeConnection();
    case FaultKind::kBreakPipe:
    case FaultKind::kBreakPipeAtByte:
    case FaultKind::kHalfOpen:
    case FaultKind::kSilence:
      return DoToSomePipe(kind);
    case FaultKind::kAlarm:
      broker_.SetAlarm(true);
      return Later(while_long, [this] { broker_.SetAlarm(false); });
    case FaultKind::kRestart:
      if (!broker_.up()) return;
      broker_.GoDown(random_.Chance(0.5));
      network_.set_dials(SimulatedNetwork::Dials::kRefused);
      return Later(while_long, [this] {
        broker_.ComeUp();
        network_.set_dials(SimulatedNetwork::Dials::kConnect);
      });
    case FaultKind::kDeleteQueue:
      return broker_.DeleteSomeQueue();
    case FaultKind::kDeleteExchange:
      return broker_.DeleteSomeExchange();
    case FaultKind::kDialFailures:
      network_.set_dials(random_.Chance(0.5) ? SimulatedNetwork::Dials::kRefused
                                             : SimulatedNetwork::Dials::kTimeOut);
      DoToSomePipe(FaultKind::kBreakPipe);
      return Later(while_long, [this] { network_.set_dials(SimulatedNetwork::Dials::kConnect); });
    case FaultKind::kLoginRefused:
      broker_.SetLogin(random_.Chance(0.5) ? ModelBroker::Login::kRefused
                                           : ModelBroker::Login::kNoVhost);
      DoToSomePipe(FaultKind::kBreakPipe);
      return Later(while_long, [this] { broker_.SetLogin(ModelBroker::Login::kOk); });
    case FaultKind::kStallChannel:
      return broker_.StallSomeChannel(reactor_.Now() + while_long);
    case FaultKind::kHoldConfirms:
      return broker_.HoldConfirms(reactor_.Now() + while_long);
    case FaultKind::kNacks:
      broker_.SetNacks(0.3);
      return Later(while_long, [this] { broker_.SetNacks(0); });
    case FaultKind::kCancelConsumer:
      return broker_.CancelSomeConsumer();
  }
}

void Nemesis::DoToSomePipe(FaultKind kind) {
  const std::vector<SimulatedPipe*> open = network_.OpenPipes();
  if (open.empty()) return;
  SimulatedPipe& pipe = *open[random_.Below(open.size())];
  const Way way = random_.Chance(0.5) ? Way::kToBroker : Way::kToClient;
  if (kind == FaultKind::kBreakPipe) return pipe.Break();
  if (kind == FaultKind::kBreakPipeAtByte) {
    return pipe.BreakAfter(way, random_.Below(random_.Chance(0.5) ? 300 : 5'000));
  }
  if (kind == FaultKind::kHalfOpen) {
    pipe.BlackHole(way);
    if (random_.Chance(0.5))
      pipe.BlackHole(way == Way::kToBroker ? Way::kToClient : Way::kToBroker);
    return;
  }
  const base::TimePoint until = reactor_.Now() + random_.Time(milliseconds(10), seconds(5));
  pipe.Stall(way, until);
  if (random_.Chance(0.5))
    pipe.Stall(way == Way::kToBroker ? Way::kToClient : Way::kToBroker, until);
}

void Nemesis::TakeBrokerAway() {
  broker_.GoDown(random_.Chance(0.5));
  network_.set_dials(SimulatedNetwork::Dials::kRefused);
}

void Nemesis::Return() {
  network_.set_dials(SimulatedNetwork::Dials::kConnect);
  if (!broker_.up()) broker_.ComeUp();
  healed_ = false;
}

void Nemesis::Heal() {
  trace_.Event("all is well again");
  healed_ = true;
  network_.set_dials(SimulatedNetwork::Dials::kConnect);
  broker_.Heal();
  for (SimulatedPipe* pipe : network_.OpenPipes()) pipe->Heal();
}

}  // namespace amqp_sidecar::simulation
