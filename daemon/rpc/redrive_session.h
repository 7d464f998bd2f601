// RedriveSession: one run of `redrive`: what comes from the dead-letter queue is published where it
// goes, and acked there once the broker has it. The calling thread. Which message is which, and
// what has become of it, its ledger knows.
//
// What stays in the queue is held unsettled to the end: given back at once it would come again at
// once. Held ones fill the prefetch, so that with many of them further subscriptions are made.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/completion_queue.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/subscriber.grpc.pb.h"
#include "rpc/command_client.h"
#include "rpc/redrive_acker.h"
#include "rpc/redrive_ledger.h"
#include "rpc/redrive_publisher.h"
#include "rpc/redrive_report.h"
#include "rpc/redrive_source.h"
#include "rpc/redrive_target.h"

namespace amqp_sidecar::rpc {

class RedriveSession final : public RedriveSource::Owner,
                             public RedrivePublisher::Owner,
                             public RedriveAcker::Owner {
 public:
  // Published, and their originals not known to be acked: what may be there twice when the process
  // is killed.
  static constexpr size_t kWindow = 64;
  // With so many that stay, no more room is made.
  static constexpr size_t kMostHeld = 65'535;

  // Moves `limit` messages at most. All that is passed outlives this.
  RedriveSession(const RedriveCommand& command, uint64_t limit,
                 const std::shared_ptr<grpc::Channel>& channel, const std::atomic<bool>& stop,
                 RedriveReport& report);

  // True where all of them were moved, or shown.
  bool Run();

  // RedriveSource::Owner, RedrivePublisher::Owner, RedriveAcker::Owner:
  void OnDelivery(RedriveSource& source, v1::Delivery& delivery) override;
  void OnEvent(RedriveSource& source, const v1::SubscriptionEvent& event) override;
  void OnEnd(RedriveSource& source, const grpc::Status& status) override;
  void OnPublished(uint64_t tag, const RedrivePublisher::Outcome& outcome) override;
  void OnPublisherEnd(const grpc::Status& status) override;
  void OnAckCallFailed(const grpc::Status& status) override;
  void OnAcked(const std::string& delivery_id, bool acked) override;

 private:
  using Clock = std::chrono::steady_clock;

  // A delivery that is new to the run and waits for its turn.
  struct Arrival {
    RedriveLedger::Source source = 0;
    std::string delivery_id;
    std::optional<RedriveTarget> target;
    v1::Message message;
    RedriveIdentity identity;
  };

  // Waits for an operation to end, a fifth of a second at most.
  void Wait();
  // Goes on with whatever can.
  void Turn();
  void TakeArrivals();
  void Take(Arrival arrival);
  void Fail(RedriveLedger::Tag tag, const std::string& why);
  void AckDue();
  void OpenSource(uint64_t prefetch);
  // Has room for more where what is held fills the prefetch.
  void Widen();
  void Interrupted(const RedriveSource& source);
  void EndIfDue();
  // Nothing more is taken from now on. The first reason is told.
  void End(const std::string& why);
  void Close();

  bool AllSubscribed() const;
  bool AllOver() const;
  void Heard() { heard_ = Clock::now(); }

  const RedriveCommand& command_;
  const uint64_t limit_;
  const std::atomic<bool>& stop_;
  RedriveReport& report_;
  const std::unique_ptr<v1::SubscriberService::Stub> subscriber_;
  const std::unique_ptr<v1::PublisherService::Stub> publisher_stub_;

  grpc::CompletionQueue queue_;
  RedriveLedger ledger_;
  std::vector<std::unique_ptr<RedriveSource>> sources_;  // by their numbers
  std::unique_ptr<RedrivePublisher> publisher_;          // not in a dry run
  RedriveAcker acker_;
  std::deque<Arrival> arrivals_;
  uint64_t slots_ = 0;           // the prefetch of all sources
  int64_t returns_ = 0;          // of one message to the queue before, at most
  Clock::time_point heard_;      // anything
  Clock::time_point confirmed_;  // a publish
  bool interrupted_ = false;     // not every source is back
  bool ending_ = false;
  bool over_ = false;     // nothing is in flight any more
  bool closing_ = false;  // what ends now was ended from here
};

}  // namespace amqp_sidecar::rpc
