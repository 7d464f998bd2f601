#include "support/publish_stream.h"

#include <algorithm>
#include <stdexcept>

namespace amqp_sidecar::test {
namespace {

std::string PersistedName(pb::Persisted persisted) {
  if (persisted == pb::PERSISTED_UNSPECIFIED) return "";
  return pb::Persisted_Name(persisted).substr(std::string("PERSISTED_").size());
}

Outcome OutcomeOfResult(const pb::PublishResult& result) {
  Outcome outcome;
  outcome.code = static_cast<grpc::StatusCode>(result.code());
  outcome.text = result.detail();
  outcome.reason = result.reason();
  outcome.persisted = PersistedName(result.persisted());
  outcome.message_id = result.message_id();
  outcome.routed = result.routed();
  return outcome;
}

}  // namespace

pb::PublishItem Item(uint64_t tag, const pb::PublishRequest& request) {
  pb::PublishItem item;
  item.set_tag(tag);
  if (request.has_message()) *item.mutable_message() = request.message();
  item.set_allow_unroutable(request.allow_unroutable());
  return item;
}

PublishStream::PublishStream(Client& client, std::chrono::milliseconds deadline) {
  SetDeadline(context_, deadline);
  call_ = client.publisher().PrepareAsyncPublishStream(&context_, &queue_);
  call_->StartCall(Tag(Event::kStarted));
  thread_ = std::thread([this] { Run(); });
}

PublishStream::~PublishStream() {
  Cancel();
  ReadOn();
  thread_.join();
}

void PublishStream::Cancel() { context_.TryCancel(); }

// Ends with the call: its end comes when no result does any more, and no write is under way.
void PublishStream::Run() {
  void* tag = nullptr;
  bool ok = false;
  bool ending = false;
  while (queue_.Next(&tag, &ok)) {
    std::lock_guard lock(mutex_);
    switch (static_cast<Event>(reinterpret_cast<uintptr_t>(tag))) {
      case Event::kStarted:
        started_ = true;
        if (!ok) no_more_results_ = true;
        [[fallthrough]];
      case Event::kWritten:
        writing_ = false;
        if (!ok) no_more_writes_ = true;
        if (half_close_wanted_) WriteHalfClose();
        break;
      case Event::kHalfClosed:
        writing_ = false;
        break;
      case Event::kRead:
        reading_ = false;
        OnRead(ok);
        break;
      case Event::kEnded:
        end_ = OutcomeOf(status_);
        queue_.Shutdown();
        break;
    }
    ReadIfWanted();
    if (no_more_results_) no_more_writes_ = true;
    if (no_more_results_ && !writing_ && !ending) {
      ending = true;
      call_->Finish(&status_, Tag(Event::kEnded));
    }
    changed_.notify_all();
  }
}

void PublishStream::OnRead(bool ok) {
  if (!ok) {
    no_more_results_ = true;
    return;
  }
  const auto now = Clock::now();
  for (pb::PublishResult& result : *incoming_.mutable_results()) {
    first_of_tag_.try_emplace(result.tag(), arrivals_.size());
    arrivals_.push_back({std::move(result), now});
  }
}

void PublishStream::WriteHalfClose() {
  if (half_closed_ || no_more_writes_) return;
  half_closed_ = true;
  writing_ = true;
  call_->WritesDone(Tag(Event::kHalfClosed));
}

bool PublishStream::Send(const Items& items, std::chrono::milliseconds deadline) {
  const auto until = Clock::now() + deadline;
  std::unique_lock lock(mutex_);
  const auto idle = [&] { return !writing_ || no_more_writes_; };
  if (!changed_.wait_until(lock, until, idle) || no_more_writes_) return false;
  outgoing_.Clear();
  outgoing_.mutable_items()->Assign(items.begin(), items.end());
  const auto now = Clock::now();
  for (const pb::PublishItem& item : items) sent_at_[item.tag()] = now;
  sent_ += items.size();
  writing_ = true;
  call_->Write(outgoing_, Tag(Event::kWritten));
  return changed_.wait_until(lock, until, idle) && !no_more_writes_;
}

bool PublishStream::SendInBatches(const Items& items, const std::vector<size_t>& sizes,
                                  std::chrono::milliseconds deadline) {
  const auto until = Clock::now() + deadline;
  size_t turn = 0;
  for (size_t next = 0; next < items.size(); ++turn) {
    const size_t end = std::min(items.size(), next + sizes[turn % sizes.size()]);
    const Items batch(items.begin() + static_cast<std::ptrdiff_t>(next),
                      items.begin() + static_cast<std::ptrdiff_t>(end));
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now());
    if (!Send(batch, left)) return false;
    next = end;
  }
  return true;
}

void PublishStream::HalfClose() {
  std::lock_guard lock(mutex_);
  half_close_wanted_ = true;
  if (!writing_) WriteHalfClose();
}

void PublishStream::StopReading() {
  std::lock_guard lock(mutex_);
  read_wanted_ = false;
}

void PublishStream::ReadOn() {
  std::lock_guard lock(mutex_);
  read_wanted_ = true;
  ReadIfWanted();
}

void PublishStream::ReadIfWanted() {
  if (!started_ || !read_wanted_ || reading_ || no_more_results_) return;
  reading_ = true;
  call_->Read(&incoming_, Tag(Event::kRead));
}

std::vector<pb::PublishResult> PublishStream::results() const {
  std::lock_guard lock(mutex_);
  std::vector<pb::PublishResult> results;
  for (const Arrival& arrival : arrivals_) results.push_back(arrival.result);
  return results;
}

size_t PublishStream::count() const {
  std::lock_guard lock(mutex_);
  return arrivals_.size();
}

std::map<uint64_t, int> PublishStream::counts_by_tag() const {
  std::lock_guard lock(mutex_);
  std::map<uint64_t, int> counts;
  for (const Arrival& arrival : arrivals_) ++counts[arrival.result.tag()];
  return counts;
}

std::optional<Outcome> PublishStream::ResultOf(uint64_t tag) const {
  std::lock_guard lock(mutex_);
  const auto found = first_of_tag_.find(tag);
  if (found == first_of_tag_.end()) return std::nullopt;
  const Arrival& arrival = arrivals_[found->second];
  Outcome outcome = OutcomeOfResult(arrival.result);
  const auto sent = sent_at_.find(tag);
  if (sent != sent_at_.end()) {
    outcome.took = std::chrono::duration_cast<std::chrono::milliseconds>(arrival.at - sent->second);
  }
  return outcome;
}

Outcome PublishStream::At(uint64_t tag) const {
  const std::optional<Outcome> outcome = ResultOf(tag);
  if (!outcome) throw std::runtime_error("no result for tag " + std::to_string(tag));
  return *outcome;
}

size_t PublishStream::sent() const {
  std::lock_guard lock(mutex_);
  return sent_;
}

bool PublishStream::WaitForResults(size_t count, std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return arrivals_.size() >= count || end_; });
  return arrivals_.size() >= count;
}

std::optional<Outcome> PublishStream::WaitForEnd(std::chrono::milliseconds deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, deadline, [&] { return end_.has_value(); });
  return end_;
}

Outcome PublishStream::Finish(std::chrono::milliseconds deadline) {
  HalfClose();
  const std::optional<Outcome> end = WaitForEnd(deadline);
  if (!end) {
    throw std::runtime_error("the stream has not ended: " + std::to_string(count()) +
                             " results for " + std::to_string(sent()) + " items");
  }
  return *end;
}

}  // namespace amqp_sidecar::test
