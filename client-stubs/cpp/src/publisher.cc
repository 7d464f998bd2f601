#include "amqp_sidecar/publisher.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "backoff.h"
#include "outgoing.h"
#include "publisher_impl.h"

namespace amqp_sidecar {
namespace {

using std::chrono::milliseconds;

// What the sidecar reads at once.
constexpr std::size_t kMostItems = 128;
constexpr std::size_t kMostBytes = 1024 * 1024;

// For the sidecar to end the stream, when everything is answered.
constexpr milliseconds kCloseTime{2000};

constexpr char kMethod[] = "/amqp_sidecar.v1.PublisherService/PublishStream";

// As an element of PublishStreamRequest.items.
std::string Encode(const v1::PublishItem& item) {
  using google::protobuf::io::CodedOutputStream;
  constexpr std::uint8_t kItems = v1::PublishStreamRequest::kItemsFieldNumber << 3 | 2;
  const std::size_t size = item.ByteSizeLong();
  std::string encoded;
  encoded.resize(1 + CodedOutputStream::VarintSize64(size) + size);
  auto* at = reinterpret_cast<std::uint8_t*>(encoded.data());
  *at++ = kItems;
  at = CodedOutputStream::WriteVarint64ToArray(size, at);
  item.SerializeWithCachedSizesToArray(at);
  return encoded;
}

// What the end of a stream says of the messages that were written.
ErrorFields FailureOfStream(const grpc::Status& status) {
  if (status.ok()) {
    return PublishFailureOf({grpc::StatusCode::UNAVAILABLE, "the sidecar ended the stream"}, "");
  }
  ErrorFields failure = PublishFailureOf(status, "");
  if (failure.reason == reason::kSidecarUnavailable) failure.code = Code::kUnavailable;
  return failure;
}

}  // namespace

// What is told to the futures once the lock is open: whoever waits for one runs at once.
class Publisher::Impl::Answers {
 public:
  // The item's answer is an error.
  void Add(Items::node_type item) {
    failures_.emplace_back(std::move(item.mapped().promise),
                           std::move(item.mapped().answer).value_or(ErrorFields{}));
  }
  void Add(Items::node_type item, PublishResult result) {
    results_.emplace_back(std::move(item.mapped().promise), std::move(result));
  }
  bool empty() const { return failures_.empty() && results_.empty(); }
  void Tell() {
    for (auto& [promise, result] : results_) promise.set_value(std::move(result));
    for (auto& [promise, failure] : failures_) {
      promise.set_exception(std::make_exception_ptr(Error(std::move(failure))));
    }
  }

 private:
  std::vector<std::pair<std::promise<PublishResult>, PublishResult>> results_;
  std::vector<std::pair<std::promise<PublishResult>, ErrorFields>> failures_;
};

Publisher::Impl::Impl(std::shared_ptr<grpc::Channel> channel, TraceHooks trace,
                      const PublisherOptions& options)
    : channel_(std::move(channel)),
      trace_(std::move(trace)),
      max_in_flight_(std::max<std::size_t>(options.max_in_flight, 1)),
      stub_(channel_),
      loop_(*this) {
  loop_.Start();
}

Publisher::Impl::~Impl() { Close(); }

std::future<PublishResult> Publisher::Impl::Publish(std::string_view exchange,
                                                    std::string_view routing_key, Body body,
                                                    const PublishOptions& options) {
  Item item;
  item.deadline = Clock::now() + options.timeout;
  const std::uint64_t tag = ++last_tag_;
  thread_local v1::PublishItem message;
  message.Clear();
  MakeMessage(exchange, routing_key, std::move(body), options.properties, trace_,
              *message.mutable_message());
  message.set_tag(tag);
  message.set_allow_unroutable(options.allow_unroutable);
  item.message_id = message.message().properties().message_id();
  item.encoded = Encode(message);
  std::future<PublishResult> future = item.promise.get_future();
  Insert(tag, std::move(item), options.stop);
  return future;
}

void Publisher::Impl::Insert(std::uint64_t tag, Item item, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto may_go_on = [&] { return closing_ || items_.size() < max_in_flight_; };
  if (!may_go_on()) {
    ++waiting_;
    room_.wait_until(lock, stop, item.deadline, may_go_on);
    --waiting_;
  }
  if (closing_) {
    throw Error(NotSent(Code::kFailedPrecondition, "", "the publisher is closed", item.message_id));
  }
  if (items_.size() >= max_in_flight_) {
    if (stop.stop_requested()) {
      throw Error(NotSent(Code::kCancelled, "", "the caller ended the wait", item.message_id));
    }
    throw Error(NotSent(Code::kDeadlineExceeded, reason::kSidecarUnavailable,
                        "max_in_flight messages have no answer yet", item.message_id));
  }
  next_expiry_ = std::min(next_expiry_, item.deadline);
  items_.emplace_hint(items_.end(), tag, std::move(item));
  queue_.push_back(tag);
  if (const auto request = NextRequest()) {
    lock.unlock();
    loop_.Write(*request);
  } else if (items_.size() == 1) {
    // The loop may sleep without an end.
    lock.unlock();
    loop_.Wake();
  }
}

void Publisher::Impl::Flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t last = last_tag_;
  ++waiting_;
  room_.wait(lock, [&] { return !telling_ && (items_.empty() || items_.begin()->first > last); });
  --waiting_;
}

