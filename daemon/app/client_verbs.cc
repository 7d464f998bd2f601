#include "app/client_verbs.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <iostream>
#include <utility>

#include "app/client_address.h"
#include "app/verb.h"
#include "base/file.h"

namespace amqp_sidecar::app {
namespace {

std::atomic<bool> stop_requested = false;

void RequestStop(int /*signal*/) { stop_requested = true; }

// Ctrl-C ends a verb that waits in good order, and a second one at once.
void StopOnSignal() {
  struct sigaction action = {};
  action.sa_handler = RequestStop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

rpc::TerminalSize SizeOfTerminal() {
  rpc::TerminalSize size;
  winsize window = {};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0) return size;
  if (window.ws_row > 0) size.lines = window.ws_row;
  if (window.ws_col > 0) size.columns = window.ws_col;
  return size;
}

}  // namespace

ClientVerbs::ClientVerbs(CLI::App& app, ConfigOptions& config) : config_(config) {
  AddPublish(app);
  AddSubscribe(app);
  AddRedrive(app);
  AddStatus(app);
}

std::optional<int> ClientVerbs::Run() {
  if (publish_verb_->parsed()) return Publish();
  if (subscribe_verb_->parsed()) return Subscribe();
  if (redrive_verb_->parsed()) return Redrive();
  if (status_verb_->parsed()) return Status();
  return std::nullopt;
}

void ClientVerbs::AddPublish(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "publish", "Publish one message through a running sidecar, and say what became of it");
  AddAddressOptions(*verb, address_, config_);
  verb->add_option("--exchange", publish_.exchange,
                   "Exchange; left out, the routing key is the name of a queue")
      ->type_name("NAME");
  verb->add_option("--routing-key", publish_.routing_key, "Routing key")->type_name("KEY");
  CLI::Option* body = verb->add_option("--body", body_, "The body")->type_name("TEXT");
  verb->add_option("--body-file", body_file_, "Read the body from a file; - is standard input")
      ->type_name("FILE")
      ->excludes(body);
  verb->add_option("--content-type", publish_.content_type,
                   "Content type; left out, application/json, which the body then must be")
      ->type_name("TYPE");
  verb->add_option("--header", headers_, "A header; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_flag("--allow-unroutable", publish_.allow_unroutable,
                 "Accept that no queue gets the message");
  verb->add_option("--timeout", timeout_, "How long to wait for the answer, such as 5s")
      ->type_name("DURATION");
  verb->footer(
      "Example: amqp-sidecar publish --exchange orders --routing-key order.created "
      "--body '{\"order_id\":1}'");
  publish_verb_ = verb;
}

void ClientVerbs::AddSubscribe(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "subscribe", "Print the deliveries of a queue, and ack each once it is printed");
  AddAddressOptions(*verb, address_, config_);
  verb->add_option("--queue", subscribe_.queue, "Queue to consume from")
      ->type_name("NAME")
      ->required();
  verb->add_option("--count", subscribe_.count,
                   "End after so many deliveries; 0 means when interrupted")
      ->type_name("N");
  verb->add_flag("--json", subscribe_.json, "One JSON object a line");
  verb->add_flag("--no-ack", subscribe_.no_ack,
                 "Only look: what is printed goes back to the queue at the end");
  verb->add_option("--prefetch", subscribe_.prefetch,
                   "Unsettled deliveries at most; 0 means the sidecar's default")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  verb->footer("Example: amqp-sidecar subscribe --queue billing --count 10");
  subscribe_verb_ = verb;
}

