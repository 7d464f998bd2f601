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

amqp::Link::Options ConsumeLinkOptions(const Broker::Config& config) {
  amqp::Link::Options options = config.link;
  options.connection.connection_name += " (consuming)";
  return options;
}

// For publishing, the probe lane, and the scratch channel.
size_t KeptChannels(const Broker::Config& config) {
  return config.separate_consumer_connection ? 1 : config.publish_channels + 2;
}

ConnectionSnapshot SnapshotOf(const amqp::Link& link, bool draining) {
  const amqp::Link::Status& status = link.status();
  ConnectionSnapshot snapshot;
  snapshot.state = draining ? ConnectionState::kDraining : StateOf(status.state);
  snapshot.endpoint = status.endpoint;
  snapshot.broker_product = status.server.product;
  snapshot.broker_version = status.server.version;
  snapshot.since = status.since;
  snapshot.reconnects = status.reconnects;
  snapshot.last_error = status.last_failure.text;
  snapshot.next_attempt_at = status.next_attempt_at;
  snapshot.blocked_reason = status.blocked_reason;
  if (const amqp::Connection* connection = link.connection()) {
    snapshot.channels_open = static_cast<uint32_t>(connection->channels_open());
    snapshot.channels_max = static_cast<uint32_t>(connection->channels_max());
  }
  return snapshot;
}

}  // namespace

// What a link says, with what the link is for.
class BrokerCore::LinkEvents final : public amqp::Link::Listener {
 public:
  LinkEvents(BrokerCore& core, Use use) : core_(core), use_(use) {}

  void OnLinkUp(amqp::Connection& connection, uint64_t) override {
    core_.OnLinkUp(use_, connection);
  }
  void OnLinkDown(const amqp::Failure& failure) override { core_.OnLinkDown(use_, failure); }
  void OnLinkBlocked(std::string_view) override {
    if (use_.publishing) core_.publisher_.Blocked();
  }
  void OnLinkUnblocked() override {
    if (use_.publishing) core_.publisher_.Unblocked();
  }
  void OnPublishRoom() override {
    if (use_.publishing) core_.publisher_.PublishRoom();
  }
  void OnLinkStatus() override { core_.UpdateSnapshot(); }

 private:
  BrokerCore& core_;
  const Use use_;
};

BrokerCore::BrokerCore(base::Reactor& reactor, amqp::Dialer& dialer, base::Backoff::Random random,
                       Broker::Config config, Broker::StatusListener on_status)
    : reactor_(reactor),
      config_(std::move(config)),
      on_status_(std::move(on_status)),
      logins_(LoginsOf(config_)),
      life_(NewLife(random)),
      account_(reactor, counters_.publishes),
      publish_events_(std::make_unique<LinkEvents>(
          *this, Use{.publishing = true, .consuming = !config_.separate_consumer_connection})),
      consume_events_(
          config_.separate_consumer_connection
              ? std::make_unique<LinkEvents>(*this, Use{.publishing = false, .consuming = true})
              : nullptr),
      publish_link_(reactor, dialer, random, config_.link, *publish_events_),
      own_consume_link_(consume_events_ == nullptr
                            ? nullptr
                            : std::make_unique<amqp::Link>(reactor, dialer, random,
                                                           ConsumeLinkOptions(config_),
                                                           *consume_events_)),
      consume_link_(own_consume_link_ == nullptr ? publish_link_ : *own_consume_link_),
      scratch_(reactor, consume_link_),
      directory_(scratch_),
      queue_types_(reactor, scratch_),
      topology_(reactor, scratch_, directory_, queue_types_,
                {config_.topology, config_.topology_mode}, [this] { OnTopologyChange(); }),
      publisher_(
          reactor, publish_link_, directory_, topology_, counters_,
          {config_.publish_channels, config_.max_in_flight_messages, config_.operation_timeout}),
      own_queues_(reactor, scratch_),
      mover_(reactor, own_queues_, publisher_, config_.operation_timeout),
      subscriptions_(
          {consume_link_,
           scratch_,
           queue_types_,
           {reactor, mover_, topology_, hold_limit(), config_.default_ack_deadline, counters_}},
          {life_, KeptChannels(config_)}, [this] { UpdateSnapshot(); }),
      admission_({config_.max_in_flight_messages, config_.max_in_flight_bytes}),
      snapshot_(std::make_shared<Snapshot>()),
      validator_(std::make_shared<const json::Validator>(config_.validation)) {}