void Publisher::Impl::Close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    if (waiting_ > 0) room_.notify_all();
  }
  Flush();
  loop_.Wake();
  loop_.Join();
}

std::unique_ptr<Publisher::Impl::Loop::Stream> Publisher::Impl::Prepare(
    grpc::ClientContext* context, grpc::CompletionQueue* queue) {
  return stub_.PrepareCall(context, kMethod, queue);
}

void Publisher::Impl::WriteNext() {
  std::unique_lock lock(mutex_);
  if (const auto request = NextRequest()) {
    lock.unlock();
    loop_.Write(*request);
  }
}

std::optional<grpc::ByteBuffer> Publisher::Impl::NextRequest() {
  if (queue_.empty() || !loop_.TryBegin()) return std::nullopt;
  std::size_t count = 0;
  std::size_t bytes = 0;
  for (const std::uint64_t tag : queue_) {
    const std::size_t more = items_.at(tag).encoded.size();
    if (count == kMostItems || (count > 0 && bytes + more > kMostBytes)) break;
    ++count;
    bytes += more;
  }
  grpc_slice slice = grpc_slice_malloc(bytes);
  std::uint8_t* at = GRPC_SLICE_START_PTR(slice);
  for (std::size_t i = 0; i < count; ++i) {
    Item& item = items_.at(queue_.front());
    queue_.pop_front();
    std::memcpy(at, item.encoded.data(), item.encoded.size());
    at += item.encoded.size();
    item.written = true;
  }
  const grpc::Slice owner(slice, grpc::Slice::STEAL_REF);
  return grpc::ByteBuffer(&owner, 1);
}

void Publisher::Impl::OnResponse(v1::PublishStreamResponse& response) {
  const Time now = Clock::now();
  broken_ = 0;
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    for (v1::PublishResult& result : *response.mutable_results()) TakeResult(result, now, answers);
    telling_ = !answers.empty();
  }
  Tell(answers);
}

void Publisher::Impl::TakeResult(v1::PublishResult& result, Time now, Answers& answers) {
  const auto item = items_.find(result.tag());
  if (item == items_.end()) return;  // its time was over
  if (result.code() == 0) {
    answers.Add(items_.extract(item), {std::move(*result.mutable_message_id()), result.routed()});
    return;
  }
  ErrorFields failure;
  failure.code = static_cast<Code>(result.code());
  failure.reason = std::move(*result.mutable_reason());
  failure.detail = std::move(*result.mutable_detail());
  failure.persisted = static_cast<Persisted>(result.persisted());
  TakeFailure(item, std::move(failure), now, answers);
}

void Publisher::Impl::TakeFailure(Items::iterator item, ErrorFields failure, Time now,
                                  Answers& answers) {
  Item& it = item->second;
  failure.message_id = it.message_id;
  it.answer = AsPublish(std::move(failure));
  it.written = false;
  const Time at = now + PublishBackoff(it.tries++);
  if (MayTryAgain(*it.answer) && at + kLeastTry <= it.deadline) {
    again_.emplace(at, item->first);
  } else {
    answers.Add(items_.extract(item));
  }
}

