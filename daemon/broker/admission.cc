#include "broker/admission.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::broker {

// Its members are guarded by the admission's mutex.
class Admission::Stream {
 public:
  explicit Stream(std::function<void()> told) : on_room(std::move(told)) {}

  const std::function<void()> on_room;
  Load load;
  StreamWindow window;
  bool waiting = false;
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
  const base::MutexLock lock(&mutex_);
  if (stream->waiting) return false;
  if (stream->load.messages > 0) {
    if (stream->load.messages >= stream->window.size()) {
      stream->window.HeldBack();
      return false;
    }
    if (!stream->load.HasRoomFor(bytes, ShareLimits())) return false;
  }
  const bool idle = stream->load.messages == 0;
  if (!streams_.HasRoomFor(bytes, StreamLimits()) || !all_.HasRoomFor(bytes, limits_)) {
    if (!idle) return false;
    stream->waiting = true;
    ++busy_streams_;
    waiting_.push_back(stream);
    return false;
  }
  if (idle) ++busy_streams_;
  stream->load.Add(bytes);
  streams_.Add(bytes);
  all_.Add(bytes);
  return true;
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
  if (waiting_.empty()) return nullptr;
  if (!streams_.HasRoomFor(1, StreamLimits()) || !all_.HasRoomFor(1, limits_)) return nullptr;
  StreamPtr next = std::move(waiting_.front());
  waiting_.pop_front();
  next->waiting = false;
  --busy_streams_;
  return next;
}

void Admission::Tell(const StreamPtr& stream) {
  if (stream != nullptr) stream->on_room();
}

}  // namespace amqp_sidecar::broker
