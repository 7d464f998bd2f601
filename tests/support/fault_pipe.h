// FaultPipe: one direction of a connection through the FaultProxy, with what goes wrong in it. On
// the proxy's thread. Owns no socket, and knows nothing of the other direction.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <string>

namespace amqp_sidecar::test {

// What becomes of the bytes of a black hole.
enum class Hole {
  kNone,
  kStopReading,  // nobody takes them: the sender's window fills
  kDiscard,      // they are taken and forgotten
};

// What a connection's end looks like to both of its peers.
enum class Ending { kClose, kReset };

// What is wrong with one direction. As it stands: nothing.
struct Faults {
  std::chrono::milliseconds delay{0};
  std::chrono::milliseconds jitter{0};  // on top of the delay, from 0 to this; order is kept
  size_t bytes_per_second = 0;          // 0: no bound
  size_t segment = 0;                   // bytes of one send at most; 0: no bound
  Hole hole = Hole::kNone;
  // Counted from the connection's first byte in this direction, from 0: this one is inverted.
  std::optional<uint64_t> corrupt_at;
};

class FaultPipe {
 public:
  using Clock = std::chrono::steady_clock;
  using Random = std::mt19937_64;

  enum class State { kFlowing, kEnded, kCut };

  // Both sockets do not block.
  FaultPipe(int from, int to) : from_(from), to_(to) {}

  // After this many bytes in all, State::kCut. One that has passed more already is cut at once.
  void CutAfter(uint64_t bytes) { cut_after_ = bytes; }

  // Reads and writes what can be now.
  State Pump(const Faults& faults, Random& random, Clock::time_point now);

  // For poll: whether bytes are wanted, and whether some wait for nothing but room.
  bool WantsToRead(const Faults& faults) const;
  bool WantsToWrite(const Faults& faults, Clock::time_point now) const;
  // When a byte that waits for its time may go on.
  std::optional<Clock::time_point> NextDue() const;

 private:
  struct Chunk {
    Clock::time_point due;
    std::string bytes;
  };
  bool Read(const Faults& faults, Random& random, Clock::time_point now);
  bool Write(const Faults& faults, Clock::time_point now);
  size_t NextSize(const Faults& faults) const;

  const int from_;
  const int to_;
  std::optional<uint64_t> cut_after_;
  std::deque<Chunk> chunks_;
  size_t held_ = 0;  // bytes in chunks_
  uint64_t taken_ = 0;
  uint64_t passed_ = 0;
  bool ended_ = false;
  Clock::time_point last_due_;
  Clock::time_point rate_allows_;
};

}  // namespace amqp_sidecar::test
