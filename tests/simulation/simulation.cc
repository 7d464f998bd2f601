#include "simulation.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>

#include "base/log.h"
#include "broker/broker.h"
#include "checker.h"
#include "nemesis.h"
#include "plan.h"
#include "settlement_checker.h"
#include "simulated_network.h"
#include "simulated_reactor.h"
#include "workload.h"

namespace amqp_sidecar::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// When all is well again the sidecar is, too, within this: the longest way is a half-open
// connection that misses two heartbeats, a backoff, a dial, and the broker's own heartbeats for the
// old one, which holds an exclusive consumer.
constexpr base::Duration kRecovery = seconds(15);
// After a reconnect a publish that is refused is tried again for 10 seconds, and holds up those
// behind it on its channel.
constexpr base::Duration kElection = seconds(13);
// Connection.close and its answer, at the end of a drain.
constexpr base::Duration kGoodbye = milliseconds(500);
// 256 KiB of publishes and one more of the largest, and room for control frames.
constexpr size_t kMostOffered = 320u << 10;
// Publishes that wait for nothing but their deadline have 30 seconds.
constexpr base::Duration kPatience = seconds(32);
constexpr uint64_t kMostEvents = 1'000'000;

class World {
 public:
  World(uint64_t seed, bool print)
      : random_(seed),
        plan_(MakePlan(random_.Fork())),
        trace_(reactor_, print),
        checker_(trace_, reactor_),
        settlements_(checker_),
        model_(reactor_, trace_, checker_, settlements_, random_.Fork(), plan_.model),
        network_(reactor_, trace_, random_.Fork(), plan_.pipe,
                 [this](auto pipe) { model_.Accept(std::move(pipe)); }),
        broker_(std::make_unique<broker::Broker>(
            reactor_, network_, [random = random_.Fork()]() mutable { return random.Unit(); },
            plan_.config, nullptr)),
        workload_({reactor_, trace_, checker_, settlements_, *broker_}, model_, plan_,
                  random_.Fork()),
        nemesis_(reactor_, trace_, network_, model_, plan_, random_.Fork()) {
    network_.on_client_end = [this] { checker_.Fault(); };
    if (plan_.faultless()) checker_.ExpectNoFaults();
    if (!plan_.limited()) checker_.ExpectNoLimits();
    if (plan_.refused_posts > 0) {
      reactor_.refuse_posts([this, random = random_.Fork()]() mutable {
        return !settled_down_ && random.Chance(plan_.refused_posts);
      });
    }
  }

  Result Run() {
    broker_->Start();
    BeBusy();
    if (plan_.pause > base::Duration::zero() && !plan_.drain_early && good()) {
      Pause();
      BeBusy();
    }
    Drain();
    if (network_.most_offered() > kMostOffered) {
      checker_.Fail(std::to_string(network_.most_offered()) + " bytes waited to be written");
    }
    model_.NoteDeadLetters();
    if (good()) settlements_.Finish();
    if (good()) checker_.Finish(model_.held());
    return {checker_.failure(), trace_.hash(), trace_.events(), checker_.publishes()};
  }

 private:
  bool good() const { return checker_.failure().empty(); }

  void BeBusy() {
    settled_down_ = false;
    const base::TimePoint busy_until = reactor_.Now() + plan_.busy_time;
    workload_.Begin(busy_until);
    nemesis_.Begin(busy_until);
    if (plan_.drain_early) return RunFor(random_.Time({}, plan_.busy_time));
    RunFor(plan_.busy_time);
    if (!plan_.few_channels) BeWellAgain();
  }

  void Pause() {
    trace_.Event("pause");
    checker_.ExpectRecovery(base::kNever);
    if (plan_.away_in_pause) nemesis_.TakeBrokerAway();
    RunFor(plan_.pause);
    nemesis_.Return();
  }

  void RunFor(base::Duration time) {
    RunUntil(reactor_.Now() + time, [] { return false; });
  }

  // Until `done` is true, or `end`.
  void RunUntil(base::TimePoint end, absl::AnyInvocable<bool()> done) {
    absl::AnyInvocable<bool()> stop = [&] {
      if (trace_.events() > kMostEvents) checker_.Fail("it goes round and round");
      return !good() || done();
    };
    reactor_.RunUntil(end, stop);
  }

  // Why all is not well yet; empty where it is.
  std::string Unwell() {
    for (const SimulatedPipe* pipe : network_.OpenPipes()) {
      if (!pipe->well()) return "it does not notice that a connection is dead";
    }
    const auto snapshot = broker_->snapshot();
    for (const auto* connection : {&snapshot->connection, &snapshot->consuming()}) {
      if (!connection->up()) return "no link: " + connection->last_error;
      if (connection->state == broker::ConnectionState::kBlocked) return "still blocked";
    }
    if (!snapshot->topology_declared && !MayBeMissing(snapshot->topology_error)) {
      return "topology: " + snapshot->topology_error;
    }
    for (const auto& consumer : workload_.consumers()) {
      if (ShouldBeActive(*consumer) && !consumer->active()) {
        return consumer->Describe() + " does not come back";
      }
    }
    if (model_.closing_channels() > 0) return "a channel is not given up";
    return "";
  }

  // A binding that was declared without its exchange cannot come back when that was deleted behind
  // the sidecar's back, and the sidecar says so.
  static bool MayBeMissing(const std::string& topology_error) {
    return topology_error.ends_with("NOT_FOUND - no exchange 'mine' in vhost '/'");
  }

