#include "amqp/publish.h"

#include <utility>

#include "amqp/client_method_codec.h"
#include "amqp/content_codec.h"

namespace amqp_sidecar::amqp {

absl::StatusOr<EncodedPublish> EncodePublish(std::string_view exchange,
                                             std::string_view routing_key,
                                             const Properties& properties,
                                             std::shared_ptr<const std::string> body) {
  absl::StatusOr<std::string> method = BasicPublishFrame(0, exchange, routing_key);
  if (!method.ok()) return method.status();
  absl::StatusOr<std::string> header = ContentHeaderFrame(properties, body->size());
  if (!header.ok()) return header.status();
  EncodedPublish publish;
  publish.header_frame_at = method->size();
  publish.head = *std::move(method) + *header;
  publish.body = std::move(body);
  return publish;
}

}  // namespace amqp_sidecar::amqp