void Publisher::Impl::OnEnd(const grpc::Status& status) {
  const Time now = Clock::now();
  const ErrorFields end = FailureOfStream(status);
  // Where the sidecar says that it ended the stream for these, it has not sent what it has not
  // answered.
  const bool sent_nothing = end.reason == reason::kDraining ||
                            (end.code == Code::kInvalidArgument && !end.reason.empty());
  Answers answers;
  {
    const std::lock_guard lock(mutex_);
    for (auto next = items_.begin(); next != items_.end();) {
      const auto item = next++;
      if (!item->second.written) continue;
      ErrorFields failure = end;
      failure.persisted = sent_nothing ? Persisted::kNo : Persisted::kUnknown;
      TakeFailure(item, std::move(failure), now, answers);
    }
    telling_ = !answers.empty();
  }
  Tell(answers);
  reopen_at_ = now + StreamBackoff(broken_++);
}

void Publisher::Impl::Tell(Answers& answers) {
  if (answers.empty()) return;
  answers.Tell();
  const std::lock_guard lock(mutex_);
  telling_ = false;
  if (waiting_ > 0) room_.notify_all();
}

void Publisher::Impl::Expire(Time now, Answers& answers) {
  next_expiry_ = Time::max();
  for (auto next = items_.begin(); next != items_.end();) {
    const auto item = next++;
    Item& it = item->second;
    if (it.deadline > now) {
      next_expiry_ = std::min(next_expiry_, it.deadline);
      continue;
    }
    if (!it.written) {
      std::erase(queue_, item->first);
      std::erase_if(again_, [&](const auto& entry) { return entry.second == item->first; });
    }
    if (!it.answer) {
      it.answer = NotSent(Code::kDeadlineExceeded, reason::kSidecarUnavailable,
                          it.written ? "no answer in time" : "the sidecar was not there in time",
                          it.message_id);
    } else if (it.written) {
      it.answer->detail += "; the next try had no answer in time";
    }
    if (it.written) it.answer->persisted = Persisted::kUnknown;
    it.answer = AsPublish(std::move(*it.answer));
    answers.Add(items_.extract(item));
  }
}

Time Publisher::Impl::OnTurn(Time now) {
  Answers answers;
  Time next = Time::max();
  bool queued = false;
  bool done = false;
  {
    const std::lock_guard lock(mutex_);
    while (!again_.empty() && again_.begin()->first <= now) {
      queue_.push_back(again_.begin()->second);
      again_.erase(again_.begin());
      queued = true;
    }
    if (next_expiry_ <= now) Expire(now, answers);
    telling_ = !answers.empty();
    if (!again_.empty()) next = again_.begin()->first;
    // One that is taken meanwhile may have less time than these.
    if (!items_.empty()) next = std::min({next, next_expiry_, now + kLeastTry});
    done = closing_ && items_.empty();
  }
  Tell(answers);
  if (queued) WriteNext();
  return std::min(next, done ? TurnToClose(now) : TurnToOpen(now));
}

Time Publisher::Impl::TurnToOpen(Time now) {
  if (loop_.HasCall()) return Time::max();
  if (reopen_at_ > now) return reopen_at_;
  loop_.Open();
  return Time::max();
}

Time Publisher::Impl::TurnToClose(Time now) {
  if (!loop_.HasCall()) {
    loop_.Quit();
    return Time::max();
  }
  if (!close_by_) close_by_ = now + kCloseTime;
  if (!loop_.IsOpen() || *close_by_ <= now) {
    loop_.Cancel();
    return Time::max();
  }
  if (loop_.TryBegin()) loop_.HalfClose();
  return *close_by_;
}

Publisher::Publisher(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Publisher::~Publisher() = default;
Publisher::Publisher(Publisher&&) noexcept = default;
Publisher& Publisher::operator=(Publisher&&) noexcept = default;

std::future<PublishResult> Publisher::Publish(std::string_view exchange,
                                              std::string_view routing_key, Body body,
                                              const PublishOptions& options) {
  return impl_->Publish(exchange, routing_key, std::move(body), options);
}

void Publisher::Flush() { impl_->Flush(); }

void Publisher::Close() { impl_->Close(); }

}  // namespace amqp_sidecar
