// Publisher: takes every publish from the door to its one answer: queued, written, then confirmed,
// returned, refused or unknown. io thread. Knows no gRPC and no sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "amqp/link.h"
#include "base/reactor.h"
#include "broker/counters.h"
#include "broker/exchange_directory.h"
#include "broker/pending_publish.h"
#include "broker/publish_deadlines.h"
#include "broker/publish_lane.h"
#include "broker/topology.h"
#include "broker/types.h"

namespace amqp_sidecar::broker {

class Publisher final : public PublishLane::Owner {
 public:
  struct Options {
    uint32_t channels = 2;
    size_t max_open = 10'000;  // publishes on the wire, a channel
    // A channel that confirms nothing for this long, though it has something to confirm, is
    // replaced.
    base::Duration silence = std::chrono::seconds(5);
  };

  // The references are not owned and outlive this.
  Publisher(base::Reactor& reactor, amqp::Link& link, ExchangeDirectory& directory,
            const TopologyKeeper& topology, Counters& counters, Options options);

  // Takes them on, in order. The answer to each comes by its deadline.
  void Publish(PublishList publishes);

  void LinkUp(amqp::Connection& connection);
  void LinkDown();
  void Blocked();
  void Unblocked() { PumpAll(); }
  void PublishRoom() { PumpAll(); }
  // The topology was declared, since the link came up: what was held back may go. No change where
  // there is no link, or it may go already.
  void TopologyReady();

  size_t in_flight() const { return in_flight_; }

  // The sidecar ends: answers everything that is left, and what still comes, at once.
  void AnswerAll();

  // PublishLane::Owner:
  void OnConfirmed(PendingPublish& publish, bool returned) override;
  void OnRefused(PublishLane& lane, PendingPublish& publish) override;
  bool OnAmbiguous(PublishLane& lane, PendingPublish& publish) override;
  void OnNotEncodable(PendingPublish& publish) override;
  void OnLaneClosed(PublishLane& lane, const amqp::Failure& failure) override;

 private:
  void Begin(PendingPublish& fresh);
  bool CanGo() const;
  void Route(PendingPublish& publish);
  void CheckExchange(PendingPublish& publish);
  void ExchangeChecked(const std::string& exchange, const amqp::Reply& reply);
  PublishLane& LaneFor(const PendingPublish& publish);
  void Probe(PendingPublish& publish);
  void PumpAll();
  void Hold(PublishList& publishes);
  std::vector<PendingPublish*> Suspects(PublishLane& lane, const amqp::Failure& failure) const;

  void FailTwiceUnheard(PublishLane& lane);
  void OnDeadline(PendingPublish& publish);
  Error NotWrittenError(const PendingPublish& publish) const;
  void Fail(PendingPublish& publish, Error error);
  void Answer(PendingPublish& publish, PublishResult result);

  base::Reactor& reactor_;
  amqp::Link& link_;
  ExchangeDirectory& directory_;
  const TopologyKeeper& topology_;
  Counters& counters_;

  PublishDeadlines deadlines_;
  uint64_t next_id_ = 1;
  size_t in_flight_ = 0;
  amqp::Connection* connection_ = nullptr;
  base::TimePoint link_up_at_;
  bool ended_ = false;            // nothing is taken on any more
  bool topology_stands_ = false;  // declared since the link came up
  // Wait for the link and the topology, in order of arrival.
  PublishList held_;
  // Wait for the answer to whether their exchange is there.
  std::map<std::string, PublishList> checking_;
  std::vector<std::unique_ptr<PublishLane>> lanes_;
  // One publish at a time: for those among which one made the broker close a channel, and for those
  // whose return could be taken for another's.
  std::unique_ptr<PublishLane> probe_lane_;
  size_t pump_from_ = 0;
};

}  // namespace amqp_sidecar::broker