void ClientVerbs::AddRedrive(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "redrive",
      "Put dead-lettered messages back to work: each into the queue that it came from, or where\n"
      "told. A message leaves the dead-letter queue only when the broker has it in its place");
  AddAddressOptions(*verb, address_, config_);
  verb->add_option("--from", redrive_.rule.from, "The dead-letter queue")
      ->type_name("QUEUE")
      ->required();
  CLI::Option* queue =
      verb->add_option("--to-queue", redrive_.rule.to_queue, "Put all of them into this queue")
          ->type_name("QUEUE");
  CLI::Option* exchange = verb->add_option("--to-exchange", redrive_.rule.to_exchange,
                                           "Publish all of them to this exchange")
                              ->type_name("NAME")
                              ->excludes(queue);
  verb->add_option("--routing-key", redrive_.rule.routing_key,
                   "With --to-exchange; left out, each message's own")
      ->type_name("KEY")
      ->needs(exchange);
  verb->add_option("--count", redrive_.count,
                   "At most so many; left out, as many as there are at the start")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--dry-run", redrive_.dry_run,
                 "Only print where each would go, for 65,535 or a few more at most");
  verb->add_flag("--json", redrive_.json,
                 "The figures at the end, and what --dry-run prints, as one JSON object a line");
  verb->footer(
      "What cannot be moved stays, and is told with its message_id and the reason. Ends with 0 "
      "only\n"
      "where all were moved. Interrupted, even killed, it loses nothing: at most 64 are there "
      "twice,\n"
      "with the same message_id.\n\n"
      "Example: amqp-sidecar redrive --from billing.dead --dry-run");
  redrive_verb_ = verb;
}

void ClientVerbs::AddStatus(CLI::App& app) {
  CLI::App* verb = app.add_subcommand(
      "status", "Say what a running sidecar sees: the link, publishes, subscriptions, events");
  AddAddressOptions(*verb, address_, config_);
  verb->add_flag("--json", status_.json, "One JSON object, as the API has it; a line each");
  CLI::Option* watch = verb->add_flag(
      "-w,--watch", status_.watch,
      "Again at every change of the link and after every interval, until interrupted;\n"
      "waits for a sidecar that goes away to return");
  verb->add_option("--interval", interval_, "Of --watch, 100ms to 1h")
      ->type_name("DURATION")
      ->needs(watch);
  verb->footer(
      "Exit codes: 0 the sidecar answered, whatever it says (/readyz and doctor say whether all "
      "is\n"
      "well), 1 it did not.\n\n"
      "Example: amqp-sidecar status --watch");
  status_verb_ = verb;
}

absl::StatusOr<std::string> ClientVerbs::Address() const {
  return ClientAddress(address_, config_);
}

int ClientVerbs::Publish() {
  const auto timeout = ParseTimeout(timeout_);
  if (!timeout) return FailTimeout();
  publish_.timeout = *timeout;
  for (const std::string& header : headers_) {
    std::pair<std::string, std::string> pair;
    if (!SplitPair(header, pair)) return FailUsage("--header takes NAME=VALUE");
    publish_.headers.push_back(std::move(pair));
  }
  publish_.body = body_;
  if (body_file_ == "-") {
    publish_.body = ReadStandardInput();
  } else if (!body_file_.empty()) {
    absl::StatusOr<std::string> body = base::ReadWholeFile(body_file_, 128u << 20);
    if (!body.ok()) return FailUsage(std::string(body.status().message()));
    publish_.body = *std::move(body);
  }
  const absl::StatusOr<std::string> address = Address();
  if (!address.ok()) return FailConfig(address.status());
  publish_.address = *address;
  return rpc::RunPublish(publish_, std::cout, std::cerr);
}

int ClientVerbs::Subscribe() {
  const absl::StatusOr<std::string> address = Address();
  if (!address.ok()) return FailConfig(address.status());
  subscribe_.address = *address;
  StopOnSignal();
  return rpc::RunSubscribe(subscribe_, stop_requested, std::cout, std::cerr);
}

int ClientVerbs::Redrive() {
  const absl::StatusOr<std::string> address = Address();
  if (!address.ok()) return FailConfig(address.status());
  redrive_.address = *address;
  StopOnSignal();
  return rpc::RunRedrive(redrive_, stop_requested, std::cout, std::cerr);
}

int ClientVerbs::Status() {
  const auto interval = ParseTimeout(interval_);
  if (!interval || *interval < std::chrono::milliseconds(100)) {
    return FailUsage("--interval must be a duration from 100ms to 1h, such as 1s");
  }
  status_.interval = *interval;
  const absl::StatusOr<std::string> address = Address();
  if (!address.ok()) return FailConfig(address.status());
  status_.address = *address;
  if (::isatty(STDOUT_FILENO) == 1) status_.terminal = SizeOfTerminal;
  StopOnSignal();
  return rpc::RunStatus(status_, stop_requested, std::cout, std::cerr);
}

}  // namespace amqp_sidecar::app
