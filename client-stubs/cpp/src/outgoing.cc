#include "outgoing.h"

#include <google/protobuf/util/json_util.h>

#include <stdexcept>
#include <utility>

#include "convert.h"
#include "failure.h"
#include "random.h"

namespace amqp_sidecar {

void ThrowInvalidBody(const std::string& detail) {
  throw Error(NotSent(Code::kInvalidArgument, reason::kInvalidBody,
                      "the body cannot be serialized: " + detail));
}

Body::Body(const google::protobuf::Message& message) {
  const auto status = google::protobuf::util::MessageToJsonString(message, &bytes_);
  if (!status.ok()) ThrowInvalidBody(status.ToString());
}

void MakeMessage(std::string_view exchange, std::string_view routing_key, Body body,
                 const Properties& properties, const TraceHooks& trace, v1::Message& message) {
  v1::Properties& out = *message.mutable_properties();
  try {
    CheckText("the exchange", exchange);
    CheckText("the routing key", routing_key);
    ToProto(properties, out);
  } catch (const std::invalid_argument& error) {
    throw Error(NotSent(Code::kInvalidArgument, reason::kInvalidMessage, error.what(),
                        properties.message_id));
  }
  if (out.message_id().empty()) out.set_message_id(NewMessageId());
  message.set_exchange(exchange.data(), exchange.size());
  message.set_routing_key(routing_key.data(), routing_key.size());
  message.set_body(std::move(body).bytes());
  if (trace.inject && !properties.headers.contains("traceparent")) {
    TraceHeaders headers;
    trace.inject(headers);
    for (const auto& [name, value] : headers) {
      (*out.mutable_headers())[name].set_string_value(value);
    }
  }
}

}  // namespace amqp_sidecar
