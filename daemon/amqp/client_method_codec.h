// What we say to the broker: each function makes one whole method frame. Pure, any thread.
//
// Those that take names or tables fail with INVALID_ARGUMENT where a name is over 255 bytes or a
// table is one that EncodePublish would refuse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "amqp/channel.h"
#include "amqp/server_methods.h"

namespace amqp_sidecar::amqp {

struct Login {
  // PLAIN or EXTERNAL, which takes neither user nor password.
  std::string_view mechanism;
  std::string user;
  std::string password;
  std::string connection_name;
};

// The login, and what we can do: RabbitMQ tells of an alarm and of a cancelled consumer only those
// who say that they listen.
absl::StatusOr<std::string> StartOkFrame(const Login& login);
std::string TuneOkFrame(const ConnectionTune& tune);
absl::StatusOr<std::string> ConnectionOpenFrame(std::string_view vhost);
// `text` is cut to 255 bytes.
std::string ConnectionCloseFrame(uint16_t code, std::string_view text);
std::string ConnectionCloseOkFrame();

std::string ChannelOpenFrame(uint16_t channel);
std::string ChannelCloseFrame(uint16_t channel, uint16_t code, std::string_view text);
std::string ChannelCloseOkFrame(uint16_t channel);
std::string ChannelFlowOkFrame(uint16_t channel, bool active);

std::string ConfirmSelectFrame(uint16_t channel);
std::string QosFrame(uint16_t channel, uint16_t prefetch_count);
absl::StatusOr<std::string> ConsumeFrame(uint16_t channel, const ConsumeArgs& args);
absl::StatusOr<std::string> CancelFrame(uint16_t channel, std::string_view consumer_tag);
absl::StatusOr<std::string> CancelOkFrame(uint16_t channel, std::string_view consumer_tag);
absl::StatusOr<std::string> ExchangeDeclareFrame(uint16_t channel, const ExchangeArgs& args);
absl::StatusOr<std::string> ExchangeDeleteFrame(uint16_t channel, std::string_view name,
                                                bool if_unused);
absl::StatusOr<std::string> QueueDeclareFrame(uint16_t channel, const QueueArgs& args);
absl::StatusOr<std::string> QueueBindFrame(uint16_t channel, const BindingArgs& args);
absl::StatusOr<std::string> QueueUnbindFrame(uint16_t channel, const BindingArgs& args);
absl::StatusOr<std::string> QueueDeleteFrame(uint16_t channel, std::string_view name,
                                             bool if_unused, bool if_empty);
absl::StatusOr<std::string> QueuePurgeFrame(uint16_t channel, std::string_view name);

std::string AckFrame(uint16_t channel, uint64_t tag, bool multiple);
std::string NackFrame(uint16_t channel, uint64_t tag, bool multiple, bool requeue);
std::string RejectFrame(uint16_t channel, uint64_t tag, bool requeue);

// Appends it, with channel number 0: mandatory, never immediate. `out` is as it was where that
// fails.
absl::Status AppendBasicPublishFrame(std::string& out, std::string_view exchange,
                                     std::string_view routing_key);

}  // namespace amqp_sidecar::amqp
