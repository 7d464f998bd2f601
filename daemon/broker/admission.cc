#include "broker/admission.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::broker {

// Its members are guarded by the admission's mutex.
class Admission::Stream {
 public:
  explicit Stream(std::function<void()> callback) : on_room(std::move(callback)) {}

  const std::function<void()> on_room;
  Load load;
  StreamWindow window;
  bool waiting = false;
  size_t wanted = 0;  // bytes, while it waits
  bool told = false;  // of room that it has not tried to use yet
};

bool Admission::AdmitCall(size_t bytes) {
  const base::MutexLock lock(&mutex_);
  if (!all_.HasRoomFor(bytes, limits_)) return false;
  all_.Add(bytes);
  return true;
}

void Admission::ReleaseCall(size_t bytes) {
  StreamPtr next;
  {
    const base::MutexLock lock(&mutex_);
    all_.Take(bytes);
    next = NextWaiting();
  }
  Tell(next);
}

Admission::StreamPtr Admission::OpenStream(std::function<void()> on_room) const {
  return std::make_shared<Stream>(std::move(on_room));
}

bool Admission::AdmitStream(const StreamPtr& stream, size_t bytes) {
  StreamPtr next;
  {
    const base::MutexLock lock(&mutex_);
    if (!TryAdmit(stream, bytes)) return false;
    next = NextWaiting();
  }
  Tell(next);
  return true;
}

bool Admission::TryAdmit(const StreamPtr& stream, size_t bytes) {
  if (stream->waiting) return false;
  const bool told = std::exchange(stream->told, false);
  const bool idle = stream->load.messages == 0;
  if (!idle && stream->load.messages >= stream->window.size()) {
    stream->window.HeldBack();
    return false;
  }
  if (!idle && !stream->load.HasRoomFor(bytes, ShareLimits())) return false;
  const bool passes_others = idle && !told && !waiting_.empty();
  if (passes_others || !HasRoomFor(bytes)) {
    if (idle) Wait(stream, bytes, told);
    return false;
  }
  if (idle) ++busy_streams_;
  stream->load.Add(bytes);
  streams_.Add(bytes);
  all_.Add(bytes);
  return true;
}

void Admission::Wait(const StreamPtr& stream, size_t bytes, bool first) {
  stream->waiting = true;
  stream->wanted = bytes;
  ++busy_streams_;
  waiting_.insert(first ? waiting_.begin() : waiting_.end(), stream);
}

bool Admission::HasRoomFor(size_t bytes) const {
  return streams_.HasRoomFor(bytes, StreamLimits()) && all_.HasRoomFor(bytes, limits_);
}

void Admission::ReleaseStream(Stream& stream, size_t bytes, base::Duration age) {
  StreamPtr next;
  {
    const base::MutexLock lock(&mutex_);
    all_.Take(bytes);
    streams_.Take(bytes);
    stream.load.Take(bytes);
    stream.window.OnAnswer(age);
    if (stream.load.messages == 0) --busy_streams_;
    next = NextWaiting();
  }
  Tell(next);
}

void Admission::EndWaiting(const StreamPtr& stream) {
  StreamPtr next;
  {
    const base::MutexLock lock(&mutex_);
    if (std::exchange(stream->waiting, false)) {
      waiting_.remove(stream);
      --busy_streams_;
    }
    // The room that it was told of, if it was, is for another.
    next = NextWaiting();
  }
  Tell(next);
}

size_t Admission::messages() const {
  const base::MutexLock lock(&mutex_);
  return all_.messages;
}

size_t Admission::bytes() const {
  const base::MutexLock lock(&mutex_);
  return all_.bytes;
}

Admission::Limits Admission::StreamLimits() const {
  return {std::max<size_t>(limits_.messages - limits_.messages / 4, 1),
          limits_.bytes - limits_.bytes / 4};
}

Admission::Limits Admission::ShareLimits() const {
  const Limits all = StreamLimits();
  const size_t parts = std::max<size_t>(busy_streams_, 1);
  return {std::max<size_t>(all.messages / parts, 1), all.bytes / parts};
}

Admission::StreamPtr Admission::NextWaiting() {
  if (waiting_.empty() || !HasRoomFor(waiting_.front()->wanted)) return nullptr;
  StreamPtr next = std::move(waiting_.front());
  waiting_.pop_front();
  next->waiting = false;
  next->told = true;
  --busy_streams_;
  return next;
}

void Admission::Tell(const StreamPtr& stream) {
  if (stream != nullptr) stream->on_room();
}

}  // namespace amqp_sidecar::broker
