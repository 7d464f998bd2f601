#include "app/doctor.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "app/exit_code.h"
#include "rpc/link_check.h"
#include "rpc/queue_check.h"
#include "rpc/socket_check.h"

namespace amqp_sidecar::app {
namespace {

using rpc::Check;
using rpc::Fail;
using rpc::Ok;
using rpc::Skip;

// Of the whole time, for one step.
constexpr double kStepPart = 0.3;

constexpr char kNoSidecar[] = "no sidecar answers";
constexpr char kNoLink[] = "the sidecar has no connection to the broker";
constexpr char kNoRoundTrip[] = "--no-round-trip leaves it out";
constexpr char kBlocked[] = "the broker reads nothing from this connection during an alarm";

bool SetsUris(const ConfigSources& sources) {
  return std::ranges::any_of(sources.environment, [](const auto& variable) {
    return variable.first == "AMQP_SIDECAR_AMQP_URIS";
  });
}

bool IsUp(const v1::SidecarStatus& status) {
  return status.connection().state() == v1::CONNECTION_STATE_READY ||
         status.connection().state() == v1::CONNECTION_STATE_BLOCKED;
}

rpc::QueueAnswer ToAnswer(const amqp::Reply& reply) {
  if (reply.ok) {
    return {.failure = std::nullopt,
            .messages = reply.message_count,
            .consumers = reply.consumer_count};
  }
  const bool missing = reply.failure.code == amqp::kReplyNotFound;
  return {.failure =
              rpc::CallFailure{missing ? "QUEUE_NOT_FOUND" : "not seen", reply.failure.text, ""}};
}

}  // namespace

Doctor::Doctor(const DoctorCommand& command, std::ostream& out)
    : command_(command),
      out_(out),
      end_(std::chrono::steady_clock::now() + command.timeout),
      loaded_(LoadSettings(command.sources)) {}

int Doctor::Run() {
  CheckConfiguration();
  CheckWay();
  CheckLinkAndTopology();
  Ask();
  CheckFlow();
  CheckExchange();
  CheckQueue();
  CheckRoute();
  probe_.reset();
  Tell(trip_ ? rpc::CheckRoundTrip(*trip_)
             : Skip("round trip", command_.round_trip ? WhyNotAsked() : kNoRoundTrip));
  if (!loaded_.ok()) return kExitConfig;
  return failed_ ? kExitFailure : kExitOk;
}

void Doctor::CheckConfiguration() {
  constexpr char kName[] = "configuration";
  const std::string file = command_.sources.file.value_or("");
  if (!loaded_.ok()) {
    Tell(Fail(kName, std::string(loaded_.status().message()),
              "correct it; `amqp-sidecar check-config` says the same. A secret may be readable "
              "to the sidecar's user only: run as that user"));
  } else if (file.empty()) {
    Tell(Ok(kName, "no file: the defaults and the environment"));
  } else {
    Tell(Ok(kName, absl::StrCat(file, " is good")));
  }
}

std::string Doctor::Address() const {
  if (!command_.address.empty()) return command_.address;
  // A secret that cannot be read does not hide it.
  const absl::StatusOr<config::v1::Config> config = ReadConfig(command_.sources);
  if (!config.ok() || config->grpc().listen().empty()) return "";
  return config->grpc().listen(0);
}

void Doctor::CheckWay() {
  const std::string address = Address();
  if (address.empty()) {
    Tell({Skip("socket", "the configuration does not tell the address", "--address ADDRESS"),
          Skip("sidecar", "no address")});
    return;
  }
  const rpc::SocketFinding socket = rpc::CheckSocket(address, Step());
  Tell(socket.check);
  if (socket.check.verdict != rpc::Verdict::kOk) {
    Tell(Skip("sidecar", "nobody can be asked there"));
    return;
  }
  sidecar_.emplace(address);
  const Check answers = sidecar_->Connect(Step(), socket.peer);
  Tell(answers);
  sidecar_works_ = answers.verdict == rpc::Verdict::kOk;
}

void Doctor::CheckLinkAndTopology() {
  if (sidecar_ && sidecar_->status()) {
    const v1::SidecarStatus& status = *sidecar_->status();
    link_up_ = IsUp(status);
    blocked_ = status.connection().state() == v1::CONNECTION_STATE_BLOCKED;
    const auto view = rpc::ViewOf(status.connection(), std::chrono::system_clock::now());
    Tell(rpc::CheckLink(view, LoginAt(view.endpoint)));
    Tell(link_up_ ? rpc::CheckTopology(status) : Skip("topology", kNoLink));
    return;
  }
  OpenProbe();
  if (probed_) {
    Tell(rpc::CheckLink(*probed_, LoginAt(probed_->endpoint)));
  } else {
    Tell(rpc::SkipLink("no sidecar answers, and no configuration names the broker"));
  }
  Tell(Skip("topology", kNoSidecar));
}

void Doctor::Ask() {
  const bool may_ask = sidecar_works_ && link_up_;
  if (command_.exchange && !command_.exchange->empty() && OpenProbe()) {
    exchange_ = probe_->LookForExchange(*command_.exchange, Step());
  }
  if (command_.queue) {
    if (may_ask && !blocked_) {
      queue_ = sidecar_->GetQueue(*command_.queue, Step());
    } else if (blocked_ ? OpenProbe() : probed_ && probed_->up) {
      queue_ = ToAnswer(probe_->LookForQueue(*command_.queue, Step()));
      queue_seen_by_ = BrokerProbe::kName;
    }
  }
  if (!may_ask || blocked_) return;
  if (command_.round_trip) {
    trip_ = rpc::GoRound(sidecar_->channel(), Step());
    sidecar_->RenewStatus(Step());
    blocked_ = sidecar_->status()->connection().state() == v1::CONNECTION_STATE_BLOCKED;
  }
  if (command_.send && command_.exchange && !blocked_) {
    sent_ = sidecar_->Send(*command_.exchange, command_.routing_key.value_or(""), Step());
    sidecar_->RenewStatus(Step());
  }
}

std::string Doctor::WhyNotAsked() const {
  if (!sidecar_ || !sidecar_->status()) return kNoSidecar;
  if (!sidecar_works_) return "the sidecar does not work";
  return link_up_ ? kBlocked : kNoLink;
}

void Doctor::CheckFlow() {
  if (!sidecar_works_ || !link_up_) {
    Tell({Skip("permissions", WhyNotAsked()), Skip("alarms", WhyNotAsked())});
    return;
  }
  Tell(trip_ ? rpc::CheckPermissions(*trip_)
             : Skip("permissions", command_.round_trip ? WhyNotAsked() : kNoRoundTrip));
  const bool confirmed =
      (trip_ && trip_->stage >= rpc::RoundTrip::Stage::kConfirmed) || (sent_ && !sent_->failure);
  Tell(rpc::CheckAlarms(*sidecar_->status(), confirmed));
}

void Doctor::CheckExchange() {
  constexpr char kName[] = "exchange";
  if (!command_.exchange) return Tell(Skip(kName, "none was named", "--exchange NAME"));
  const std::string named = absl::StrCat("\"", *command_.exchange, "\"");
  if (command_.exchange->empty()) return Tell(Ok(kName, "the default exchange is always there"));
  constexpr char kMissing[] =
      "declare it: in the topology section of the sidecar's configuration, or by whom it belongs "
      "to; check the name and the virtual host";
  if (exchange_ && exchange_->ok) {
    return Tell(Ok(kName, absl::StrCat(named, " is there (", BrokerProbe::kName, ")")));
  }
  if (exchange_ && exchange_->failure.code == amqp::kReplyNotFound) {
    return Tell(Fail(kName, absl::StrCat(named, ": ", exchange_->failure.text), kMissing));
  }
  if (sent_ && sent_->failure && sent_->failure->reason == "EXCHANGE_NOT_FOUND") {
    return Tell(Fail(kName, absl::StrCat(named, ": ", sent_->failure->detail), kMissing));
  }
  // One that no queue gets was taken by the exchange, too.
  if (sent_ && (!sent_->failure || sent_->failure->reason == "UNROUTABLE")) {
    return Tell(Ok(kName, absl::StrCat(named, " took the test message")));
  }
  if (exchange_) {
    return Tell(Skip(kName, absl::StrCat(named, " was not seen: ", exchange_->failure.text)));
  }
  if (probed_) {
    return Tell(Skip(kName, absl::StrCat(named, " was not seen: no connection to the broker")));
  }
  Tell(Skip(kName, absl::StrCat(named, " was not seen: a sidecar cannot be asked for it"),
            "--config with the configuration of this sidecar lets the doctor ask the broker "
            "itself; --send tries it"));
}

void Doctor::CheckQueue() {
  if (!command_.queue) return Tell(rpc::SkipQueue("none was named", "--queue NAME"));
  if (queue_) {
    return Tell(rpc::CheckQueue(*command_.queue, *queue_,
                                sidecar_ ? sidecar_->status() : std::nullopt, queue_seen_by_));
  }
  Tell(rpc::SkipQueue(WhyNotAsked()));
}

void Doctor::CheckRoute() {
  BindingQuestion question;
  question.exchange = command_.exchange;
  question.routing_key = command_.routing_key;
  question.queue = command_.queue;
  question.sent = sent_;
  if (loaded_.ok() && command_.exchange) {
    const broker::Broker::Config& config = loaded_->settings.broker;
    question.configured =
        RouteOf(config.topology, *command_.exchange, command_.routing_key.value_or(""));
    question.declared = config.topology_mode == broker::TopologyMode::kDeclare && link_up_ &&
                        sidecar_->status()->topology_declared();
  }
  Tell(CheckBinding(question));
}

bool Doctor::OpenProbe() {
  if (probed_) return probed_->up;
  std::optional<Settings> settings = SettingsForProbe();
  if (!settings) return false;
  probe_.emplace(*std::move(settings));
  probed_ = probe_->WaitForLink(Step());
  return probed_->up;
}

bool Doctor::NamesBroker() const {
  // The defaults are a guess, unless the sidecar's address is one, too.
  return loaded_.ok() &&
         (command_.sources.file || SetsUris(command_.sources) || command_.address.empty());
}

std::optional<Settings> Doctor::SettingsForProbe() const {
  if (!NamesBroker()) return std::nullopt;
  Settings settings = loaded_->settings;
  if (sidecar_ && sidecar_->status()) {
    const std::string& endpoint = sidecar_->status()->connection().endpoint();
    std::erase_if(settings.broker.link.endpoints,
                  [&](const auto& one) { return one.HostAndPort() != endpoint; });
  }
  if (settings.broker.link.endpoints.empty()) return std::nullopt;
  return settings;
}

std::optional<rpc::Login> Doctor::LoginAt(const std::string& endpoint) const {
  if (!NamesBroker()) return std::nullopt;
  for (const amqp::Endpoint& one : loaded_->settings.broker.link.endpoints) {
    if (one.HostAndPort() == endpoint) return rpc::Login{one.user, one.vhost};
  }
  return std::nullopt;
}

base::TimePoint Doctor::Step() const {
  const auto part = std::chrono::duration_cast<base::Duration>(command_.timeout * kStepPart);
  return std::min(end_, std::chrono::steady_clock::now() + part);
}

void Doctor::Tell(const Check& check) {
  failed_ |= check.verdict == rpc::Verdict::kFail;
  out_ << (command_.json ? rpc::CheckJson(check) : rpc::CheckText(check)) << std::flush;
}

void Doctor::Tell(const std::vector<Check>& checks) {
  for (const Check& check : checks) Tell(check);
}

}  // namespace amqp_sidecar::app
