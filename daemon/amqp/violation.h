// Violation: how the peer broke the protocol, with the reply code that AMQP 0-9-1 §1.2 has for it.
#pragma once

#include <cstdint>
#include <string>

namespace amqp_sidecar::amqp {

inline constexpr uint16_t kReplyFrameError = 501;
inline constexpr uint16_t kReplySyntaxError = 502;
inline constexpr uint16_t kReplyCommandInvalid = 503;
inline constexpr uint16_t kReplyChannelError = 504;
inline constexpr uint16_t kReplyUnexpectedFrame = 505;
inline constexpr uint16_t kReplyNotImplemented = 540;

struct Violation {
  uint16_t code = kReplySyntaxError;
  std::string text;
};

}  // namespace amqp_sidecar::amqp
