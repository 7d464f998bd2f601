// Settings: what the configuration means: checked as a whole, and in the types of the layers that
// it is for. Any thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "amqp/tls_context.h"
#include "amqp_sidecar/config/v1/config.pb.h"
#include "app/admin_server.h"
#include "base/clock.h"
#include "base/log.h"
#include "broker/broker.h"
#include "rpc/server.h"

namespace amqp_sidecar::app {

struct Settings {
  base::LogLevel log_level = base::LogLevel::kInfo;
  base::LogFormat log_format = base::LogFormat::kText;
  base::Duration drain_timeout = std::chrono::seconds(10);
  amqp::TlsOptions tls;
  AdminServer::Config admin;
  rpc::ServerConfig rpc;
  broker::Broker::Config broker;
};

// Reads amqp.password_file, the files of amqp.tls and the schemas of validation. Opens nothing
// else. `folder` is the configuration file's, which the schemas' is relative to.
//
// Errors: INVALID_ARGUMENT, one line that begins with the key. Never quotes a credential.
absl::StatusOr<Settings> ToSettings(const config::v1::Config& config,
                                    const std::string& folder = ".");

}  // namespace amqp_sidecar::app
