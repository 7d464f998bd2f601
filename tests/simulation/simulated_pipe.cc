#include "simulated_pipe.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::simulation {

using std::chrono::microseconds;
using std::chrono::milliseconds;

size_t SimulatedPipe::room() const {
  const size_t used = ways_[0].bytes.size();
  return used >= shape_.buffer ? 0 : shape_.buffer - used;
}

size_t SimulatedPipe::Write(std::string_view bytes) {
  if (broken_) return 0;
  const size_t taken = std::min(bytes.size(), room());
  Put(Way::kToBroker, bytes.substr(0, taken));
  return taken;
}

void SimulatedPipe::Send(std::string_view bytes) {
  if (!broken_) Put(Way::kToClient, bytes);
}

void SimulatedPipe::Put(Way way, std::string_view bytes) {
  Direction& to = On(way);
  if (bytes.empty() || to.ending) return;
  // A hole swallows what the client writes as long as its own buffer has room; nobody reads it.
  if (to.black_hole && way == Way::kToClient) return;
  to.bytes += bytes;
  if (to.black_hole) return;
  const base::TimePoint at = reactor_.Now() + random_.Time(shape_.min_latency, shape_.max_latency);
  to.last = std::max({to.last, at, to.stalled_until});
  to.pieces.push_back({to.last, bytes.size()});
  Schedule(way);
}

void SimulatedPipe::Schedule(Way way) {
  Direction& to = On(way);
  if (to.scheduled || to.pieces.empty()) return;
  to.scheduled = true;
  reactor_.WorldAt(std::max(to.pieces.front().at, to.stalled_until),
                   [self = shared_from_this(), way] {
                     self->On(way).scheduled = false;
                     self->Arrive(way);
                   });
}

void SimulatedPipe::Arrive(Way way) {
  Direction& to = On(way);
  if (to.black_hole) return;
  const base::TimePoint now = reactor_.Now();
  if (now < to.stalled_until) return Schedule(way);
  size_t bytes = 0;
  while (!to.pieces.empty() && to.pieces.front().at <= now) {
    bytes += to.pieces.front().bytes;
    to.pieces.pop_front();
  }
  if (bytes > 1 && random_.Chance(shape_.tear)) {
    const size_t now_bytes = random_.Between(1, bytes - 1);
    to.pieces.push_front({now + random_.Time(microseconds(1), milliseconds(2)), bytes - now_bytes});
    bytes = now_bytes;
  }
  const bool breaks = to.total + bytes >= to.break_at;
  if (breaks) bytes = static_cast<size_t>(to.break_at - to.total);
  to.arrived += bytes;
  to.total += bytes;
  if (bytes > 0) Hand(way);
  if (breaks) {
    to.break_at = UINT64_MAX;
    Break();
    return;
  }
  if (to.pieces.empty() && to.ending) return EndAt(way);
  Schedule(way);
}

void SimulatedPipe::Hand(Way way) {
  if (way == Way::kToBroker) {
    trace_.Event("arrives at broker", {id_, ways_[0].arrived});
    if (broker_ != nullptr) broker_->OnReadable();
    return;
  }
  Direction& to = On(way);
  if (client_ == nullptr) return;
  std::string piece = to.bytes.substr(0, to.arrived);
  to.bytes.erase(0, to.arrived);
  to.arrived = 0;
  trace_.Event("arrives at client", {id_, piece.size()});
  client_->OnBytes(piece);
}

std::string SimulatedPipe::Read(size_t most) {
  Direction& to = ways_[0];
  const size_t size = std::min(most, to.arrived);
  std::string bytes = to.bytes.substr(0, size);
  to.bytes.erase(0, size);
  to.arrived -= size;
  if (size > 0) TellOfRoom();
  return bytes;
}

void SimulatedPipe::TellOfRoom() {
  if (!std::exchange(wants_room_, false)) return;
  reactor_.WorldAfter(random_.Time(microseconds(10), milliseconds(1)), [self = shared_from_this()] {
    if (self->client_ != nullptr && !self->broken_) {
      self->client_->OnWritable();
    }
  });
}

void SimulatedPipe::EndAt(Way way) {
  if (way == Way::kToBroker) {
    if (broker_ != nullptr) std::exchange(broker_, nullptr)->OnPipeEnded();
    return;
  }
  broken_ = true;
  if (client_ == nullptr) return;
  trace_.Event("pipe ends for client", {id_});
  std::exchange(client_, nullptr)->OnClosed("connection reset by peer");
}

void SimulatedPipe::CutShort(Way way) {
  Direction& to = On(way);
  // Through a hole nobody is told.
  if (to.ending || to.black_hole) return;
  const size_t on_way = to.bytes.size() - to.arrived;
  const size_t keeps = random_.Chance(0.4) ? 0 : random_.Between(0, on_way);
  to.bytes.resize(to.arrived + keeps);
  to.pieces.clear();
  to.ending = true;
  to.pieces.push_back(
      {std::max(reactor_.Now() + random_.Time(microseconds(1), milliseconds(5)), to.stalled_until),
       keeps});
  to.scheduled = false;
  Schedule(way);
}

void SimulatedPipe::CloseByClient() {
  client_ = nullptr;
  if (broken_) return;
  broken_ = true;
  Direction& to = ways_[0];
  trace_.Event("client closes pipe", {id_});
  if (to.black_hole) return;
  // With unread bytes at its end the kernel resets: what is on the way may be lost.
  if (ways_[1].bytes.empty() || random_.Chance(0.5)) {
    to.ending = true;
    to.pieces.push_back({std::max(to.last, reactor_.Now() + shape_.min_latency), 0});
    Schedule(Way::kToBroker);
  } else {
    CutShort(Way::kToBroker);
  }
}

void SimulatedPipe::CloseByBroker() {
  broker_ = nullptr;
  Direction& to = ways_[1];
  if (broken_ || to.black_hole || to.ending) return;
  to.ending = true;
  to.pieces.push_back({std::max(to.last, reactor_.Now() + shape_.min_latency), 0});
  Schedule(Way::kToClient);
}

void SimulatedPipe::KillBroker() {
  broker_ = nullptr;
  if (!broken_ && !ways_[1].black_hole) CutShort(Way::kToClient);
}

void SimulatedPipe::Break() {
  if (broken_) return;
  disturbed_ = true;
  trace_.Event("pipe breaks", {id_});
  CutShort(Way::kToBroker);
  CutShort(Way::kToClient);
}

void SimulatedPipe::BreakAfter(Way way, uint64_t bytes) {
  disturbed_ = true;
  On(way).break_at = On(way).total + bytes;
}

void SimulatedPipe::BlackHole(Way way) {
  disturbed_ = true;
  Direction& to = On(way);
  if (to.ending) return;
  to.black_hole = true;
  to.bytes.resize(to.arrived);
  to.pieces.clear();
}

bool SimulatedPipe::well() const {
  const base::TimePoint now = reactor_.Now();
  for (const Direction& way : ways_) {
    if (way.black_hole || way.ending || now < way.stalled_until) return false;
  }
  return true;
}

void SimulatedPipe::Heal() {
  for (Direction& way : ways_) way.break_at = UINT64_MAX;
}

void SimulatedPipe::Stall(Way way, base::TimePoint until) {
  disturbed_ = true;
  On(way).stalled_until = std::max(On(way).stalled_until, until);
}

}  // namespace amqp_sidecar::simulation
