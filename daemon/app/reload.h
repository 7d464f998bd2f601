// Reload: reads the configuration again, while the daemon runs, and has it go by the new rules for
// bodies, or by the old ones. Main thread. Knows no signals.
#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "amqp_sidecar/config/v1/config.pb.h"
#include "app/config.h"
#include "json/validator.h"

namespace amqp_sidecar::app {

class Reload {
 public:
  // Has the daemon go by these, all at once.
  using Take = std::function<void(json::Validator::Options)>;

  // `running` is what the daemon was started with, from `sources`.
  Reload(ConfigSources sources, config::v1::Config running, Take take)
      : sources_(std::move(sources)), running_(std::move(running)), take_(std::move(take)) {}

  // Where any of it is wrong, nothing is taken over. Of what else changed nothing is: the log names
  // it. Blocks while it reads files.
  void Run();

 private:
  absl::Status CheckFile() const;

  const ConfigSources sources_;
  const config::v1::Config running_;
  const Take take_;
};

// The sections, and single settings beside them, in which two configurations differ, but for
// validation: "amqp, drain_timeout".
std::string SectionsThatDiffer(const config::v1::Config& one, const config::v1::Config& other);

}  // namespace amqp_sidecar::app
