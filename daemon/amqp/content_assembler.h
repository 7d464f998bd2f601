// ContentAssembler: puts a delivery or a returned message together from its frames: method, header,
// body. One a channel. io thread. Holds no more than the body limit, whatever the frames say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "amqp/channel.h"
#include "amqp/content_codec.h"
#include "amqp/server_methods.h"
#include "amqp/violation.h"

namespace amqp_sidecar::amqp {

// A delivery that was skipped.
struct OversizedDelivery {
  uint64_t tag = 0;
  uint64_t body_bytes = 0;
};

using Content = std::variant<IncomingDelivery, IncomingReturn, OversizedDelivery>;

class ContentAssembler {
 public:
  explicit ContentAssembler(uint64_t max_body_bytes) : max_body_bytes_(max_body_bytes) {}

  // Between contents: only then may another method come.
  bool idle() const { return !waits_for_header_ && !waits_for_body_; }

  // Only while idle.
  void Begin(BasicDeliver method);
  void Begin(BasicReturn method);

  std::optional<Violation> OnHeader(ContentHeader&& header);
  std::optional<Violation> OnBody(std::string_view bytes);

  // The content, once it is complete.
  std::optional<Content> Take();

 private:
  const uint64_t max_body_bytes_;
  bool waits_for_header_ = false;
  bool waits_for_body_ = false;
  bool complete_ = false;
  uint64_t missing_ = 0;  // of the body
  Content content_;
};

}  // namespace amqp_sidecar::amqp
