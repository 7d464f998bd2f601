// BrokerProbe: a connection of the doctor's own to the broker, as the configuration has it, and
// questions over it that change nothing. Main thread; has an io thread of its own.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "amqp/link.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "broker/scratch_channel.h"
#include "broker/types.h"
#include "rpc/link_check.h"

namespace amqp_sidecar::app {

class BrokerProbe final : private amqp::Link::Listener {
 public:
  static constexpr char kName[] = "a connection of the doctor's own";

  // Begins to connect.
  explicit BrokerProbe(Settings settings);
  ~BrokerProbe() override;
  BrokerProbe(const BrokerProbe&) = delete;
  BrokerProbe& operator=(const BrokerProbe&) = delete;

  // Once it is up; or, where there is one endpoint, has failed once; or at the deadline.
  rpc::LinkView WaitForLink(base::TimePoint deadline);

  // Passive declares: take no permission of the user. An answer in any case.
  amqp::Reply LookForExchange(const std::string& name, base::TimePoint deadline);
  amqp::Reply LookForQueue(const std::string& name, base::TimePoint deadline);

 private:
  using Item = std::variant<broker::Exchange, broker::Queue>;

  amqp::Reply LookFor(Item item, base::TimePoint deadline);
  // amqp::Link::Listener:
  void OnLinkUp(amqp::Connection& connection, uint64_t epoch) override;
  void OnLinkDown(const amqp::Failure& failure) override;
  void OnLinkBlocked(std::string_view) override {}
  void OnLinkUnblocked() override {}
  void OnPublishRoom() override {}
  void OnLinkStatus() override;

  const bool one_endpoint_;
  base::EventLoop loop_;
  const std::unique_ptr<amqp::Dialer> dialer_;
  amqp::Link link_;
  broker::ScratchChannel scratch_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by it: what the io thread saw last.
  amqp::Link::Status status_;

  std::thread io_thread_;
};

}  // namespace amqp_sidecar::app
