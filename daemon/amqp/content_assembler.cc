#include "amqp/content_assembler.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::amqp {
namespace {

// What is set aside for a body before any of it has come: the size is only a claim.
constexpr uint64_t kMostReserved = 256u << 10;

}  // namespace

void ContentAssembler::Begin(BasicDeliver method) {
  auto& delivery = content_.emplace<IncomingDelivery>();
  delivery.tag = method.delivery_tag;
  delivery.consumer_tag = std::move(method.consumer_tag);
  delivery.exchange = std::move(method.exchange);
  delivery.routing_key = std::move(method.routing_key);
  delivery.redelivered = method.redelivered;
  waits_for_header_ = true;
}

void ContentAssembler::Begin(BasicReturn method) {
  auto& message = content_.emplace<IncomingReturn>();
  message.code = method.code;
  message.text = std::move(method.text);
  message.exchange = std::move(method.exchange);
  message.routing_key = std::move(method.routing_key);
  waits_for_header_ = true;
}

std::optional<Violation> ContentAssembler::OnHeader(ContentHeader&& header) {
  if (!waits_for_header_) return Violation{kReplyUnexpectedFrame, "a content header out of turn"};
  waits_for_header_ = false;
  missing_ = header.body_bytes;
  waits_for_body_ = missing_ > 0;
  complete_ = !waits_for_body_;
  if (auto* message = std::get_if<IncomingReturn>(&content_)) {
    if (header.too_complex) {
      return Violation{kReplySyntaxError, "a returned message is not one of ours"};
    }
    message->message_id = std::move(header.properties.message_id);
    return std::nullopt;
  }
  auto& delivery = std::get<IncomingDelivery>(content_);
  if (header.too_complex || header.body_bytes > max_body_bytes_) {
    content_ = OversizedDelivery{delivery.tag, header.body_bytes};
    return std::nullopt;
  }
  delivery.properties = std::move(header.properties);
  delivery.body.reserve(static_cast<size_t>(std::min(header.body_bytes, kMostReserved)));
  return std::nullopt;
}

std::optional<Violation> ContentAssembler::OnBody(std::string_view bytes) {
  if (!waits_for_body_) return Violation{kReplyUnexpectedFrame, "a content body out of turn"};
  // An empty frame would let a content go on for ever.
  if (bytes.empty() || bytes.size() > missing_) {
    return Violation{kReplyFrameError, "a content body of another size than announced"};
  }
  missing_ -= bytes.size();
  if (auto* delivery = std::get_if<IncomingDelivery>(&content_)) delivery->body += bytes;
  waits_for_body_ = missing_ > 0;
  complete_ = !waits_for_body_;
  return std::nullopt;
}

std::optional<Content> ContentAssembler::Take() {
  if (!complete_) return std::nullopt;
  complete_ = false;
  return std::optional<Content>(std::move(content_));
}

}  // namespace amqp_sidecar::amqp
