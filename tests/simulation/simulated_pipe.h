// SimulatedPipe: one TCP connection between the sidecar and the model broker: bytes arrive late, in
// pieces cut anywhere; buffers are bounded; it breaks at any byte, or goes silent. One thread.
// Knows no AMQP.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "amqp/transport.h"
#include "random.h"
#include "simulated_reactor.h"
#include "trace.h"

namespace amqp_sidecar::simulation {

class SimulatedPipe : public std::enable_shared_from_this<SimulatedPipe> {
 public:
  // Where the broker holds it. Called from the world's turns only.
  class BrokerEnd {
   public:
    virtual ~BrokerEnd() = default;
    // There is something to Read().
    virtual void OnReadable() = 0;
    // The client, or the network, ended it. The last call.
    virtual void OnPipeEnded() = 0;
  };

  enum class Way { kToBroker, kToClient };

  struct Shape {
    base::Duration min_latency = std::chrono::microseconds(50);
    base::Duration max_latency = std::chrono::milliseconds(1);
    size_t buffer = 64u << 10;  // what the client may write ahead of the broker's reading
    double tear = 0.1;          // how often what arrives is cut in two
  };

  SimulatedPipe(SimulatedReactor& reactor, Trace& trace, Random random, Shape shape, uint64_t id)
      : reactor_(reactor), trace_(trace), random_(random), shape_(shape), id_(id) {}

  uint64_t id() const { return id_; }
  bool open() const { return client_ != nullptr && !broken_; }
  // A fault was on it: what looks like the other's fault may be the network's.
  bool disturbed() const { return disturbed_; }

  // Nothing that was done to it goes on.
  bool well() const;
  // What was to be done to it is not done; a hole stays.
  void Heal();

  // --- The client's end.
  void AttachClient(amqp::Transport::Listener& listener) { client_ = &listener; }
  size_t Write(std::string_view bytes);
  size_t room() const;
  void WantRoom() { wants_room_ = true; }
  void CloseByClient();

  // --- The broker's end.
  void AttachBroker(BrokerEnd& end) { broker_ = &end; }
  // What has arrived and was not read, `most` bytes at most.
  std::string Read(size_t most);
  bool HasArrived() const { return ways_[0].arrived > 0; }
  void Send(std::string_view bytes);
  // Behind what was sent.
  void CloseByBroker();
  // The broker is not there any more: the kernel says so at once.
  void KillBroker();

  // --- Faults.
  // Breaks it now. Of what is on its way to either end some, none or all arrives.
  void Break();
  // Breaks it after that many more bytes have arrived at that end.
  void BreakAfter(Way way, uint64_t bytes);
  // Whatever is on its way, and comes later, is lost; neither end is told.
  void BlackHole(Way way);
  // Nothing arrives before `until`.
  void Stall(Way way, base::TimePoint until);

 private:
  struct Piece {
    base::TimePoint at;
    size_t bytes;
  };
  struct Direction {
    std::string bytes;  // arrived and not read, then on the way
    size_t arrived = 0;
    std::deque<Piece> pieces;
    base::TimePoint last;
    base::TimePoint stalled_until;
    uint64_t total = 0;  // that ever arrived
    uint64_t break_at = UINT64_MAX;
    bool black_hole = false;
    bool scheduled = false;
    bool ending = false;  // the end follows what is on the way
  };

  static size_t Index(Way way) { return way == Way::kToBroker ? 0 : 1; }
  Direction& On(Way way) { return ways_[Index(way)]; }
  void Put(Way way, std::string_view bytes);
  void Schedule(Way way);
  void Arrive(Way way);
  void TellOfRoom();
  void Hand(Way way);
  void EndAt(Way way);
  // Of what is on the way only a part still arrives, then the end.
  void CutShort(Way way);

  SimulatedReactor& reactor_;
  Trace& trace_;
  Random random_;
  const Shape shape_;
  const uint64_t id_;
  amqp::Transport::Listener* client_ = nullptr;
  BrokerEnd* broker_ = nullptr;
  Direction ways_[2];
  bool wants_room_ = false;
  bool broken_ = false;
  bool disturbed_ = false;
};

}  // namespace amqp_sidecar::simulation
