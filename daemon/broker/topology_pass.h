// TopologyPass: once through all that is kept, on a link: each item is declared, or only looked
// for, in order. Where the broker refused any, the pass is made again after a while. io thread.
// Changes nothing of what is kept; what is let go of while it runs is not declared any more.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/reactor.h"
#include "broker/kept_topology.h"
#include "broker/scratch_channel.h"

namespace amqp_sidecar::broker {

class TopologyPass {
 public:
  // A pass in which something was refused is made again after this time.
  static constexpr base::Duration kRetryEvery = std::chrono::seconds(5);
  static constexpr int kPoisonousAt = 2;
  // So many refused items are told of by name.
  static constexpr size_t kMaxTold = 10;

  class Listener {
   public:
    virtual ~Listener() = default;
    // The broker took its declare, or has it where the pass only looks.
    virtual void OnItemStands(const TopologyItem& item) = 0;
    // At the end of each pass.
    virtual void OnPassEnd() = 0;
  };

  // The references are not owned and outlive this.
  TopologyPass(base::Reactor& reactor, ScratchChannel& scratch, const KeptTopology& kept,
               TopologyMode mode, Listener& listener);

  // Anew, on a link that is up.
  void Begin();
  // The link is gone.
  void Cancel();

  // A pass on this link came to its end.
  bool ended() const { return ended_; }
  // What the last one was refused, for a person; empty where nothing was.
  const std::string& error() const { return error_; }

 private:
  using Refused = std::map<std::string, std::string>;  // why, by item

  void Step();
  void OnAnswer(uint64_t number, const std::string& item, const amqp::Reply& reply);
  void Refuse(const std::string& item, std::string why);
  void End();
  void BeginIn(base::Duration delay);
  std::string InWords(const amqp::Failure& failure) const;

  // Constant after construction.
  base::Reactor& reactor_;
  ScratchChannel& scratch_;
  const KeptTopology& kept_;
  const TopologyMode mode_;
  Listener& listener_;

  // Owned by the io thread.
  uint64_t number_ = 0;  // of the pass: what an earlier one asked is for nobody
  std::vector<TopologyItem> items_;
  size_t next_ = 0;
  Refused refused_;
  Refused refused_before_;  // by the last pass: told already
  // Items that were being declared when the broker closed the connection, and how often in a row:
  // once may be chance. From kPoisonousAt on they are not declared again, or they would cost every
  // connection.
  std::map<std::string, int> connections_cost_;
  base::TimerId timer_ = 0;
  bool ended_ = false;
  std::string error_;
};

}  // namespace amqp_sidecar::broker
