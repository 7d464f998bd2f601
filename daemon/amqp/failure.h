// Failure: why a call, a channel or the link ended. A plain value.
#pragma once

#include <cstdint>
#include <string>

namespace amqp_sidecar::amqp {

// Reply codes of AMQP 0-9-1 §1.2 (and RabbitMQ's use of them) that the layers above tell apart.
inline constexpr uint16_t kReplyConnectionForced = 320;
inline constexpr uint16_t kReplyAccessRefused = 403;
inline constexpr uint16_t kReplyNotFound = 404;
inline constexpr uint16_t kReplyResourceLocked = 405;
inline constexpr uint16_t kReplyPreconditionFailed = 406;
inline constexpr uint16_t kReplyNotAllowed = 530;

struct Failure {
  enum class Kind {
    kClosedByBroker,  // channel.close or connection.close: code and text are the broker's
    kTimedOut,        // no answer within the operation timeout; the channel is closed because of it
    kLinkLost,        // the connection is gone; text says why
    kClosedHere,      // closed by this side
    kProtocolError,   // the peer broke the protocol; text says how
    kNoChannel,       // every channel number is in use
    kNotEncodable,    // a method was not sent: a name is too long, or its arguments do not fit; the
                      // channel is closed because of it
  };
  Kind kind = Kind::kLinkLost;
  uint16_t code = 0;  // the broker's reply code, else 0
  std::string text;
};

}  // namespace amqp_sidecar::amqp
