#include "amqp/publish.h"

#include <utility>

#include "amqp/client_method_codec.h"
#include "amqp/content_codec.h"

namespace amqp_sidecar::amqp {
namespace {

// Both frames without the names: content type, message id and delivery mode are what most messages
// have.
constexpr size_t kUsualHead = 112;

}  // namespace

absl::StatusOr<EncodedPublish> EncodePublish(std::string_view exchange,
                                             std::string_view routing_key,
                                             const Properties& properties,
                                             std::shared_ptr<const std::string> body) {
  EncodedPublish publish;
  publish.head.reserve(kUsualHead + exchange.size() + routing_key.size());
  if (absl::Status status = AppendBasicPublishFrame(publish.head, exchange, routing_key);
      !status.ok()) {
    return status;
  }
  publish.header_frame_at = publish.head.size();
  if (absl::Status status = AppendContentHeaderFrame(publish.head, properties, body->size());
      !status.ok()) {
    return status;
  }
  publish.body = std::move(body);
  return publish;
}

}  // namespace amqp_sidecar::amqp
