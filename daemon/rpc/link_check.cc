#include "rpc/link_check.h"

#include "absl/strings/str_cat.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr char kBroker[] = "broker";
constexpr char kLogin[] = "login";
constexpr char kVhost[] = "virtual host";
// What such an error begins with.
constexpr char kLoginRefused[] = "login refused: ";
constexpr char kVhostRefused[] = "virtual host refused: ";

std::string UserText(const std::optional<Login>& login) {
  return login ? absl::StrCat("user \"", login->user, "\"") : "the user";
}

std::string VhostText(const std::optional<Login>& login) {
  return login ? absl::StrCat("\"", login->vhost, "\"") : "the one asked for";
}

std::string BrokerAdvice(const std::string& error) {
  if (error.find("resolved") != std::string::npos ||
      error.find("no address") != std::string::npos) {
    return "check the host in amqp.uris, and the resolver of this host or pod (getent hosts NAME)";
  }
  if (error.find("refused") != std::string::npos && error.find("TLS") == std::string::npos) {
    return "start the broker, or correct host and port in amqp.uris; 5672 is AMQP's, 5671 that of "
           "AMQP with TLS, 15672 neither";
  }
  if (error.find("TLS") != std::string::npos || error.find("certificate") != std::string::npos) {
    return "see amqp.tls in docs/configuration.md, and the broker's log";
  }
  return "check host and port in amqp.uris and what stands between (firewalls, network policies); "
         "the broker's log may say more";
}

}  // namespace

LinkView ViewOf(const v1::ConnectionStatus& connection, WallTime now) {
  LinkView view;
  view.up = connection.state() == v1::CONNECTION_STATE_READY ||
            connection.state() == v1::CONNECTION_STATE_BLOCKED;
  view.in_words = LinkText(connection, now);
  view.endpoint = connection.endpoint();
  view.last_error = connection.last_error();
  view.seen_by = "the sidecar's own connection";
  return view;
}

std::vector<Check> CheckLink(const LinkView& link, const std::optional<Login>& login) {
  const std::string by = absl::StrCat(" (", link.seen_by, ")");
  const std::string where = link.endpoint.empty() ? "the broker" : link.endpoint;
  const Check answers = Ok(kBroker, absl::StrCat(where, " answers", by));
  if (link.up) {
    return {Ok(kBroker, link.in_words + by), Ok(kLogin, UserText(login) + " is let in"),
            Ok(kVhost, VhostText(login) + " is open to it")};
  }
  if (link.last_error.starts_with(kLoginRefused)) {
    return {answers,
            Fail(kLogin, absl::StrCat(UserText(login), ": ", link.last_error),
                 "correct the user in amqp.uris and the password there or in amqp.password_file; "
                 "`rabbitmqctl authenticate_user USER PASSWORD` tries them. guest is let in from "
                 "the broker's own host only"),
            Skip(kVhost, "nobody is logged in")};
  }
  if (link.last_error.starts_with(kVhostRefused)) {
    return {answers, Ok(kLogin, UserText(login) + " is let in"),
            Fail(kVhost, absl::StrCat(VhostText(login), ": ", link.last_error),
                 "correct the path in amqp.uris, or `rabbitmqctl add_vhost VHOST` and "
                 "`rabbitmqctl set_permissions -p VHOST USER CONFIGURE WRITE READ`")};
  }
  const std::string why =
      link.last_error.empty() ? std::string("it has not answered yet") : link.last_error;
  return {Fail(kBroker, absl::StrCat("no connection to ", where, by, ": ", why), BrokerAdvice(why)),
          Skip(kLogin, "no connection"), Skip(kVhost, "no connection")};
}

std::vector<Check> SkipLink(const std::string& why) {
  return {Skip(kBroker, why), Skip(kLogin, why), Skip(kVhost, why)};
}

Check CheckTopology(const v1::SidecarStatus& status) {
  constexpr char kName[] = "topology";
  if (status.topology_declared()) {
    return Ok(kName,
              "the configured topology stands in the broker, as the sidecar saw since the "
              "link came up");
  }
  const std::string& error = status.topology_error();
  return Fail(kName, error.empty() ? "the sidecar is not done with it" : error,
              "`amqp-sidecar check-config --online` says item by item how the broker differs");
}

Check CheckAlarms(const v1::SidecarStatus& status, bool confirmed) {
  constexpr char kName[] = "alarms";
  const v1::ConnectionStatus& connection = status.connection();
  if (connection.state() == v1::CONNECTION_STATE_BLOCKED) {
    return Fail(kName,
                absl::StrCat("the broker accepts no publishes: ", connection.blocked_reason()),
                "`rabbitmqctl status` lists the alarms: free memory or disk there, let consumers "
                "empty the queues, or raise the watermark");
  }
  if (confirmed && connection.state() == v1::CONNECTION_STATE_READY) {
    return Ok(kName, "none: the broker took a publish");
  }
  return Skip(kName, "the broker tells of an alarm only to those that publish, and nothing was");
}

}  // namespace amqp_sidecar::rpc
