// ClientVerbs: publish, subscribe and redrive: the verbs that talk to a running sidecar, their
// options and their help. Main thread.
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
  void AddAddressOptions(CLI::App& verb);
  void AddPublish(CLI::App& app);
  void AddSubscribe(CLI::App& app);
  void AddRedrive(CLI::App& app);
  int Publish();
  int Subscribe();
  int Redrive();
  absl::StatusOr<std::string> Address() const;

  ConfigOptions& config_;
  CLI::App* publish_verb_ = nullptr;
  CLI::App* subscribe_verb_ = nullptr;
  CLI::App* redrive_verb_ = nullptr;

  // What the options write into.
  std::string address_;
  rpc::PublishCommand publish_;
  std::string body_;
  std::string body_file_;
  std::vector<std::string> headers_;  // "name=value"
  std::string timeout_ = "5s";
  rpc::SubscribeCommand subscribe_;
  rpc::RedriveCommand redrive_;
};

}  // namespace amqp_sidecar::app
