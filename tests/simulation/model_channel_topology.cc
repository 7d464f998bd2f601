// What a channel of the model broker does with declares, deletes and bindings.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "model_broker.h"
#include "model_channel.h"
#include "model_connection.h"

namespace amqp_sidecar::simulation {
namespace {

// As RabbitMQ words it.
std::string InWords(const WireTable& arguments, const std::string& name) {
  const auto found = arguments.find(name);
  if (found == arguments.end()) return "none";
  if (const std::string* text = found->second.text()) {
    return "the value '" + *text + "' of type 'longstr'";
  }
  const int64_t* number = found->second.number();
  return number == nullptr ? "a value"
                           : "the value '" + std::to_string(*number) + "' of type 'signedint'";
}

// The first thing in which they differ; empty where there is none.
std::string Difference(const ModelQueue& asked, const ModelQueue& current) {
  const std::string where = "' for queue '" + asked.name + "' in vhost '/': received ";
  const auto truth = [](bool value) { return value ? "'true'" : "'false'"; };
  if (asked.durable != current.durable) {
    return "'durable" + where + truth(asked.durable) + " but current is " + truth(current.durable);
  }
  WireTable all = asked.arguments;
  all.insert(current.arguments.begin(), current.arguments.end());
  for (const auto& [name, value] : all) {
    const auto there = current.arguments.find(name);
    const auto here = asked.arguments.find(name);
    if (there != current.arguments.end() && here != asked.arguments.end() &&
        there->second == here->second) {
      continue;
    }
    return "'" + name + where + InWords(asked.arguments, name) + " but current is " +
           InWords(current.arguments, name);
  }
  return "";
}

}  // namespace

void ModelChannel::OnExchangeDeclare(WireReader args) {
  args.U16();
  const std::string name = args.Short();
  const std::string type = args.Short();
  const uint8_t bits = args.U8();
  args.Table();
  if (!args.done()) return Malformed(Method::kExchangeDeclare);
  const std::string* found = broker_.FindExchange(name);
  if ((bits & 1) != 0) {
    if (found == nullptr) return NotFound("exchange", name);
  } else if (found != nullptr && *found != type) {
    return CloseByBroker(406, "PRECONDITION_FAILED - inequivalent arg 'type' for exchange '" +
                                  name + "' in vhost '/'");
  } else if (found == nullptr) {
    broker_.DeclareExchange(name, type, (bits & 2) != 0);
  }
  Send(MethodFrame(number_, Method::kExchangeDeclareOk));
}

void ModelChannel::OnExchangeDelete(WireReader args) {
  args.U16();
  const std::string name = args.Short();
  const uint8_t bits = args.U8();
  if (!args.done()) return Malformed(Method::kExchangeDelete);
  if ((bits & 1) != 0 && broker_.ExchangeInUse(name)) {
    return CloseByBroker(406, "PRECONDITION_FAILED - exchange '" + name + "' in use in vhost '/'");
  }
  broker_.DeleteExchange(name);
  Send(MethodFrame(number_, Method::kExchangeDeleteOk));
}

void ModelChannel::OnQueueDeclare(WireReader args) {
  args.U16();
  ModelQueue queue;
  queue.name = args.Short();
  const uint8_t bits = args.U8();
  queue.arguments = args.Table();
  if (!args.done()) return Malformed(Method::kQueueDeclare);
  ModelQueue* found = broker_.FindQueue(queue.name);
  const bool passive = (bits & 1) != 0;
  if (!passive && !queue.name.empty() && queue.name == broker_.options().forbidden_queue) {
    return CloseByBroker(403, "ACCESS_REFUSED - access to queue '" + queue.name +
                                  "' in vhost '/' refused for user 'guest'");
  }
  queue.durable = (bits & 2) != 0;
  if (passive) {
    if (found == nullptr) return NotFound("queue", queue.name);
  } else if (found == nullptr && !queue.of_known_type()) {
    return CloseByBroker(406, "PRECONDITION_FAILED - invalid arg 'x-queue-type' for queue '" +
                                  queue.name + "' in vhost '/': \"unsupported queue type\"");
  } else if (found == nullptr) {
    const std::string name = queue.name;
    broker_.DeclareQueue(std::move(queue));
    found = broker_.FindQueue(name);
  } else if (const std::string difference = Difference(queue, *found); !difference.empty()) {
    return CloseByBroker(406, "PRECONDITION_FAILED - inequivalent arg " + difference);
  }
  // Measured on 3.10 and 4.0: a quorum queue does not count a passive declare as use.
  if (!passive || !found->quorum()) broker_.Renew(*found);
  Send(MethodFrame(number_, Method::kQueueDeclareOk)
           .Short(found->name)
           .U32(static_cast<uint32_t>(found->ready.size()))
           .U32(static_cast<uint32_t>(found->consumers.size())));
}

void ModelChannel::OnQueueBind(WireReader args, bool bind) {
  args.U16();
  const std::string queue = args.Short();
  const std::string exchange = args.Short();
  const std::string key = args.Short();
  if (bind) args.U8();
  args.Table();
  if (!args.done()) return Malformed(Method::kQueueBind);
  if (bind && broker_.FindQueue(queue) == nullptr) return NotFound("queue", queue);
  if (bind && broker_.FindExchange(exchange) == nullptr) return NotFound("exchange", exchange);
  if (bind) {
    broker_.Bind(queue, exchange, key);
  } else {
    broker_.Unbind(queue, exchange, key);
  }
  Send(MethodFrame(number_, bind ? Method::kQueueBindOk : Method::kQueueUnbindOk));
}

void ModelChannel::OnQueuePurge(WireReader args) {
  args.U16();
  const std::string name = args.Short();
  args.U8();
  if (!args.done()) return Malformed(Method::kQueuePurge);
  ModelQueue* queue = broker_.FindQueue(name);
  if (queue == nullptr) return NotFound("queue", name);
  const size_t count = broker_.Purge(*queue);
  Send(MethodFrame(number_, Method::kQueuePurgeOk).U32(static_cast<uint32_t>(count)));
}

void ModelChannel::OnQueueDelete(WireReader args) {
  args.U16();
  const std::string name = args.Short();
  const uint8_t bits = args.U8();
  if (!args.done()) return Malformed(Method::kQueueDelete);
  const ModelQueue* queue = broker_.FindQueue(name);
  size_t count = 0;
  if (queue != nullptr) {
    if ((bits & 1) != 0 && !queue->consumers.empty()) {
      return CloseByBroker(406, "PRECONDITION_FAILED - queue '" + name + "' in vhost '/' in use");
    }
    if ((bits & 2) != 0 && !queue->ready.empty()) {
      return CloseByBroker(406,
                           "PRECONDITION_FAILED - queue '" + name + "' in vhost '/' not empty");
    }
    count = broker_.DeleteQueue(name);
  }
  Send(MethodFrame(number_, Method::kQueueDeleteOk).U32(static_cast<uint32_t>(count)));
}

}  // namespace amqp_sidecar::simulation
