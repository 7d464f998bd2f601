#include "amqp_sidecar/subscription.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "backoff.h"
#include "convert.h"
#include "failure.h"
#include "handling.h"
#include "log.h"
#include "subscription_impl.h"

namespace amqp_sidecar {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kStopTimeout{30'000};
// The sidecar's own default of the prefetch.
constexpr std::size_t kDefaultPrefetch = 64;

v1::SubscribeRequest RequestOf(const std::string& queue, const SubscribeOptions& options) {
  v1::SubscribeRequest request;
  CheckText("the queue's name", queue);
  request.set_queue(queue);
  for (const Binding& binding : options.bindings) ToProto(binding, *request.add_bindings());
  std::uint32_t prefetch = options.prefetch;
  if (prefetch == 0 && options.concurrency > kDefaultPrefetch) {
    prefetch = static_cast<std::uint32_t>(options.concurrency);
  }
  request.set_prefetch(prefetch);
  *request.mutable_ack_deadline() = ToProto(options.ack_deadline);
  if (options.retry) {
    v1::RetryPolicy& retry = *request.mutable_retry();
    retry.set_max_attempts(options.retry->max_attempts);
    *retry.mutable_initial_backoff() = ToProto(options.retry->initial_backoff);
    if (options.retry->max_backoff.count() > 0) {
      *retry.mutable_max_backoff() = ToProto(options.retry->max_backoff);
    }
    CheckText("the dead-letter exchange", options.retry->dead_letter_exchange);
    CheckText("the dead-letter routing key", options.retry->dead_letter_routing_key);
    retry.set_dead_letter_exchange(options.retry->dead_letter_exchange);
    retry.set_dead_letter_routing_key(options.retry->dead_letter_routing_key);
  }
  request.set_exclusive(options.exclusive);
  request.set_priority(options.priority);
  ToProto(options.arguments, *request.mutable_arguments());
  return request;
}

}  // namespace

std::string_view NameOf(EventKind kind) {
  switch (kind) {
    case EventKind::kSubscribed:
      return "SUBSCRIBED";
    case EventKind::kInterrupted:
      return "INTERRUPTED";
    case EventKind::kResubscribed:
      return "RESUBSCRIBED";
    case EventKind::kDraining:
      return "DRAINING";
    case EventKind::kDisconnected:
      return "DISCONNECTED";
    case EventKind::kSettleFailed:
      return "SETTLE_FAILED";
  }
  return "";
}

Subscription::Impl::Impl(std::shared_ptr<grpc::Channel> channel, TraceHooks trace,
                         const std::string& queue, Handler handler, SubscribeOptions options)
    : trace_(std::move(trace)),
      handler_(std::move(handler)),
      options_(std::move(options)),
      stub_(v1::SubscriberService::NewStub(channel)),
      calls_(channel),
      done_(done_promise_.get_future().share()),
      loop_(*this) {
  try {
    *subscribe_.mutable_subscribe() = RequestOf(queue, options_);
  } catch (const std::invalid_argument& error) {
    throw Error({.code = Code::kInvalidArgument,
                 .reason = std::string(reason::kInvalidSubscription),
                 .detail = error.what()});
  }
  loop_.Start();
  for (std::size_t i = 0; i < std::max<std::size_t>(options_.concurrency, 1); ++i) {
    handlers_.emplace_back([this] { Work(); });
  }
  stop_callback_.emplace(options_.stop, [this] { BeginStop(kStopTimeout); });
}

Subscription::Impl::~Impl() {
  stop_callback_.reset();
  BeginClose();
  loop_.Join();
  for (std::thread& handler : handlers_) handler.join();
}

void Subscription::Impl::BeginStop(milliseconds timeout) {
  const std::lock_guard lock(mutex_);
  if (phase_ > Phase::kHalfClosed) return;
  if (phase_ == Phase::kRunning) phase_ = Phase::kStopping;
  stop_by_ = std::min(stop_by_, Clock::now() + timeout);
  loop_.Wake();
}

void Subscription::Impl::BeginClose() {
  closed_.request_stop();
  const std::lock_guard lock(mutex_);
  if (phase_ < Phase::kClosing) phase_ = Phase::kClosing;
  loop_.Wake();
}

bool Subscription::Impl::IsOwnThread() const {
  return loop_.IsOnThread() || std::any_of(handlers_.begin(), handlers_.end(), [](auto& thread) {
           return thread.get_id() == std::this_thread::get_id();
         });
}

std::unique_ptr<Subscription::Impl::Loop::Stream> Subscription::Impl::Prepare(
    grpc::ClientContext* context, grpc::CompletionQueue* queue) {
  return stub_->PrepareAsyncSubscribeStream(context, queue);
}

void Subscription::Impl::OnOpen() {
  if (loop_.TryBegin()) loop_.Write(subscribe_);
}

void Subscription::Impl::OnResponse(Response& response) {
  broken_ = 0;
  std::vector<std::string> not_begun;
  {
    const std::lock_guard lock(mutex_);
    for (v1::Delivery& delivery : *response.mutable_deliveries()) {
      if (phase_ == Phase::kRunning) {
        held_.Add(delivery, stream_);
      } else {
        not_begun.push_back(std::move(*delivery.mutable_delivery_id()));
      }
    }
    if (idle_ > 0 && held_.HasWaiting()) {
      response.deliveries_size() > 1 ? work_.notify_all() : work_.notify_one();
    }
  }
  GiveBack(not_begun);
  if (response.has_event()) OnEvent(response.event());
  TellFailures(response.failures());
}

void Subscription::Impl::OnEvent(const v1::SubscriptionEvent& event) {
  Event told;
  told.detail = event.detail();
  {
    Lock lock(mutex_);
    switch (event.kind()) {
      case v1::SUBSCRIPTION_EVENT_KIND_SUBSCRIBED:
        told.kind = EventKind::kSubscribed;
        break;
      case v1::SUBSCRIPTION_EVENT_KIND_INTERRUPTED:
        told.kind = EventKind::kInterrupted;
        held_.TakeWaiting();
        held_.StopExtending();
        break;
      case v1::SUBSCRIPTION_EVENT_KIND_RESUBSCRIBED:
        told.kind = EventKind::kResubscribed;
        break;
      case v1::SUBSCRIPTION_EVENT_KIND_DRAINING:
        told.kind = EventKind::kDraining;
        for (std::string& id : held_.TakeWaiting()) {
          settlements_.Add({Settlement::Verb::kGiveBack}, std::move(id));
        }
        WriteNext(lock);
        break;
      default:
        return;  // of a newer sidecar
    }
  }
  Tell(told);
}

void Subscription::Impl::Tell(const Event& event) {
  std::string failure;
  if (options_.on_event) {
    try {
      options_.on_event(event);
      return;
    } catch (const std::exception& error) {
      failure = error.what();
    } catch (...) {
      failure = "not an std::exception";
    }
    Warn("on_event threw: " + failure);
  }
  std::string text = "subscription to \"" + subscribe_.subscribe().queue() + "\": ";
  text += NameOf(event.kind);
  if (!event.delivery_id.empty()) {
    text += " delivery_id=" + event.delivery_id + " reason=" + event.reason;
  }
  Warn(event.detail.empty() ? text : text + ": " + event.detail);
}

template <typename SettleFailures>
void Subscription::Impl::TellFailures(const SettleFailures& failures) {
  for (const v1::SettleFailure& failure : failures) {
    {
      const std::lock_guard lock(mutex_);
      if (failure.reason() == reason::kNotRequeueable) not_requeueable_ = true;
      if (failure.reason() == reason::kDeadlineLimit) {
        held_.StopExtending(failure.delivery_id());
      } else {
        held_.Forget(failure.delivery_id());
      }
    }
    Tell({EventKind::kSettleFailed, failure.detail(), failure.delivery_id(), failure.reason()});
  }
}

void Subscription::Impl::GiveBack(const std::vector<std::string>& delivery_ids) {
  if (delivery_ids.empty()) return;
  TellFailures(calls_.Settle({Settlement::Verb::kGiveBack}, delivery_ids));
}

void Subscription::Impl::OnWritten() {
  Lock lock(mutex_);
  WriteNext(lock);
}

void Subscription::Impl::WriteNext(Lock& lock) {
  if ((settlements_.empty() && to_extend_.empty()) || !loop_.TryBegin()) return;
  request_.Clear();
  if (!to_extend_.empty()) {
    v1::ExtendAckDeadlineRequest& extend = *request_.mutable_extend_ack_deadline();
    *extend.mutable_ack_deadline() = ToProto(options_.ack_deadline);
    extend.mutable_delivery_ids()->Add(to_extend_.begin(), to_extend_.end());
    to_extend_.clear();
  } else {
    settlements_.Take(request_);
  }
  lock.unlock();
  loop_.Write(request_);
  lock.lock();
}

void Subscription::Impl::Work() {
  Lock lock(mutex_);
  while (true) {
    ++idle_;
    work_.wait(lock, [&] {
      return phase_ >= Phase::kClosing || (phase_ == Phase::kRunning && held_.HasWaiting());
    });
    --idle_;
    if (phase_ >= Phase::kClosing) return;
    const Held::Handle entry = held_.Begin();
    lock.unlock();
    const Settlement settlement = Handle(handler_, trace_, entry->delivery, closed_.get_token());
    lock.lock();
    Settle(entry, settlement, lock);
  }
}

void Subscription::Impl::Settle(Held::Handle entry, const Settlement& settlement, Lock& lock) {
  const bool counts = entry->stream == stream_ && phase_ <= Phase::kHalfClosed;
  if (!counts) {
    held_.Remove(entry);
  } else if (phase_ == Phase::kHalfClosed) {
    const std::vector<std::string> id = {entry->delivery.delivery_id()};
    lock.unlock();
    TellFailures(calls_.Settle(settlement, id));
    lock.lock();
    held_.Remove(entry);
  } else {
    settlements_.Add(settlement, std::move(*entry->delivery.mutable_delivery_id()));
    held_.Remove(entry);
    WriteNext(lock);
  }
  if (phase_ == Phase::kHalfClosed) loop_.Wake();
}

void Subscription::Impl::OnEnd(const grpc::Status& status) {
  ErrorFields failure = FailureOf(status);
  if (status.ok()) failure.detail = "the sidecar ended the stream";
  Event event{EventKind::kDisconnected};
  {
    Lock lock(mutex_);
    ++stream_;
    held_.TakeWaiting();
    held_.StopExtending();
    settlements_.Clear();
    to_extend_.clear();
    // The sidecar's OK says that everything is settled; one that shuts down does not say it.
    const bool settled =
        phase_ == Phase::kHalfClosed &&
        (status.ok() || (failure.reason == reason::kDraining && held_.running() == 0));
    if (phase_ == Phase::kClosing || settled) return End(std::nullopt);
    if (phase_ != Phase::kRunning || !ComesBack(status, failure)) return End(failure);
    reopen_at_ = Clock::now() + StreamBackoff(broken_++);
    event.detail = Error(failure).what();
  }
  Tell(event);
}

bool Subscription::Impl::ComesBack(const grpc::Status& status, const ErrorFields& failure) {
  return status.ok() || failure.code == Code::kUnavailable ||
         failure.reason == reason::kSidecarUnavailable || failure.reason == reason::kLimitExceeded;
}

void Subscription::Impl::End(std::optional<ErrorFields> failure) {
  phase_ = Phase::kOver;
  work_.notify_all();
  loop_.Quit();
  if (late_) {
    failure = {.code = Code::kDeadlineExceeded,
               .detail =
                   "the subscription was closed before everything was settled: the rest "
                   "goes back to the queue"};
  }
  if (failure) {
    done_promise_.set_exception(std::make_exception_ptr(Error(*failure)));
  } else {
    done_promise_.set_value();
  }
}

Time Subscription::Impl::OnTurn(Time now) {
  Lock lock(mutex_);
  if (phase_ != Phase::kRunning) {
    TurnToStop(now, lock);
  } else if (!loop_.HasCall()) {
    if (reopen_at_ > now) return reopen_at_;
    extend_at_ = Time::max();
    if (options_.ack_deadline.count() > 0) extend_at_ = now + options_.ack_deadline / 2;
    loop_.Open();
  }
  if (extend_at_ <= now) {
    extend_at_ = now + options_.ack_deadline / 2;
    Extend(lock);
  }
  return std::min(extend_at_, stop_by_);
}

void Subscription::Impl::TurnToStop(Time now, Lock& lock) {
  if (phase_ < Phase::kClosing && stop_by_ <= now) {
    late_ = true;
    phase_ = Phase::kClosing;
    lock.unlock();
    closed_.request_stop();
    lock.lock();
  }
  if (phase_ == Phase::kStopping) {
    if (!loop_.IsOpen()) {
      phase_ = Phase::kClosing;
    } else if (!settlements_.empty()) {
      WriteNext(lock);
    } else if (loop_.TryBegin()) {
      phase_ = Phase::kHalfClosed;
      loop_.HalfClose();
      const std::vector<std::string> not_begun = held_.TakeWaiting();
      lock.unlock();
      GiveBack(not_begun);
      lock.lock();
    }
  }
  if (phase_ == Phase::kHalfClosed && not_requeueable_ && held_.running() == 0) {
    phase_ = Phase::kClosing;
  }
  if (phase_ == Phase::kClosing) {
    stop_by_ = Time::max();
    if (!loop_.HasCall()) return End(std::nullopt);
    loop_.Cancel();
  }
}

void Subscription::Impl::Extend(Lock& lock) {
  std::vector<std::string> ids = held_.ToExtend();
  if (ids.empty()) return;
  if (phase_ == Phase::kHalfClosed) {
    lock.unlock();
    TellFailures(calls_.Extend(options_.ack_deadline, ids));
    lock.lock();
  } else if (phase_ < Phase::kClosing) {
    to_extend_ = std::move(ids);
    WriteNext(lock);
  }
}

Subscription::Subscription(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)), done_(impl_->done()) {}
Subscription::~Subscription() = default;
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription& Subscription::operator=(Subscription&&) noexcept = default;

void Subscription::Stop(milliseconds timeout) {
  if (impl_->IsOwnThread()) {
    throw Error({.code = Code::kFailedPrecondition,
                 .detail = "a handler cannot wait for the end of its own subscription: request "
                           "SubscribeOptions::stop"});
  }
  impl_->BeginStop(timeout);
  Wait();
}

void Subscription::Close() {
  impl_->BeginClose();
  if (!impl_->IsOwnThread()) done_.wait();
}

}  // namespace amqp_sidecar