  // Not where one of the sidecar's own keeps it out.
  bool ShouldBeActive(const Consumer& consumer) const {
    if (consumer.ended() || consumer.leaving()) return false;
    for (const auto& other : workload_.consumers()) {
      if (other.get() != &consumer && !other->ended() && other->queue() == consumer.queue() &&
          (other->exclusive() || consumer.exclusive())) {
        return false;
      }
    }
    return true;
  }

  void BeWellAgain() {
    nemesis_.Heal();
    settled_down_ = true;
    const base::TimePoint end = reactor_.Now() + kRecovery;
    RunUntil(end, [this] { return Unwell().empty(); });
    if (good() && !Unwell().empty())
      checker_.Fail("all is well and the sidecar is not: " + Unwell());
    checker_.ExpectRecovery(reactor_.Now() + kElection);
    for (int i = 0; i < 4 && good(); ++i) ProbeUntilOk();
    if (good()) CheckNoneIsForgotten();
    if (good()) CheckSettled();
    if (good()) CheckChannels();
  }

  // Others that cost the broker's channels one after another may keep a good one from its confirm
  // for a while: each is tried alone.
  void ProbeUntilOk() {
    std::string why;
    const base::TimePoint end = reactor_.Now() + kPatience;
    while (good() && reactor_.Now() < end) {
      const size_t index = workload_.PublishProbe();
      RunUntil(checker_.publish(index).deadline,
               [&] { return checker_.publish(index).answers > 0; });
      if (!good() || !checker_.publish(index).result.error) return;
      why = checker_.publish(index).result.error->detail;
      // What fills the bounds goes when its time is up.
      RunFor(seconds(1));
    }
    checker_.Fail("all is well and a publish is not: " + why);
  }

  // Whatever its deadline: with a broker that is well each publish has its answer soon.
  void CheckNoneIsForgotten() {
    RunUntil(reactor_.Now() + kRecovery, [this] { return checker_.unanswered_publishes() == 0; });
    if (good() && checker_.unanswered_publishes() > 0) {
      checker_.Fail(std::to_string(checker_.unanswered_publishes()) + " publishes are forgotten");
    }
  }

  // What was settled, or was held for too long, is settled at the broker; also what has to be moved
  // for that, or cannot be.
  void CheckSettled() {
    const base::TimePoint since = reactor_.Now();
    RunUntil(since + kRecovery, [&] { return settlements_.Owed(since).empty(); });
    if (good() && !settlements_.Owed(since).empty()) checker_.Fail(settlements_.Owed(since));
  }

  // Publish channels and the one for suspects, the scratch channel, and one for each subscription.
  void CheckChannels() {
    RunFor(seconds(3));
    checker_.CheckAnsweredSince(reactor_.Now() - seconds(2));
    // The channel of a consumer that has just left is closed a little later.
    RunUntil(reactor_.Now() + seconds(1), [this] { return model_.open_channels() <= InUse(); });
    if (good() && model_.open_channels() > InUse()) {
      checker_.Fail(std::to_string(model_.open_channels()) + " channels are open, where " +
                    std::to_string(InUse()) + " are in use");
    }
  }

  size_t InUse() const {
    size_t channels = plan_.config.publish_channels + 2;
    for (const auto& consumer : workload_.consumers()) {
      channels += !consumer->ended() && !consumer->left();
    }
    return channels;
  }

  void Drain() {
    if (!good()) return;
    const base::TimePoint deadline = reactor_.Now() + plan_.drain_time;
    trace_.Event("drain");
    checker_.SawDrain();
    bool done = false;
    broker_->Drain(deadline, [&] { done = true; });
    RunUntil(deadline + kGoodbye + milliseconds(50), [&] { return done; });
    if (!good()) return;
    if (!done) return checker_.Fail("the drain does not end");
    trace_.Event("drained");
    settled_down_ = true;
    CheckNothingIsLeft();
    // What the sidecar has let go of is noticed by the broker, too.
    nemesis_.Heal();
    RunUntil(reactor_.Now() + seconds(20), [this] { return model_.connections() == 0; });
    if (good() && model_.connections() > 0) checker_.Fail("the broker still has a connection");
  }

  // The daemon's thread ends with the drain: nothing may wait for it any more.
  void CheckNothingIsLeft() {
    RunUntil(reactor_.Now(), [this] { return reactor_.idle(); });
    if (!good()) return;
    if (checker_.unanswered_publishes() > 0) checker_.Fail("a publish outlives the drain");
    if (checker_.unanswered_others() > 0) checker_.Fail("a call outlives the drain");
    for (const auto& consumer : workload_.consumers()) {
      if (!consumer->ended() && !consumer->left()) {
        checker_.Fail(consumer->Describe() + " outlives the drain");
      }
    }
    if (reactor_.timers() > 0) {
      checker_.Fail(std::to_string(reactor_.timers()) + " timers outlive the drain");
    }
    if (network_.transports() > 0) checker_.Fail("a connection outlives the drain");
  }

  Random random_;
  const Plan plan_;
  SimulatedReactor reactor_;
  Trace trace_;
  Checker checker_;
  SettlementChecker settlements_;
  ModelBroker model_;
  SimulatedNetwork network_;
  std::unique_ptr<broker::Broker> broker_;
  Workload workload_;
  Nemesis nemesis_;
  bool settled_down_ = false;
};

}  // namespace

Result Run(uint64_t seed, bool print) { return World(seed, print).Run(); }

void SetLog(bool on) {
  // Makes the logger, which is then to be found by its name.
  (void)base::LogEnabled(base::LogLevel::kError);
  spdlog::get("amqp-sidecar")->set_level(on ? spdlog::level::debug : spdlog::level::off);
}

}  // namespace amqp_sidecar::simulation
