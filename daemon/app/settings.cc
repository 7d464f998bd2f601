#include "app/settings.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "amqp/endpoint.h"
#include "app/validation_settings.h"
#include "base/file.h"
#include "broker/topology_check.h"
#include "rpc/convert.h"
#include "rpc/listen_address.h"

namespace amqp_sidecar::app {
namespace {

using config::v1::Config;

constexpr size_t kMaxPasswordBytes = 4096;

absl::Status Fail(const std::string& key, const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat(key, ": ", what));
}

base::Duration ToDuration(const google::protobuf::Duration& duration) {
  return std::chrono::seconds(duration.seconds()) + std::chrono::nanoseconds(duration.nanos());
}

base::LogLevel ToLogLevel(config::v1::LogLevel level) {
  if (level == config::v1::LOG_LEVEL_DEBUG) return base::LogLevel::kDebug;
  if (level == config::v1::LOG_LEVEL_WARN) return base::LogLevel::kWarn;
  if (level == config::v1::LOG_LEVEL_ERROR) return base::LogLevel::kError;
  return base::LogLevel::kInfo;
}

// "amqp-sidecar on HOST": what RabbitMQ's tools show.
std::string ConnectionName() {
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0) return "amqp-sidecar";
  return absl::StrCat("amqp-sidecar on ", host);
}

// Whether `user:password@` stands in the URI, as opposed to the password that guest gets.
bool NamesPassword(const std::string& uri) {
  const size_t begin = uri.find("://");
  if (begin == std::string::npos) return false;
  const std::string authority = uri.substr(begin + 3, uri.find('/', begin + 3) - begin - 3);
  const size_t at = authority.rfind('@');
  return at != std::string::npos && absl::StrContains(authority.substr(0, at), ':');
}

bool NamesUser(const std::string& uri) {
  const size_t begin = uri.find("://");
  return begin != std::string::npos &&
         absl::StrContains(uri.substr(begin + 3, uri.find('/', begin + 3) - begin - 3), '@');
}

absl::StatusOr<std::string> ReadPassword(const std::string& path) {
  absl::StatusOr<std::string> text = base::ReadRegularFile(path, kMaxPasswordBytes);
  if (!text.ok()) return text;
  if (absl::EndsWith(*text, "\n")) text->pop_back();
  if (absl::EndsWith(*text, "\r")) text->pop_back();
  if (text->empty()) return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
  return text;
}

absl::StatusOr<amqp::Endpoint> ToEndpoint(const config::v1::Amqp& amqp, int index,
                                          const std::string& password) {
  const std::string key = absl::StrCat("amqp.uris[", index, "]");
  const std::string& uri = amqp.uris(index);
  absl::StatusOr<amqp::Endpoint> endpoint = amqp::ParseUri(uri);
  if (!endpoint.ok()) return Fail(key, std::string(endpoint.status().message()));
  if (amqp.auth_mechanism() == config::v1::AUTH_MECHANISM_EXTERNAL) {
    if (!endpoint->tls) return Fail(key, "amqp.auth_mechanism external needs amqps://");
    if (NamesUser(uri)) {
      return Fail(key, "names a user although amqp.auth_mechanism is external; take it out");
    }
    endpoint->user.clear();
    endpoint->password.clear();
    return endpoint;
  }
  if (!amqp.password_file().empty()) {
    if (NamesPassword(uri)) {
      return Fail(key, "has a password although amqp.password_file is set; take one out");
    }
    endpoint->password = password;
    endpoint->has_password = true;
  }
  if (!endpoint->has_password) {
    return Fail(key, absl::StrCat("user ", endpoint->user,
                                  " has no password; put it into the URI or amqp.password_file"));
  }
  return endpoint;
}

