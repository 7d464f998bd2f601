// ClientVerbs: publish, subscribe, redrive and status: the verbs that do what one call or stream of
// a running sidecar does, their options and their help. Main thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/config_options.h"
#include "rpc/command_client.h"

namespace amqp_sidecar::app {

class ClientVerbs {
 public:
  // Both outlive this.
  ClientVerbs(CLI::App& app, ConfigOptions& config);

  // Does the one that was parsed, and returns its exit code; nothing where none was.
  std::optional<int> Run();

 private:
  void AddPublish(CLI::App& app);
  void AddSubscribe(CLI::App& app);
  void AddRedrive(CLI::App& app);
  void AddStatus(CLI::App& app);
  int Publish();
  int Subscribe();
  int Redrive();
  int Status();
  absl::StatusOr<std::string> Address() const;

  ConfigOptions& config_;
  CLI::App* publish_verb_ = nullptr;
  CLI::App* subscribe_verb_ = nullptr;
  CLI::App* redrive_verb_ = nullptr;
  CLI::App* status_verb_ = nullptr;

  // What the options write into.
  std::string address_;
  rpc::PublishCommand publish_;
  std::string body_;
  std::string body_file_;
  std::vector<std::string> headers_;  // "name=value"
  std::string timeout_ = "5s";
  rpc::SubscribeCommand subscribe_;
  rpc::RedriveCommand redrive_;
  rpc::StatusCommand status_;
  std::string interval_ = "1s";
};

}  // namespace amqp_sidecar::app