BrokerCore::~BrokerCore() = default;

base::Duration BrokerCore::hold_limit() const {
  if (config_.broker_consumer_timeout == base::Duration::zero()) return Settler::kNoLimit;
  return config_.broker_consumer_timeout / 5 * 4;
}

std::shared_ptr<const Snapshot> BrokerCore::snapshot() const {
  base::MutexLock lock(&mutex_);
  return snapshot_;
}

std::shared_ptr<const json::Validator> BrokerCore::validator() const {
  base::MutexLock lock(&mutex_);
  return validator_;
}

void BrokerCore::set_validator(std::shared_ptr<const json::Validator> validator) {
  base::MutexLock lock(&mutex_);
  // The old one ends here, or with the last message that was taken under it.
  validator_.swap(validator);
}

void BrokerCore::Start() {
  publish_link_.Start();
  if (own_consume_link_ != nullptr) own_consume_link_->Start();
}

void BrokerCore::OnLinkUp(Use use, amqp::Connection& connection) {
  if (use.consuming) scratch_.LinkUp(connection);
  if (use.publishing) publisher_.LinkUp(connection);
  // Also where only the publishing link came back: the broker may have begun anew, and the other
  // link not know yet that it is dead.
  if (consume_link_.connection() != nullptr) topology_.LinkUp();
}

// Once the topology stands: or a queue that is about to be declared again would be missed.
void BrokerCore::BeginConsuming() {
  if (consuming_ || consume_link_.connection() == nullptr) return;
  consuming_ = true;
  subscriptions_.LinkUp(*consume_link_.connection());
}

void BrokerCore::OnLinkDown(Use use, const amqp::Failure& failure) {
  directory_.Clear();
  queue_types_.Clear();
  if (use.consuming) {
    scratch_.LinkDown(failure);
    own_queues_.LinkDown();
    topology_.LinkDown();
  }
  if (use.publishing) publisher_.LinkDown();
  if (use.consuming && std::exchange(consuming_, false)) subscriptions_.LinkDown(failure);
}

void BrokerCore::OnTopologyChange() {
  if (topology_.ready()) {
    publisher_.TopologyReady();
    BeginConsuming();
  }
  UpdateSnapshot();
}

void BrokerCore::Blockades::Note(bool blocked, base::TimePoint now) {
  if (blocked == (since != base::kNever)) return;
  if (!blocked) over += now - since;
  since = blocked ? now : base::kNever;
}

Load BrokerCore::load() const {
  return {admission_.messages(), admission_.bytes(), admission_.limits().messages,
          admission_.limits().bytes};
}

void BrokerCore::UpdateSnapshot() {
  auto fresh = std::make_shared<Snapshot>();
  const auto look = [this](const amqp::Link& link, Blockades& blockades) {
    blockades.Note(link.status().state == amqp::LinkState::kBlocked, reactor_.Now());
    ConnectionSnapshot snapshot = SnapshotOf(link, draining());
    snapshot.blocked_before = blockades.over;
    return snapshot;
  };
  fresh->connection = look(publish_link_, publish_blockades_);
  if (own_consume_link_ != nullptr) {
    fresh->consumer_connection = look(consume_link_, consume_blockades_);
  }
  fresh->topology_declared = topology_.ready() && topology_.error().empty();
  fresh->topology_error = topology_.error();
  fresh->subscriptions = subscriptions_.Statuses();
  {
    base::MutexLock lock(&mutex_);
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
  const base::TimePoint goodbye = reactor_.Now() + kGoodbye;
  auto finish = [this, done = std::move(done)]() mutable {
    // Calls about topology, whose deadlines nobody will see.
    scratch_.AnswerAll();
    account_.End();
    done();
  };
  if (own_consume_link_ == nullptr) {
    publish_link_.Stop(goodbye, std::move(finish));
    return;
  }
  // The consuming link lasts to the end: what is on it was settled after the last publish.
  publish_link_.Stop(goodbye, [this, goodbye, finish = std::move(finish)]() mutable {
    own_consume_link_->Stop(goodbye, std::move(finish));
  });
}

Error NotPosted(const BrokerCore& core) {
  if (core.draining()) return {Reason::kDraining, "the sidecar is shutting down"};
  return {Reason::kLimitExceeded, "too many calls wait for the sidecar's connection: slow down"};
}

}  // namespace amqp_sidecar::broker