// Loads the files too, and forgets them: a fault in them is to be found at start.
absl::Status ReadTls(const config::v1::Amqp& amqp, Settings& settings) {
  const config::v1::Tls& tls = amqp.tls();
  settings.tls = {tls.ca_file(), tls.cert_file(), tls.key_file(), tls.server_name()};
  if (tls.cert_file().empty() != tls.key_file().empty()) {
    return tls.key_file().empty()
               ? Fail("amqp.tls.cert_file", "needs amqp.tls.key_file, its key")
               : Fail("amqp.tls.key_file", "needs amqp.tls.cert_file, its certificate");
  }
  if (amqp.auth_mechanism() == config::v1::AUTH_MECHANISM_EXTERNAL) {
    if (tls.cert_file().empty()) {
      return Fail("amqp.auth_mechanism", "external needs amqp.tls.cert_file, to log in by");
    }
    if (!amqp.password_file().empty()) {
      return Fail("amqp.password_file", "is of no use: amqp.auth_mechanism is external");
    }
    settings.broker.link.connection.auth_mechanism = amqp::AuthMechanism::kExternal;
  }
  const auto& endpoints = settings.broker.link.endpoints;
  if (std::ranges::any_of(endpoints, [](const amqp::Endpoint& one) { return one.tls; })) {
    return amqp::LoadTlsContext(settings.tls).status();
  }
  for (const auto& [key, value] :
       {std::pair("ca_file", tls.ca_file()), std::pair("cert_file", tls.cert_file()),
        std::pair("server_name", tls.server_name())}) {
    if (value.empty()) continue;
    return Fail(absl::StrCat("amqp.tls.", key), "is of no use: no URI of amqp.uris is amqps://");
  }
  return absl::OkStatus();
}

absl::Status ReadAmqp(const Config& config, broker::Broker::Config& broker) {
  const config::v1::Amqp& amqp = config.amqp();
  if (amqp.uris().empty()) return Fail("amqp.uris", "must name at least one broker");
  std::string password;
  if (!amqp.password_file().empty()) {
    absl::StatusOr<std::string> read = ReadPassword(amqp.password_file());
    if (!read.ok()) return Fail("amqp.password_file", std::string(read.status().message()));
    password = *std::move(read);
    broker.link.read_password = [path = amqp.password_file()] { return ReadPassword(path); };
  }
  for (int i = 0; i < amqp.uris_size(); ++i) {
    absl::StatusOr<amqp::Endpoint> endpoint = ToEndpoint(amqp, i, password);
    if (!endpoint.ok()) return endpoint.status();
    broker.link.endpoints.push_back(*std::move(endpoint));
  }
  if (amqp.heartbeat().nanos() != 0) return Fail("amqp.heartbeat", "must be whole seconds");
  if (ToDuration(amqp.reconnect().initial_backoff()) > ToDuration(amqp.reconnect().max_backoff())) {
    return Fail("amqp.reconnect.initial_backoff", "must not be over amqp.reconnect.max_backoff");
  }
  if (amqp.max_channels() < amqp.publish_channels() + 2) {
    return Fail("amqp.max_channels", "must leave room for publish_channels and two more");
  }
  broker.link.connection.connection_name = ConnectionName();
  broker.link.connection.heartbeat = ToDuration(amqp.heartbeat());
  broker.link.connection.handshake_timeout = ToDuration(amqp.connect_timeout());
  broker.link.connection.operation_timeout = ToDuration(amqp.operation_timeout());
  broker.link.connection.max_channels = static_cast<uint16_t>(amqp.max_channels());
  broker.link.connect_timeout = ToDuration(amqp.connect_timeout());
  broker.link.initial_backoff = ToDuration(amqp.reconnect().initial_backoff());
  broker.link.max_backoff = ToDuration(amqp.reconnect().max_backoff());
  broker.operation_timeout = ToDuration(amqp.operation_timeout());
  broker.publish_channels = amqp.publish_channels();
  broker.separate_consumer_connection = amqp.separate_consumer_connection();
  return absl::OkStatus();
}

absl::Status ReadLimits(const Config& config, Settings& settings) {
  const config::v1::Limits& limits = config.limits();
  if (limits.max_in_flight_bytes() < limits.max_message_bytes()) {
    return Fail("limits.max_in_flight_bytes", "must not be below limits.max_message_bytes");
  }
  settings.broker.max_message_bytes = limits.max_message_bytes();
  settings.broker.max_in_flight_messages = limits.max_in_flight_messages();
  settings.broker.max_in_flight_bytes = limits.max_in_flight_bytes();
  settings.rpc.max_message_bytes = limits.max_message_bytes();
  return absl::OkStatus();
}

