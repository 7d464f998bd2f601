// Drill: what nearly every drill needs, made for it alone: a broker that may be broken, queues on
// it, a sidecar, a load, a checker, and the figures that come of it. One thread.
#pragma once

#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "drills/checker.h"
#include "drills/load.h"
#include "integration/world.h"
#include "support/fault_proxy.h"

namespace amqp_sidecar::test {

using Clock = std::chrono::steady_clock;

// The long form (SIDECAR_DRILLS=long) is what the promises' figures are taken from; the short one
// runs with every run of the tests.
bool LongForm();

template <typename T>
T Form(T short_form, T long_form) {
  return LongForm() ? long_form : short_form;
}

// One line `figure: row=... form=... key=value ...` on standard output, at the end of a drill.
class Figures {
 public:
  explicit Figures(const std::string& row);
  ~Figures();
  Figures(const Figures&) = delete;
  Figures& operator=(const Figures&) = delete;

  template <typename T>
  void Add(const std::string& key, const T& value) {
    line_ << " " << key << "=" << value;
  }
  // Pairs as they are.
  void Add(const std::string& pairs) { line_ << " " << pairs; }
  void Add(const std::string& key, Millis value) { Add(key, value.count()); }

 private:
  std::ostringstream line_;
};

// Queue arguments, a proxy, or more than one node.
struct DrillOptions {
  SidecarOptions sidecar;
  bool proxied = false;  // the sidecar reaches the broker through `proxy` only
  // None: the drills' single node. More than one: the sidecar knows them all; queues are declared
  // on the first.
  std::vector<RabbitmqNode> nodes = {};
  Direct::Arguments queue = {};  // further arguments of both queues
};

class Drill {
 public:
  // `row` as in the fault matrix of docs/reliability.md. Ready for calls, with the link up.
  explicit Drill(const std::string& row, DrillOptions options = {});

  // `options.queues` empty: the classic and the quorum one.
  void StartLoad(LoadOptions options = {});
  // As the first, with the same configuration and socket; for when that one has ended.
  void StartSidecar();

  // Ends the load, and checks what must hold of any drill: nothing lost, nothing lied, nothing
  // invented or damaged, each call answered, queues empty, and no more duplicates than `faults`
  // times what was in flight.
  Verdict End(size_t faults);

  RabbitmqNode node;
  Names names;
  std::string classic;
  std::string quorum;
  std::unique_ptr<FaultProxy> proxy;
  SidecarOptions sidecar_options;
  std::unique_ptr<SidecarProcess> sidecar;
  Checker checker;
  Figures figures;
  std::unique_ptr<Load> load;

 private:
  TempDir dir_;
};

// What must hold of any checker: nothing lost, lied, invented or damaged, each call answered, and
// no more duplicates than allowed. The sets go into the figures.
Verdict CheckSets(Figures& figures, const Checker& checker, uint64_t duplicates_allowed);

// Waits until the node's port takes a connection, and says when that was.
Clock::time_point WaitForPort(const RabbitmqNode& node, Millis deadline = std::chrono::seconds(60));

// Kills the node, or ends it in another way, and brings it back; returns when its port was open.
Clock::time_point Restart(const RabbitmqNode& node, const std::function<void()>& end);

// Puts messages into the queue, through the drill's sidecar. The checker does not hear of them.
void Fill(Drill& drill, const std::string& queue, size_t count, size_t body_bytes = 20);

// The messages that are in the queue; on a connection of its own.
uint32_t Depth(const RabbitmqNode& node, const std::string& queue);

}  // namespace amqp_sidecar::test
