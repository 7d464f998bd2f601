#include "drills/load.h"

#include <algorithm>

#include "drills/consumer.h"

namespace amqp_sidecar::test {
namespace {

// After a failure, so that a sidecar which refuses at once is not asked in a spin.
constexpr Millis kPause = 5ms;

}  // namespace

struct Load::Call {
  std::string id;
  Clock::time_point begun;
  grpc::ClientContext context;
  grpc::Status status;
  pb::PublishResponse response;
  std::unique_ptr<grpc::ClientAsyncResponseReader<pb::PublishResponse>> reader;
};

Load::Load(const std::string& target, Checker& checker, LoadOptions options)
    : target_(target), checker_(checker), options_(std::move(options)), client_(target_) {
  if (options_.consume) {
    for (const std::string& queue : options_.queues) {
      consumers_.push_back(std::make_unique<Consumer>(
          target_, queue, options_.prefetch,
          [this](const pb::Delivery& delivery) {
            checker_.Deliver(delivery.properties().message_id(), delivery.body());
            ++delivered_;
          },
          [this] { ++interruptions_; }));
    }
  }
  publisher_ = std::thread([this] { Publish(); });
}

Load::~Load() {
  StopPublishing();
  consumers_.clear();
}

void Load::StopPublishing() {
  stopping_ = true;
  if (!publisher_.joinable()) return;
  publisher_.join();
  stopped_ = Clock::now();
}

bool Load::Finish(Millis deadline) {
  StopPublishing();
  const auto settled = [&] {
    return std::all_of(consumers_.begin(), consumers_.end(),
                       [](const auto& consumer) { return consumer->Idle(); });
  };
  // Then what was published twice comes, too.
  const bool done = Eventually(deadline, [&] {
    const size_t before = delivered_;
    return checker_.AllDelivered() && settled() &&
           Throughout(300ms, [&] { return delivered_ == before; });
  });
  consumers_.clear();
  return done;
}

size_t Load::Window() const {
  const size_t held = options_.consume ? options_.queues.size() * options_.prefetch : 0;
  return static_cast<size_t>(options_.in_flight) + held;
}

void Load::Publish() {
  grpc::CompletionQueue queue;
  for (;;) {
    const auto now = Clock::now();
    while (!stopping_ && in_flight_ < options_.in_flight && NextStart(now) <= now) Start(queue);
    if (stopping_ && in_flight_ == 0) break;
    auto wake = std::chrono::system_clock::now() + 20ms;
    if (in_flight_ < options_.in_flight) {
      const auto left = std::max(NextStart(now) - now, Clock::duration(1ms));
      wake = std::min(wake, std::chrono::system_clock::now() + std::chrono::ceil<Millis>(left));
    }
    void* tag = nullptr;
    bool ok = false;
    if (queue.AsyncNext(&tag, &ok, wake) != grpc::CompletionQueue::GOT_EVENT) continue;
    const std::unique_ptr<Call> call(static_cast<Call*>(tag));
    --in_flight_;
    Finished(*call);
  }
  queue.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) {
  }
}

Load::Clock::time_point Load::NextStart(Clock::time_point now) const {
  if (options_.messages_per_second == 0) return std::max(not_before_, now);
  const std::chrono::nanoseconds step(1'000'000'000 / options_.messages_per_second);
  return std::max(not_before_, begun_ + static_cast<int64_t>(started_) * step);
}

void Load::Start(grpc::CompletionQueue& queue) {
  auto* call = new Call;
  std::string body = "{\"n\":" + std::to_string(started_) + ",\"pad\":\"";
  body.resize(std::max(body.size(), options_.body_bytes), 'x');
  body += "\"}";
  call->id = checker_.Attempt(body);
  call->begun = Clock::now();
  pb::PublishRequest request =
      JsonMessage("", options_.queues[started_ % options_.queues.size()], body);
  request.mutable_message()->mutable_properties()->set_message_id(call->id);
  SetDeadline(call->context, options_.deadline);
  // A sidecar that restarts is waited for, as a service's channel does.
  call->context.set_wait_for_ready(true);
  call->reader = client_.publisher().AsyncPublish(&call->context, request, &queue);
  call->reader->Finish(&call->response, &call->status, call);
  ++started_;
  ++in_flight_;
}

void Load::Finished(const Call& call) {
  const Outcome outcome = OutcomeOf(call.status);
  const auto now = Clock::now();
  checker_.Answer(call.id, outcome);
  ++answered_;
  const std::lock_guard lock(mutex_);
  if (outcome.ok()) {
    ++ok_;
    oks_.push_back({call.begun, now});
    return;
  }
  not_before_ = now + kPause;
  const bool explained = !outcome.reason.empty();
  ++failures_[explained ? outcome.reason + "/" + outcome.persisted
                        : "code " + std::to_string(outcome.code)];
  if (!explained) unexplained_.push_back(call.begun);
}

bool Load::WaitForOk(size_t more, Millis deadline) const {
  const size_t wanted = ok_ + more;
  return Eventually(deadline, [&] { return ok_ >= wanted; });
}

Millis Load::RecoveryAfter(Clock::time_point since) const {
  const std::lock_guard lock(mutex_);
  for (const Answered& call : oks_) {
    if (call.begun >= since) return std::chrono::duration_cast<Millis>(call.ended - since);
  }
  return Millis(-1);
}

Millis Load::FirstOkAfter(Clock::time_point since) const {
  const std::lock_guard lock(mutex_);
  for (const Answered& call : oks_) {
    if (call.ended >= since) return std::chrono::duration_cast<Millis>(call.ended - since);
  }
  return Millis(-1);
}

// Once StopPublishing was called, the last gap is no longer open.
Millis Load::LongestGapSince(Clock::time_point since) const {
  const std::lock_guard lock(mutex_);
  auto last = since;
  Clock::duration longest{0};
  for (const Answered& call : oks_) {
    if (call.ended < since) continue;
    longest = std::max(longest, call.ended - last);
    last = call.ended;
  }
  if (!stopping_) longest = std::max(longest, Clock::now() - last);
  return std::chrono::duration_cast<Millis>(longest);
}

std::map<std::string, size_t> Load::failures() const {
  const std::lock_guard lock(mutex_);
  return failures_;
}

size_t Load::UnexplainedBetween(Clock::time_point from, Clock::time_point to) const {
  const std::lock_guard lock(mutex_);
  return static_cast<size_t>(
      std::count_if(unexplained_.begin(), unexplained_.end(),
                    [&](const auto& begun) { return begun >= from && begun < to; }));
}

double Load::rate() const {
  const auto end = stopping_ ? stopped_ : Clock::now();
  return static_cast<double>(ok_) / std::chrono::duration<double>(end - begun_).count();
}

}  // namespace amqp_sidecar::test
