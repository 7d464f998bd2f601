#include "app/validate_verb.h"

#include <CLI/CLI.hpp>
#include <iostream>

#include "app/verb.h"

namespace amqp_sidecar::app {

ValidateVerb::ValidateVerb(CLI::App& app, ConfigOptions& config) : config_(config) {
  verb_ = app.add_subcommand("validate",
                             "Say what a sidecar with a configuration would say of some bodies, as "
                             "publishes\nor as deliveries. Needs neither a sidecar nor a broker");
  AddConfigOptions(*verb_, config);
  exchange_option_ =
      verb_
          ->add_option("--exchange", command_.exchange,
                       "As publishes to this exchange; left out, to the default exchange, where\n"
                       "the routing key is the name of a queue")
          ->type_name("NAME");
  routing_key_option_ = verb_
                            ->add_option("--routing-key", command_.routing_key,
                                         "Routing key of the publishes; left out, an empty one")
                            ->type_name("KEY");
  queue_option_ = verb_->add_option("--queue", queue_, "As deliveries from this queue instead")
                      ->type_name("NAME")
                      ->excludes(exchange_option_)
                      ->excludes(routing_key_option_);
  command_.content_type = "application/json";
  verb_
      ->add_option("--content-type", command_.content_type,
                   "Content type; left out, application/json, as for what is published without\n"
                   "one. \"\" is that of a delivery without one")
      ->type_name("TYPE");
  verb_->add_option("files", command_.files, "Files with a body each; - is standard input")
      ->type_name("FILE")
      ->required();
  verb_->footer(
      "One line for each file. Exit codes: 0 all are valid, 1 one is not, 64 one cannot be read,\n"
      "78 the configuration is not good.\n\n"
      "Example: amqp-sidecar validate --config sidecar.yaml --exchange orders "
      "--routing-key order.created order.json");
}

std::optional<int> ValidateVerb::Run() {
  if (!verb_->parsed()) return std::nullopt;
  if (queue_option_->count() > 0) {
    if (queue_.empty()) return FailUsage("--queue must not be empty");
    command_.queue = queue_;
  } else if (exchange_option_->count() + routing_key_option_->count() == 0) {
    return FailUsage("validate needs --exchange or --routing-key, for publishes, or --queue");
  }
  ConfigSources sources;
  if (const std::optional<int> code = ToSources(config_, sources)) return code;
  return RunValidate(sources, command_, std::cin, std::cout, std::cerr);
}

}  // namespace amqp_sidecar::app
