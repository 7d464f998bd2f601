// StreamLoop: the thread of one stream to the sidecar, on a completion queue of its own, and the
// calls that it makes one after the other. gRPC wants one read and one write at a time: the loop
// reads, whoever gets leave by TryBegin writes. Knows nothing of what is said on the stream.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/support/async_stream.h>

namespace amqp_sidecar {

using Clock = std::chrono::steady_clock;
using Time = Clock::time_point;

template <typename Request, typename Response>
class StreamLoop {
 public:
  using Stream = grpc::ClientAsyncReaderWriter<Request, Response>;

  // What the stream is for. Called on the loop's thread.
  class Owner {
   public:
    virtual ~Owner() = default;
    // Begins the call: PrepareAsync... of a stub.
    virtual std::unique_ptr<Stream> Prepare(grpc::ClientContext* context,
                                            grpc::CompletionQueue* queue) = 0;
    // The sidecar is there; writes may begin.
    virtual void OnOpen() = 0;
    // The response is the owner's until it returns.
    virtual void OnResponse(Response& response) = 0;
    // A write is over: the next one may begin.
    virtual void OnWritten() = 0;
    // The call is over; no write is under way.
    virtual void OnEnd(const grpc::Status& status) = 0;
    // After all of the above, at the time that it returned last, and after Wake. Returns when it is
    // to be called again.
    virtual Time OnTurn(Time now) = 0;
  };

  explicit StreamLoop(Owner& owner) : owner_(owner) {}
  ~StreamLoop() { Join(); }
  StreamLoop(const StreamLoop&) = delete;
  StreamLoop& operator=(const StreamLoop&) = delete;

  // Starts the thread, which turns at once.
  void Start() {
    thread_ = std::thread([this] { Run(); });
  }
  // Waits for the thread's end, after Quit.
  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  bool IsOnThread() const { return std::this_thread::get_id() == thread_.get_id(); }

  // Leave to write once, or to half-close. Any thread.
  bool TryBegin() {
    State idle = State::kIdle;
    return state_.compare_exchange_strong(idle, State::kWriting);
  }
  // After TryBegin. `request` may go when it returns.
  void Write(const Request& request) {
    const std::lock_guard lock(write_mutex_);
    stream_->Write(request, &written_);
  }
  // After TryBegin, on the loop's thread; the last.
  void HalfClose() {
    half_closed_ = true;
    stream_->WritesDone(&written_);
  }

  // Has OnTurn called soon. Any thread.
  void Wake() {
    const std::lock_guard lock(wake_mutex_);
    if (waking_) return;
    waking_ = true;
    alarm_.emplace();
    alarm_->Set(&queue_, gpr_now(GPR_CLOCK_MONOTONIC), &woken_);
  }

  // On the loop's thread:

  bool HasCall() const { return stream_ != nullptr; }
  // Whether the sidecar is there, as far as is known.
  bool IsOpen() const { return open_; }
  // Where there is no call. Waits for a sidecar that is not there.
  void Open() {
    context_.emplace();
    context_->set_wait_for_ready(true);
    stream_ = owner_.Prepare(&*context_, &queue_);
    finished_now_ = false;
    half_closed_ = false;
    stream_->StartCall(&started_);
  }
  // The call ends soon, if there is one.
  void Cancel() {
    if (context_) context_->TryCancel();
  }
  // The thread ends. There is no call.
  void Quit() { quit_ = true; }

 private:
  enum class State { kClosed, kIdle, kWriting };
  // Its address is the tag of an operation.
  struct Tag {};

  void Run() {
    Time next = owner_.OnTurn(Clock::now());
    while (!quit_) {
      void* tag = nullptr;
      bool ok = false;
      if (queue_.AsyncNext(&tag, &ok, AsTimespec(next)) == grpc::CompletionQueue::GOT_EVENT) {
        Take(tag, ok);
      }
      next = owner_.OnTurn(Clock::now());
    }
    {
      // A wake that comes from now on is for nobody; one that is under way comes below, and its
      // alarm must live until then.
      const std::lock_guard lock(wake_mutex_);
      waking_ = true;
    }
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  void Take(void* tag, bool ok) {
    if (tag == &started_) {
      if (ok) {
        open_ = true;
        state_ = State::kIdle;
        stream_->Read(&response_, &read_);
        owner_.OnOpen();
      } else {
        stream_->Finish(&status_, &finished_);
      }
    } else if (tag == &read_) {
      if (ok) {
        owner_.OnResponse(response_);
        stream_->Read(&response_, &read_);
      } else {
        State idle = State::kIdle;
        state_.compare_exchange_strong(idle, State::kClosed);
        stream_->Finish(&status_, &finished_);
        ending_ = true;
      }
    } else if (tag == &written_) {
      const bool more = ok && !ending_ && !half_closed_;
      state_ = more ? State::kIdle : State::kClosed;
      if (more) owner_.OnWritten();
    } else if (tag == &finished_) {
      finished_now_ = true;
    } else {
      const std::lock_guard lock(wake_mutex_);
      waking_ = false;
    }
    if (HasCall() && finished_now_ && state_ == State::kClosed) {
      ending_ = false;
      open_ = false;
      {
        // The answer to a write may come before the call of it has returned, on its own thread.
        const std::lock_guard lock(write_mutex_);
        stream_.reset();
      }
      context_.reset();
      owner_.OnEnd(status_);
    }
  }

  static gpr_timespec AsTimespec(Time time) {
    if (time == Time::max()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    const auto left = std::chrono::ceil<std::chrono::microseconds>(time - Clock::now());
    return gpr_time_add(
        gpr_now(GPR_CLOCK_MONOTONIC),
        gpr_time_from_micros(std::max<std::int64_t>(left.count(), 0), GPR_TIMESPAN));
  }

  Owner& owner_;
  grpc::CompletionQueue queue_;
  Tag started_, read_, written_, finished_, woken_;

  // The loop's thread's; the stream is also written to by whoever has leave.
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<Stream> stream_;
  Response response_;
  grpc::Status status_;
  bool open_ = false;
  bool ending_ = false;
  bool finished_now_ = false;
  bool half_closed_ = false;
  bool quit_ = false;

  std::atomic<State> state_ = State::kClosed;
  std::mutex write_mutex_;
  std::mutex wake_mutex_;
  bool waking_ = false;
  std::optional<grpc::Alarm> alarm_;
  std::thread thread_;
};

}  // namespace amqp_sidecar
