#include "model_broker.h"

#include <algorithm>
#include <utility>

#include "model_connection.h"

namespace amqp_sidecar::simulation {
namespace {

// AMQP 0-9-1's topic patterns: words between dots, * is one, # any number.
bool TopicMatches(std::string_view pattern, std::string_view key) {
  const auto first_word = [](std::string_view text) { return text.substr(0, text.find('.')); };
  const auto rest = [](std::string_view text) {
    const size_t dot = text.find('.');
    return dot == std::string_view::npos ? std::string_view() : text.substr(dot + 1);
  };
  if (pattern.empty()) return key.empty();
  if (first_word(pattern) == "#") {
    if (TopicMatches(rest(pattern), key)) return true;
    return !key.empty() && TopicMatches(pattern, rest(key));
  }
  if (key.empty()) return false;
  if (first_word(pattern) != "*" && first_word(pattern) != first_word(key)) return false;
  return TopicMatches(rest(pattern), rest(key));
}

}  // namespace

ModelBroker::ModelBroker(SimulatedReactor& reactor, Trace& trace, Checker& checker,
                         SettlementChecker& settlements, Random random, Options options)
    : reactor_(reactor),
      trace_(trace),
      checker_(checker),
      settlements_(settlements),
      random_(random),
      options_(options) {
  // Nobody's: to be declared otherwise in vain.
  DeclareExchange("fixed", "fanout", true);
}

ModelBroker::~ModelBroker() = default;

void ModelBroker::Accept(std::shared_ptr<SimulatedPipe> pipe) {
  if (!up_) {
    // The port was open a moment ago.
    pipe->KillBroker();
    return;
  }
  connections_.push_back(
      std::make_unique<ModelConnection>(*this, std::move(pipe), next_connection_++));
  connections_.back()->Start();
}

void ModelBroker::ForgetLater(ModelConnection& connection) {
  reactor_.WorldAfter({}, [this, gone = &connection] {
    std::erase_if(connections_, [gone](const auto& kept) { return kept.get() == gone; });
  });
}

void ModelBroker::SetAlarm(bool on) {
  trace_.Event(on ? "alarm" : "alarm over");
  alarm_ = on;
  if (on) return checker_.SawAlarm();
  for (const auto& connection : connections_) connection->AlarmOver();
}

// --- Exchanges, queues, bindings.

const std::string* ModelBroker::FindExchange(const std::string& name) const {
  static const std::string kDirect = "direct";
  if (name.empty()) return &kDirect;
  const auto found = exchanges_.find(name);
  return found == exchanges_.end() ? nullptr : &found->second.type;
}

void ModelBroker::DeclareExchange(const std::string& name, const std::string& type, bool durable) {
  exchanges_[name] = {type, durable};
}

ModelQueue* ModelBroker::FindQueue(const std::string& name) {
  const auto found = queues_.find(name);
  return found == queues_.end() ? nullptr : &found->second;
}

void ModelBroker::DeclareQueue(ModelQueue queue) {
  queue.incarnation = next_incarnation_++;
  queue.last_used = reactor_.Now();
  if (queue.lease()) CheckLeaseAt(queue, queue.last_used + *queue.lease());
  const std::string name = queue.name;
  queues_[name] = std::move(queue);
}

bool ModelBroker::Bind(const std::string& queue, const std::string& exchange,
                       const std::string& key) {
  const Binding binding{queue, exchange, key};
  if (std::ranges::find(bindings_, binding) == bindings_.end()) bindings_.push_back(binding);
  return true;
}

void ModelBroker::Unbind(const std::string& queue, const std::string& exchange,
                         const std::string& key) {
  std::erase(bindings_, Binding{queue, exchange, key});
}

bool ModelBroker::ExchangeInUse(const std::string& name) const {
  return std::ranges::any_of(bindings_, [&](const Binding& b) { return b.exchange == name; });
}

void ModelBroker::DeleteExchange(const std::string& name) {
  exchanges_.erase(name);
  std::erase_if(bindings_, [&](const Binding& b) { return b.exchange == name; });
}

size_t ModelBroker::Purge(ModelQueue& queue) {
  for (const auto& [position, copy] : queue.ready) checker_.Ended(copy.id, Fate::kRemoved);
  const size_t count = queue.ready.size();
  queue.ready.clear();
  return count;
}

size_t ModelBroker::DeleteQueue(const std::string& name) {
  trace_.Event("queue deleted", {}, name);
  const size_t count = queues_.at(name).ready.size();
  DropQueue(name, Fate::kRemoved);
  return count;
}

void ModelBroker::DropQueue(const std::string& name, Fate fate) {
  auto dropped = queues_.extract(name);
  std::erase_if(bindings_, [&](const Binding& b) { return b.queue == name; });
  for (const auto& [position, copy] : dropped.mapped().ready) checker_.Ended(copy.id, fate);
  for (const auto& [id, leaving] : dropped.mapped().leaving) {
    checker_.Ended(id, leaving.arrived ? Fate::kDeadLettered : fate);
  }
  for (const ModelConsumer& consumer : dropped.mapped().consumers) {
    consumer.channel->QueueGone(consumer.tag);
  }
  for (const auto& connection : connections_) {
    connection->DropUnacked(name, dropped.mapped().incarnation, fate);
  }
}

// --- Messages.

std::vector<std::string> ModelBroker::QueuesFor(const ModelMessage& message) const {
  std::vector<std::string> names;
  AddQueuesFor(message.exchange, message.routing_key, names);
  for (const std::string& key : message.further_keys) AddQueuesFor(message.exchange, key, names);
  return names;
}

void ModelBroker::AddQueuesFor(const std::string& exchange, const std::string& key,
                               std::vector<std::string>& names) const {
  const auto add = [&](const std::string& name) {
    if (queues_.contains(name) && std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
  };
  if (exchange.empty()) return add(key);
  const std::string& type = exchanges_.at(exchange).type;
  for (const Binding& binding : bindings_) {
    if (binding.exchange != exchange) continue;
    if (type == "fanout" ||
        (type == "topic" ? TopicMatches(binding.key, key) : binding.key == key)) {
      add(binding.queue);
    }
  }
}

ModelBroker::Routed ModelBroker::Route(const std::shared_ptr<const ModelMessage>& message) {
  Routed routed;
  if (FindExchange(message->exchange) == nullptr) {
    routed.exchange_found = false;
    return routed;
  }
  const std::vector<std::string> names = QueuesFor(*message);
  routed.returned = names.empty();
  for (const std::string& name : names) {
    ModelQueue& queue = queues_.at(name);
    if (queue.full() || (nacks_ > 0 && random_.Chance(nacks_))) {
      routed.refused = true;
      continue;
    }
    ModelCopy copy;
    copy.message = message;
    copy.id = message->move ? settlements_.Moved(*message->move)
                            : checker_.Stored(message->publish, name, routed.copies.empty());
    routed.copies.push_back(copy.id);
    Put(queue, std::move(copy));
  }
  return routed;
}

void ModelBroker::Put(ModelQueue& queue, ModelCopy copy) {
  copy.position = queue.next_position++;
  copy.expires = base::kNever;
  for (const auto& time : {queue.time_to_live(), copy.message->time_to_live}) {
    if (time) copy.expires = std::min(copy.expires, reactor_.Now() + *time);
  }
  if (copy.expires != base::kNever) ExpireSoon(queue, copy.expires);
  queue.ready.emplace(copy.position, std::move(copy));
  PumpSoon(queue.name);
}

void ModelBroker::Requeue(const std::string& name, uint64_t incarnation, ModelCopy copy) {
  ModelQueue* queue = FindQueue(name);
  if (queue == nullptr || queue->incarnation != incarnation) return;
  --queue->unacked;
  copy.redelivered = true;
  ++copy.returns;
  if (copy.expires != base::kNever) ExpireSoon(*queue, copy.expires);
  queue->ready.emplace(copy.position, std::move(copy));
  PumpSoon(name);
}

void ModelBroker::PumpSoon(const std::string& queue) {
  reactor_.WorldAfter({}, [this, queue] { Pump(queue); });
}

void ModelBroker::Pump(const std::string& name) {
  ModelQueue* queue = FindQueue(name);
  if (queue == nullptr || !up_) return;
  size_t without_room = 0;
  while (!queue->ready.empty() && without_room < queue->consumers.size()) {
    queue->next_consumer = (queue->next_consumer + 1) % queue->consumers.size();
    const ModelConsumer& consumer = queue->consumers[queue->next_consumer];
    if (!consumer.channel->HasRoom()) {
      ++without_room;
      continue;
    }
    without_room = 0;
    auto next = queue->ready.extract(queue->ready.begin());
    ++queue->unacked;
    consumer.channel->Deliver(consumer.tag, name, queue->incarnation, std::move(next.mapped()));
  }
}

void ModelBroker::RemoveConsumers(const ModelChannel& channel) {
  for (auto& [name, queue] : queues_) {
    if (std::erase_if(queue.consumers, [&](const auto& c) { return c.channel == &channel; }) > 0) {
      Renew(queue);
    }
  }
}

// --- Restart.

void ModelBroker::GoDown(bool politely) {
  trace_.Event(politely ? "broker stops" : "broker is killed");
  up_ = false;
  for (const auto& connection : connections_) {
    if (politely) {
      connection->CloseByBroker(
          320, "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'");
    }
  }
  for (const auto& connection : connections_) connection->Die();
  LoseTransient();
}

void ModelBroker::LoseTransient() {
  std::vector<std::string> gone;
  for (auto& [name, queue] : queues_) {
    if (!queue.durable) {
      gone.push_back(name);
      continue;
    }
    std::erase_if(queue.ready, [&](const auto& entry) {
      const ModelCopy& copy = entry.second;
      if (!copy.message->persistent && !queue.quorum()) {
        checker_.Ended(copy.id, Fate::kTransient);
        return true;
      }
      if (checker_.confirmed(copy.id) || random_.Chance(0.5)) return false;
      checker_.Ended(copy.id, Fate::kLostUnconfirmed);
      return true;
    });
  }
  for (const std::string& name : gone) DropQueue(name, Fate::kTransient);
  std::erase_if(exchanges_, [](const auto& entry) { return !entry.second.durable; });
  std::erase_if(bindings_, [&](const Binding& b) { return !exchanges_.contains(b.exchange); });
}

// --- Faults.

std::vector<ModelChannel*> ModelBroker::OpenChannels() {
  std::vector<ModelChannel*> open;
  for (const auto& connection : connections_) connection->AddOpenChannels(open);
  return open;
}

void ModelBroker::CloseSomeChannel() {
  const auto open = OpenChannels();
  if (open.empty()) return;
  ModelChannel& channel = *open[random_.Below(open.size())];
  if (channel.consuming() && random_.Chance(0.5)) {
    channel.CloseByBroker(406, "PRECONDITION_FAILED - delivery acknowledgement on channel " +
                                   std::to_string(channel.number()) + " timed out");
  } else if (internal_errors_++ == 0) {
    channel.CloseByBroker(541, "INTERNAL_ERROR");
  } else {
    channel.CloseByBroker(405, "RESOURCE_LOCKED - cannot obtain exclusive access");
  }
}

void ModelBroker::StallSomeChannel(base::TimePoint until) {
  const auto open = OpenChannels();
  if (!open.empty()) open[random_.Below(open.size())]->Stall(until);
}

void ModelBroker::CloseSomeConnection() {
  if (connections_.empty()) return;
  ModelConnection& connection = *connections_[random_.Below(connections_.size())];
  static constexpr std::pair<uint16_t, const char*> kWhy[] = {
      {541, "INTERNAL_ERROR"},
      {320, "CONNECTION_FORCED - Closed via management plugin"},
      {320, "CONNECTION_FORCED - user 'guest' is deleted"},
  };
  // The first once only: what is declared twice when that comes counts as its cause.
  const size_t why = random_.Between(internal_errors_ > 0 ? 1 : 0, std::size(kWhy) - 1);
  internal_errors_ += why == 0;
  const auto& [code, text] = kWhy[why];
  connection.CloseByBroker(code, text);
}

void ModelBroker::CancelSomeConsumer() {
  std::vector<ModelChannel*> consuming;
  for (ModelChannel* channel : OpenChannels()) {
    if (channel->consuming()) consuming.push_back(channel);
  }
  if (!consuming.empty()) consuming[random_.Below(consuming.size())]->CancelConsumer();
}

void ModelBroker::DeleteSomeQueue() {
  std::vector<std::string> names;
  for (const auto& [name, queue] : queues_) {
    if (name != "probe") names.push_back(name);
  }
  if (!names.empty()) DeleteQueue(names[random_.Below(names.size())]);
}

void ModelBroker::DeleteSomeExchange() {
  std::vector<std::string> names;
  for (const auto& [name, exchange] : exchanges_) {
    if (name != "all" && name != "fixed") names.push_back(name);
  }
  if (names.empty()) return;
  const std::string& name = names[random_.Below(names.size())];
  trace_.Event("exchange deleted", {}, name);
  DeleteExchange(name);
}

void ModelBroker::Heal() {
  if (!up_) ComeUp();
  login_ = Login::kOk;
  nacks_ = 0;
  confirms_from_ = {};
  if (alarm_) SetAlarm(false);
  for (ModelChannel* channel : OpenChannels()) channel->Heal();
}

// --- Checks.

size_t ModelBroker::held() const {
  size_t held = 0;
  for (const auto& [name, queue] : queues_) held += queue.held();
  return held;
}

size_t ModelBroker::open_channels() const {
  size_t open = 0;
  for (const auto& connection : connections_) open += connection->open_channels();
  return open;
}

size_t ModelBroker::closing_channels() const {
  size_t closing = 0;
  for (const auto& connection : connections_) closing += connection->closing_channels();
  return closing;
}

}  // namespace amqp_sidecar::simulation
