#include "broker/publish_stream.h"

#include <memory>
#include <utility>
#include <vector>

#include "broker/broker_core.h"
#include "broker/prepare_publish.h"

namespace amqp_sidecar::broker {

// Lives as long as anything of the stream is in flight.
class PublishStream::Owner final : public PublishOwner, public std::enable_shared_from_this<Owner> {
 public:
  Owner(BrokerCore& core, std::shared_ptr<PublishListener> listener)
      : core_(core),
        listener_(std::move(listener)),
        admitted_(core.admission().OpenStream([listener = listener_] { listener->OnRoom(); })) {}

  void OnAnswer(const PendingPublish& publish, PublishResult result) override {
    core_.admission().ReleaseStream(*admitted_, publish.admitted_bytes,
                                    core_.reactor().Now() - publish.taken_at);
    core_.account().Ended(publish, result);
    if (answered_.empty()) core_.reactor().Defer([self = shared_from_this()] { self->Tell(); });
    answered_.push_back({publish.owner_tag, std::move(result)});
  }

  const Admission::StreamPtr& admitted() const { return admitted_; }
  PublishListener& listener() { return *listener_; }

 private:
  // At the end of the turn: to wake the caller for the first of many would cost as much again.
  void Tell() { listener_->OnResults(std::exchange(answered_, {})); }

  BrokerCore& core_;
  const std::shared_ptr<PublishListener> listener_;
  const Admission::StreamPtr admitted_;
  std::vector<StreamResult> answered_;  // in this turn; the io thread's
};

PublishStream::PublishStream(BrokerCore& core, std::shared_ptr<PublishListener> listener)
    : core_(core),
      id_(core.NextStreamId()),
      owner_(std::make_shared<Owner>(core, std::move(listener))) {}

PublishStream::~PublishStream() {
  Flush();
  core_.admission().EndWaiting(owner_->admitted());
}

bool PublishStream::Offer(uint64_t tag, PublishRequest request, base::TimePoint deadline) {
  PendingPublish& publish = parked_.emplace_back();
  publish.owner_tag = tag;
  publish.stream = id_;
  if (auto error = PreparePublish(core_, std::move(request), publish)) {
    Refuse(parked_, *error);
    return true;
  }
  publish.owner = owner_;
  publish.admitted_bytes = publish.encoded.bytes();
  return Admit(deadline);
}

bool PublishStream::Resume(base::TimePoint deadline) {
  if (parked_.empty()) return true;
  if (core_.draining()) {
    core_.admission().EndWaiting(owner_->admitted());
    Refuse(parked_, {Reason::kDraining, "the sidecar is shutting down"});
    return true;
  }
  return Admit(deadline);
}

bool PublishStream::Admit(base::TimePoint deadline) {
  PendingPublish& publish = parked_.front();
  if (!core_.admission().AdmitStream(owner_->admitted(), publish.admitted_bytes)) return false;
  publish.deadline = deadline;
  taken_bytes_ += publish.admitted_bytes;
  taken_.splice(taken_.end(), parked_);
  return true;
}

void PublishStream::Flush() {
  if (taken_.empty()) return;
  // Shared: where the task cannot be posted it is dropped, and what it carries is still needed.
  auto taken = std::make_shared<PublishList>(std::move(taken_));
  taken_.clear();
  auto task = [core = &core_, taken] {
    core->AssertIoThread();
    core->publisher().Publish(std::move(*taken));
  };
  if (core_.reactor().Post(std::move(task), std::exchange(taken_bytes_, 0))) return;
  for (const PendingPublish& publish : *taken) {
    core_.admission().ReleaseStream(*owner_->admitted(), publish.admitted_bytes, {});
  }
  Refuse(*taken, NotPosted(core_));
}

void PublishStream::Refuse(PublishList& publishes, const Error& error) {
  std::vector<StreamResult> refused;
  for (PendingPublish& publish : publishes) {
    StreamResult& refusal = refused.emplace_back();
    refusal.tag = publish.owner_tag;
    refusal.result.error = error;
    refusal.result.message_id = std::move(publish.message_id);
    core_.account().Ended(publish, refusal.result);
  }
  publishes.clear();
  owner_->listener().OnResults(std::move(refused));
}

}  // namespace amqp_sidecar::broker
