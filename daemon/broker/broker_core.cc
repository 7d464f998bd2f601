#include "broker/broker_core.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"

namespace amqp_sidecar::broker {
namespace {

constexpr base::Duration kDrainCheckEvery = std::chrono::milliseconds(10);
// For connection.close and its answer, after everything else has come to its end.
constexpr base::Duration kGoodbye = std::chrono::milliseconds(500);

std::vector<std::string> LoginsOf(const Broker::Config& config) {
  std::vector<std::string> logins;
  for (const amqp::Endpoint& endpoint : config.link.endpoints) logins.push_back(endpoint.user);
  return logins;
}

// Never 0, and not to be guessed from another life's.
uint64_t NewLife(const base::Backoff::Random& random) {
  const auto half = [&] { return static_cast<uint64_t>(random() * 4294967296.0); };
  const uint64_t high = half();
  return (high << 32 | half()) | 1;
}

ConnectionState StateOf(amqp::LinkState state) {
  switch (state) {
    case amqp::LinkState::kConnecting:
      return ConnectionState::kConnecting;
    case amqp::LinkState::kReady:
      return ConnectionState::kReady;
    case amqp::LinkState::kBlocked:
      return ConnectionState::kBlocked;
    case amqp::LinkState::kBackingOff:
      return ConnectionState::kBackingOff;
    case amqp::LinkState::kClosing:
    case amqp::LinkState::kClosed:
      return ConnectionState::kDraining;
  }
  return ConnectionState::kConnecting;
}

}  // namespace

BrokerCore::BrokerCore(base::Reactor& reactor, amqp::Dialer& dialer, base::Backoff::Random random,
                       Broker::Config config, Broker::StatusListener on_status)
    : reactor_(reactor),
      config_(std::move(config)),
      on_status_(std::move(on_status)),
      validator_(config_.validation),
      logins_(LoginsOf(config_)),
      life_(NewLife(random)),
      link_(reactor, dialer, std::move(random), config_.link, *this),
      scratch_(reactor, link_),
      directory_(scratch_),
      topology_(reactor, scratch_, directory_, config_.topology, [this] { OnTopologyChange(); }),
      publisher_(reactor, link_, directory_, topology_,
                 {config_.publish_channels, config_.max_in_flight_messages}),
      subscriptions_(reactor, link_, life_),
      snapshot_(std::make_shared<Snapshot>()) {}

BrokerCore::~BrokerCore() = default;

std::shared_ptr<const Snapshot> BrokerCore::snapshot() const {
  absl::MutexLock lock(&mutex_);
  return snapshot_;
}

bool BrokerCore::Admit(size_t bytes) {
  if (in_flight_messages_.fetch_add(1) < config_.max_in_flight_messages) {
    // One message may always go, however large the others are: it is bounded by itself.
    const size_t before = in_flight_bytes_.fetch_add(bytes);
    if (before == 0 || before + bytes <= config_.max_in_flight_bytes) return true;
    in_flight_bytes_.fetch_sub(bytes);
  }
  in_flight_messages_.fetch_sub(1);
  return false;
}

void BrokerCore::Release(size_t bytes) {
  in_flight_messages_.fetch_sub(1);
  in_flight_bytes_.fetch_sub(bytes);
}

void BrokerCore::OnLinkUp(amqp::Connection& connection, uint64_t) {
  scratch_.LinkUp(connection);
  topology_.LinkUp();
  publisher_.LinkUp(connection);
  subscriptions_.LinkUp(connection);
  link_.FlushSoon();
}

void BrokerCore::OnLinkDown(const amqp::Failure& failure) {
  scratch_.LinkDown(failure);
  directory_.Clear();
  topology_.LinkDown();
  publisher_.LinkDown();
  subscriptions_.LinkDown(failure);
}

void BrokerCore::OnLinkBlocked(std::string_view) { publisher_.Blocked(); }

void BrokerCore::OnLinkUnblocked() {
  base::Log(base::LogLevel::kInfo, "the broker takes publishes again");
  publisher_.Unblocked();
}

void BrokerCore::OnPublishRoom() { publisher_.PublishRoom(); }

void BrokerCore::OnLinkStatus() { UpdateSnapshot(); }

void BrokerCore::OnTopologyChange() {
  if (topology_.ready()) publisher_.TopologyReady();
  UpdateSnapshot();
}

void BrokerCore::UpdateSnapshot() {
  const amqp::Link::Status& status = link_.status();
  auto fresh = std::make_shared<Snapshot>();
  fresh->state = draining() ? ConnectionState::kDraining : StateOf(status.state);
  fresh->endpoint = status.endpoint;
  fresh->broker_product = status.server.product;
  fresh->broker_version = status.server.version;
  fresh->since = status.since;
  fresh->reconnects = status.reconnects;
  fresh->last_error = status.last_failure.text;
  fresh->next_attempt_at = status.next_attempt_at;
  fresh->blocked_reason = status.blocked_reason;
  if (const amqp::Connection* connection = link_.connection()) {
    fresh->channels_open = static_cast<uint32_t>(connection->channels_open());
    fresh->channels_max = static_cast<uint32_t>(connection->channels_max());
  }
  fresh->topology_declared = topology_.ready() && topology_.error().empty();
  fresh->topology_error = topology_.error();
  fresh->subscriptions = static_cast<uint32_t>(subscriptions_.size());
  {
    absl::MutexLock lock(&mutex_);
    snapshot_ = fresh;
  }
  if (on_status_) on_status_(*fresh);
}

void BrokerCore::Drain(base::TimePoint deadline, base::Task done) {
  const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(deadline - reactor_.Now());
  base::Log(base::LogLevel::kInfo, "draining",
            {{"timeout_ms", timeout.count()},
             {"publishes_in_flight", publisher_.in_flight()},
             {"subscriptions", subscriptions_.size()}});
  UpdateSnapshot();
  subscriptions_.Drain();
  AwaitDrained(deadline, std::move(done));
}

void BrokerCore::AwaitDrained(base::TimePoint deadline, base::Task done) {
  const bool idle = publisher_.in_flight() == 0 && subscriptions_.size() == 0;
  if (!idle && reactor_.Now() < deadline) {
    reactor_.After(kDrainCheckEvery, [this, deadline, done = std::move(done)]() mutable {
      reactor_.role.AssertCurrent();
      AwaitDrained(deadline, std::move(done));
    });
    return;
  }
  if (!idle) {
    base::Log(base::LogLevel::kWarn, "drain timeout: giving up on what is left",
              {{"publishes_in_flight", publisher_.in_flight()},
               {"subscriptions", subscriptions_.size()}});
  }
  publisher_.AnswerAll();
  subscriptions_.EndAll({Reason::kDraining, "the sidecar is shutting down"});
  link_.Stop(reactor_.Now() + kGoodbye, [this, done = std::move(done)]() mutable {
    // Calls about topology, whose deadlines nobody will see.
    scratch_.AnswerAll();
    done();
  });
}

}  // namespace amqp_sidecar::broker
