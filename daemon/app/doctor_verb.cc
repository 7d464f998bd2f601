#include "app/doctor_verb.h"

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>

#include "app/client_address.h"
#include "app/verb.h"
#include "base/log.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::app {

DoctorVerb::DoctorVerb(CLI::App& app, ConfigOptions& config) : config_(config) {
  verb_ = app.add_subcommand(
      "doctor",
      "Check every step from here to a delivered message, and say what to do about each that\n"
      "is not well");
  AddAddressOptions(*verb_, address_, config);
  CLI::Option* exchange =
      verb_->add_option("--exchange", command_.exchange, "Whether this exchange is there")
          ->type_name("NAME");
  verb_
      ->add_option("--routing-key", command_.routing_key,
                   "Whether this key of the exchange leads to a queue, by the configured topology")
      ->type_name("KEY")
      ->needs(exchange);
  verb_->add_option("--queue", command_.queue, "Whether this queue is there and consumed from")
      ->type_name("NAME");
  verb_
      ->add_flag("--send", command_.send,
                 "Publish one test message to the exchange, with the routing key: {} with the\n"
                 "header x-amqp-sidecar-doctor. Consumers will see it")
      ->needs(exchange);
  verb_->add_flag("--no-round-trip", no_round_trip_,
                  "Leave out the test message through a temporary queue and back, which takes\n"
                  "permissions that a user may not have");
  verb_->add_flag("--json", command_.json, "One JSON object a line");
  verb_->add_option("--timeout", timeout_, "How long it may take in all, such as 10s")
      ->type_name("DURATION");
  verb_->footer(
      "Changes nothing, and leaves nothing behind. A line says ok only of what was seen. Exit\n"
      "codes: 0 nothing failed, 1 something did, 78 the configuration is not good.\n\n"
      "Example: amqp-sidecar doctor --exchange orders --routing-key order.created --queue billing");
}

std::optional<int> DoctorVerb::Run() {
  if (!verb_->parsed()) return std::nullopt;
  for (const auto& name : {command_.exchange, command_.routing_key, command_.queue}) {
    if (name && !rpc::IsUtf8(*name)) return FailUsage("names must be valid UTF-8");
  }
  const auto timeout = ParseTimeout(timeout_);
  if (!timeout) return FailTimeout();
  command_.timeout = *timeout;
  command_.round_trip = !no_round_trip_;
  command_.sources = FileSources(config_);
  command_.address = ExplicitAddress(address_);
  std::signal(SIGPIPE, SIG_IGN);
  // What there is to tell stands in the checks.
  base::StartLog(base::LogLevel::kError, base::LogFormat::kText);
  const int code = Doctor(command_, std::cout).Run();
  base::StopLog();
  return code;
}

}  // namespace amqp_sidecar::app