absl::Status ReadSubscribe(const config::v1::Subscribe& subscribe, broker::Broker::Config& broker) {
  broker.default_prefetch = subscribe.default_prefetch();
  broker.default_ack_deadline = ToDuration(subscribe.default_ack_deadline());
  broker.broker_consumer_timeout = ToDuration(subscribe.broker_consumer_timeout());
  if (broker.broker_consumer_timeout > base::Duration::zero() &&
      broker.default_ack_deadline > broker.broker_consumer_timeout / 5 * 4) {
    return Fail("subscribe.default_ack_deadline",
                "must not be over 80 % of subscribe.broker_consumer_timeout");
  }
  return absl::OkStatus();
}

broker::TopologyMode ToTopologyMode(config::v1::TopologyMode mode) {
  if (mode == config::v1::TOPOLOGY_MODE_VERIFY) return broker::TopologyMode::kVerify;
  if (mode == config::v1::TOPOLOGY_MODE_NONE) return broker::TopologyMode::kNone;
  return broker::TopologyMode::kDeclare;
}

absl::Status CheckQueues(const config::v1::Topology& topology) {
  const bool declares = topology.mode() == config::v1::TOPOLOGY_MODE_DECLARE;
  for (int i = 0; i < topology.queues_size(); ++i) {
    const std::string key = absl::StrCat("topology.queues[", i, "]");
    if (topology.queues(i).name().empty()) return Fail(key + ".name", "must not be empty");
    if (topology.queues(i).exclusive() && !declares) {
      return Fail(key + ".exclusive",
                  "needs topology.mode declare: the queue lives with the connection that declares "
                  "it");
    }
  }
  return absl::OkStatus();
}

absl::Status ReadTopology(const Config& config, broker::Broker::Config& broker) {
  const config::v1::Topology& topology = config.topology();
  broker.topology_mode = ToTopologyMode(topology.mode());
  for (int i = 0; i < topology.exchange_types_size(); ++i) {
    if (topology.exchange_types(i).empty()) {
      return Fail(absl::StrCat("topology.exchange_types[", i, "]"), "must not be empty");
    }
    broker.exchange_types.push_back(topology.exchange_types(i));
  }
  if (const absl::Status status = CheckQueues(topology); !status.ok()) return status;
  v1::DeclareTopologyRequest request;
  *request.mutable_exchanges() = topology.exchanges();
  *request.mutable_queues() = topology.queues();
  *request.mutable_bindings() = topology.bindings();
  if (const auto error = rpc::TakeTopology(request, broker.topology)) {
    return Fail("topology", error->detail);
  }
  if (const auto error = broker::CheckTopology(broker.topology, broker.exchange_types)) {
    return Fail("topology", error->detail);
  }
  return absl::OkStatus();
}

absl::Status ReadDoors(const Config& config, Settings& settings) {
  if (config.grpc().listen().empty()) return Fail("grpc.listen", "must name at least one address");
  for (int i = 0; i < config.grpc().listen_size(); ++i) {
    const auto address = rpc::ParseListenAddress(config.grpc().listen(i));
    if (!address.ok()) {
      return Fail(absl::StrCat("grpc.listen[", i, "]"), std::string(address.status().message()));
    }
    settings.rpc.listen.push_back(config.grpc().listen(i));
  }
  settings.admin.listen = config.admin().listen();
  if (const absl::Status status = AdminServer::CheckAddress(settings.admin.listen); !status.ok()) {
    return Fail("admin.listen", std::string(status.message()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ToSettings(const Config& config, const std::string& folder) {
  Settings settings;
  settings.log_level = ToLogLevel(config.log().level());
  settings.log_format = config.log().format() == config::v1::LOG_FORMAT_JSON
                            ? base::LogFormat::kJson
                            : base::LogFormat::kText;
  settings.drain_timeout = ToDuration(config.drain_timeout());
  if (const auto status = ReadDoors(config, settings); !status.ok()) return status;
  if (const auto status = ReadAmqp(config, settings.broker); !status.ok()) return status;
  if (const auto status = ReadTls(config.amqp(), settings); !status.ok()) return status;
  if (const auto status = ReadLimits(config, settings); !status.ok()) return status;
  if (const auto status = ReadSubscribe(config.subscribe(), settings.broker); !status.ok()) {
    return status;
  }
  if (const auto status = ReadTopology(config, settings.broker); !status.ok()) return status;
  auto validation = ToValidation(config.validation(), folder);
  if (!validation.ok()) return validation.status();
  settings.broker.validation = *std::move(validation);
  return settings;
}

}  // namespace amqp_sidecar::app
