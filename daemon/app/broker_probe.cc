#include "app/broker_probe.h"

#include <future>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "amqp/network_dialer.h"
#include "app/random.h"
#include "broker/topology_operation.h"

namespace amqp_sidecar::app {
namespace {

// For saying goodbye to the broker.
constexpr base::Duration kGoodbyeTime = std::chrono::seconds(1);
// Of a task that is posted: there are few.
constexpr size_t kTaskBytes = 256;

amqp::Link::Options Named(amqp::Link::Options options) {
  options.connection.connection_name += " (doctor)";
  return options;
}

bool IsUp(const amqp::Link::Status& status) {
  return status.state == amqp::LinkState::kReady || status.state == amqp::LinkState::kBlocked;
}

amqp::Reply NoAnswer() {
  amqp::Reply reply;
  reply.failure.kind = amqp::Failure::Kind::kTimedOut;
  reply.failure.text = "no answer in time";
  return reply;
}

}  // namespace

BrokerProbe::BrokerProbe(Settings settings)
    : one_endpoint_(settings.broker.link.endpoints.size() == 1),
      dialer_(amqp::NewNetworkDialer(loop_, settings.tls)),
      link_(loop_, *dialer_, NewRandom(), Named(std::move(settings.broker.link)), *this),
      scratch_(loop_, link_),
      io_thread_([this] { loop_.Run(); }) {
  (void)loop_.Post([this] { link_.Start(); }, kTaskBytes);
}

BrokerProbe::~BrokerProbe() {
  const auto closed = std::make_shared<std::promise<void>>();
  const std::future<void> done = closed->get_future();
  const bool posted = loop_.Post(
      [this, closed] {
        scratch_.AnswerAll();
        link_.Stop(std::chrono::steady_clock::now() + kGoodbyeTime,
                   [closed] { closed->set_value(); });
      },
      kTaskBytes);
  if (posted) (void)done.wait_for(2 * kGoodbyeTime);
  loop_.Stop();
  io_thread_.join();
}

rpc::LinkView BrokerProbe::WaitForLink(base::TimePoint deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [&] {
    return IsUp(status_) || (one_endpoint_ && !status_.last_failure.text.empty());
  });
  rpc::LinkView view;
  view.up = IsUp(status_);
  view.in_words = absl::StrCat("connected to ", status_.endpoint, ", ", status_.server.product, " ",
                               status_.server.version);
  view.endpoint = status_.endpoint;
  view.last_error = status_.last_failure.text;
  view.seen_by = kName;
  return view;
}

amqp::Reply BrokerProbe::LookForExchange(const std::string& name, base::TimePoint deadline) {
  return LookFor(broker::Exchange{.name = name}, deadline);
}

amqp::Reply BrokerProbe::LookForQueue(const std::string& name, base::TimePoint deadline) {
  return LookFor(broker::Queue{.name = name}, deadline);
}

amqp::Reply BrokerProbe::LookFor(Item item, base::TimePoint deadline) {
  const auto answered = std::make_shared<std::promise<amqp::Reply>>();
  std::future<amqp::Reply> answer = answered->get_future();
  const bool posted = loop_.Post(
      [this, answered, deadline, item = std::move(item)] {
        broker::TopologyItem asked =
            std::visit([](const auto& one) { return broker::TopologyItem(one); }, item);
        scratch_.Run(broker::CheckOperation(std::move(asked)), deadline,
                     [answered](const amqp::Reply& reply) { answered->set_value(reply); });
      },
      kTaskBytes);
  // The scratch channel answers by the deadline.
  return posted ? answer.get() : NoAnswer();
}

void BrokerProbe::OnLinkUp(amqp::Connection& connection, uint64_t /*epoch*/) {
  scratch_.LinkUp(connection);
}

void BrokerProbe::OnLinkDown(const amqp::Failure& failure) { scratch_.LinkDown(failure); }

void BrokerProbe::OnLinkStatus() {
  {
    const std::lock_guard lock(mutex_);
    status_ = link_.status();
  }
  changed_.notify_all();
}

}  // namespace amqp_sidecar::app
