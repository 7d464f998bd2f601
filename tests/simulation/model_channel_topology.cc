// What a channel of the model broker does with declares, deletes and bindings.
#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model_broker.h"
#include "model_channel.h"
#include "model_connection.h"

namespace amqp_sidecar::simulation {
namespace {

std::string Inequivalent(const std::string& what, const std::string& queue,
                         const std::string& values) {
  return "inequivalent arg '" + what + "' for queue '" + queue + "' in vhost '/': received " +
         values;
}

// What RabbitMQ has against a declare, in the order in which it looks; empty where nothing. The
// only queue type that is ever named is the one that the sidecar asks by, which there is not.
std::string DeclareFault(const ModelQueue& asked, const ModelQueue* found,
                         const std::map<std::string, int64_t>& arguments) {
  const bool typed = arguments.contains("x-queue-type");
  if (found == nullptr) {
    if (!typed) return "";
    return "invalid arg 'x-queue-type' for queue '" + asked.name +
           "' in vhost '/': \"unsupported queue type 'amqp-sidecar-asks'\"";
  }
  if (found->durable != asked.durable) {
    return Inequivalent(
        "durable", asked.name,
        found->durable ? "'false' but current is 'true'" : "'true' but current is 'false'");
  }
  if (found->max_length != asked.max_length) {
    return Inequivalent("x-max-length", asked.name,
                        "none but current is the value '" + std::to_string(found->max_length) +
                            "' of type 'signedint'");
  }
  if (!typed) return "";
  return Inequivalent("x-queue-type", asked.name,
                      "the value 'amqp-sidecar-asks' of type 'longstr' but current is none");
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
  const auto arguments = args.Table();
  if (!args.done()) return Malformed(Method::kQueueDeclare);
  const ModelQueue* found = broker_.FindQueue(queue.name);
  queue.durable = (bits & 2) != 0;
  if (const auto bound = arguments.find("x-max-length"); bound != arguments.end()) {
    queue.max_length = bound->second;
  }
  if ((bits & 1) != 0) {
    if (found == nullptr) return NotFound("queue", queue.name);
  } else if (const std::string fault = DeclareFault(queue, found, arguments); !fault.empty()) {
    return CloseByBroker(406, "PRECONDITION_FAILED - " + fault);
  } else if (found == nullptr) {
    const std::string name = queue.name;
    broker_.DeclareQueue(std::move(queue));
    found = broker_.FindQueue(name);
  }
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
