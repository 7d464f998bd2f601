#include "amqp/handshake.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "amqp/client_method_codec.h"
#include "amqp/frame.h"

namespace amqp_sidecar::amqp {
namespace {

// Of what the broker says that it offers.
constexpr size_t kOfferShown = 100;

// The smaller of the two, where 0 means no limit.
template <typename Number>
Number Smaller(Number ours, Number theirs) {
  if (ours == 0 || theirs == 0) return std::max(ours, theirs);
  return std::min(ours, theirs);
}

uint16_t Seconds(base::Duration duration) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  return static_cast<uint16_t>(std::clamp<int64_t>(seconds, 0, 65535));
}

// `mechanisms` are separated by spaces.
bool Offers(const std::string& mechanisms, const std::string& wanted) {
  return (" " + mechanisms + " ").find(" " + wanted + " ") != std::string::npos;
}

Violation CannotSay(const absl::Status& why) {
  return {kReplyNotImplemented, std::string(why.message())};
}

}  // namespace

std::optional<Violation> Handshake::OnMethod(const ServerMethod& method, WriteQueue& out) {
  if (state_ == State::kWaitsForStart) {
    if (const auto* start = std::get_if<ConnectionStart>(&method)) return OnStart(*start, out);
  } else if (state_ == State::kWaitsForTune) {
    if (const auto* tune = std::get_if<ConnectionTune>(&method)) return OnTune(*tune, out);
  } else if (state_ == State::kWaitsForOpenOk) {
    const auto* ok = std::get_if<MethodOk>(&method);
    if (ok != nullptr && ok->method == OkMethod::kConnectionOpenOk) {
      state_ = State::kDone;
      return std::nullopt;
    }
  }
  return Violation{kReplyCommandInvalid, "a method out of turn in the handshake"};
}

std::optional<Violation> Handshake::OnStart(const ConnectionStart& start, WriteQueue& out) {
  if (start.version_major != 0 || start.version_minor != 9) {
    return Violation{kReplyNotImplemented,
                     absl::StrCat("the broker speaks AMQP ", start.version_major, "-",
                                  start.version_minor, ", not 0-9-1")};
  }
  const bool external = options_.auth_mechanism == AuthMechanism::kExternal;
  const std::string mechanism = external ? "EXTERNAL" : "PLAIN";
  if (!Offers(start.mechanisms, mechanism)) {
    return Violation{kReplyNotImplemented,
                     absl::StrCat("the broker offers no ", mechanism, " login, but ",
                                  start.mechanisms.substr(0, kOfferShown),
                                  ": see auth_mechanisms in its configuration",
                                  external ? " and its plugin rabbitmq_auth_mechanism_ssl" : "")};
  }
  server_ = {start.product, start.version};
  const absl::StatusOr<std::string> frame =
      StartOkFrame({mechanism, options_.user, options_.password, options_.connection_name});
  if (!frame.ok()) return CannotSay(frame.status());
  out.PushControl(0, *frame);
  state_ = State::kWaitsForTune;
  return std::nullopt;
}

std::optional<Violation> Handshake::OnTune(const ConnectionTune& tune, WriteQueue& out) {
  if (tune.frame_max != 0 && tune.frame_max < kFrameMin) {
    return Violation{kReplyNotImplemented,
                     absl::StrCat("the broker wants frames of ", tune.frame_max,
                                  " bytes, where AMQP has ", kFrameMin, " at least")};
  }
  agreed_.frame_max = Smaller(kFrameMax, tune.frame_max);
  agreed_.channel_max = Smaller(options_.max_channels, tune.channel_max);
  if (agreed_.channel_max == 0) agreed_.channel_max = 65535;
  const uint16_t heartbeat = Seconds(options_.heartbeat);
  agreed_.heartbeat = heartbeat == 0 ? uint16_t{0} : Smaller(heartbeat, tune.heartbeat);

  const absl::StatusOr<std::string> open = ConnectionOpenFrame(options_.vhost);
  if (!open.ok()) return CannotSay(open.status());
  out.PushControl(0, TuneOkFrame(agreed_));
  out.PushControl(0, *open);
  out.SetFrameMax(agreed_.frame_max);
  state_ = State::kWaitsForOpenOk;
  return std::nullopt;
}

}  // namespace amqp_sidecar::amqp
