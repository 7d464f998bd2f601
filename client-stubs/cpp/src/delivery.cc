#include "amqp_sidecar/delivery.h"

#include <google/protobuf/util/json_util.h>

#include "amqp_sidecar/v1/subscriber.pb.h"
#include "convert.h"

namespace amqp_sidecar {

const std::string& Delivery::body() const { return raw_.body(); }
const std::string& Delivery::queue() const { return raw_.queue(); }
const std::string& Delivery::exchange() const { return raw_.exchange(); }
const std::string& Delivery::routing_key() const { return raw_.routing_key(); }
const std::string& Delivery::message_id() const { return raw_.properties().message_id(); }
Table Delivery::headers() const { return FromProto(raw_.properties().headers()); }
Properties Delivery::properties() const { return FromProto(raw_.properties()); }
bool Delivery::redelivered() const { return raw_.redelivered(); }
std::uint32_t Delivery::attempt() const { return raw_.attempt(); }
const std::string& Delivery::invalid_reason() const { return raw_.invalid_reason(); }

void Delivery::ParseBody(google::protobuf::Message& message) const {
  google::protobuf::util::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status = google::protobuf::util::JsonStringToMessage(body(), &message, options);
  // Its text quotes the body.
  if (!status.ok()) throw InvalidBody("the body is not the JSON of a " + message.GetTypeName());
}

}  // namespace amqp_sidecar
