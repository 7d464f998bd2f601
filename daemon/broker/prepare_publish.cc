#include "broker/prepare_publish.h"

#include <memory>
#include <utility>

#include "base/strings.h"
#include "broker/broker_core.h"
#include "broker/message_check.h"
#include "broker/uuid.h"

namespace amqp_sidecar::broker {
namespace {

void FillDefaults(Properties& properties) {
  if (properties.content_type.empty()) properties.content_type = "application/json";
  if (properties.delivery_mode == 0) properties.delivery_mode = 2;
  if (properties.message_id.empty()) {
    properties.message_id = NewUuidV7(std::chrono::system_clock::now());
  }
}

std::optional<Error> CheckPublish(const BrokerCore& core, const PublishRequest& request) {
  if (core.draining()) return Error{Reason::kDraining, "the sidecar is shutting down"};
  if (auto error = CheckMessage(request, core.logins())) return error;
  if (request.body.size() > core.config().max_message_bytes) {
    return Error{Reason::kMessageTooLarge, base::Concat("the body is ", request.body.size(),
                                                        " bytes; limits.max_message_bytes is ",
                                                        core.config().max_message_bytes)};
  }
  auto invalid = core.validator()->CheckPublish(request.exchange, request.routing_key,
                                                request.properties.content_type, request.body);
  if (invalid) return Error{Reason::kInvalidBody, std::move(*invalid)};
  return std::nullopt;
}

}  // namespace

std::optional<Error> PreparePublish(const BrokerCore& core, PublishRequest request,
                                    PendingPublish& out) {
  FillDefaults(request.properties);
  out.trace_id = TraceIdOf(request.properties.headers);
  std::optional<Error> error = CheckPublish(core, request);
  if (!error) {
    auto encoded =
        amqp::EncodePublish(request.exchange, request.routing_key, request.properties,
                            std::make_shared<const std::string>(std::move(request.body)));
    if (encoded.ok()) {
      out.encoded = *std::move(encoded);
    } else {
      error = Error{Reason::kInvalidMessage, std::string(encoded.status().message())};
    }
  }
  out.exchange = std::move(request.exchange);
  out.routing_key = std::move(request.routing_key);
  out.message_id = std::move(request.properties.message_id);
  out.allow_unroutable = request.allow_unroutable;
  out.deadline = request.deadline;
  return error;
}

}  // namespace amqp_sidecar::broker
