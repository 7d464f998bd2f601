#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "app/config.h"
#include "app/exit_code.h"
#include "app/run.h"
#include "base/file.h"
#include "base/version.h"
#include "rpc/command_client.h"

namespace amqp_sidecar::app {
namespace {

constexpr char kAbout[] =
    "amqp-sidecar: RabbitMQ beside a service, over gRPC.\n"
    "An OK means that the broker has the message; what goes wrong is told, with a reason.\n\n"
    "Without a verb it runs the daemon.";
constexpr char kExitCodes[] =
    "Exit codes: 0 done, 64 wrong usage, 78 wrong configuration, 70 a bug, 1 anything else.\n"
    "Settings: flags win over AMQP_SIDECAR_ variables (AMQP_SIDECAR_AMQP_URIS sets amqp.uris; a\n"
    "list is separated by commas), those over the file, the file over the defaults.";

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

// What the options write into.
struct Options {
  std::string config_file;
  std::vector<std::string> settings;  // "key=value"
  std::vector<std::string> amqp_uris;
  std::vector<std::string> listen;
  std::string log_level;
  bool online = false;
  std::string online_timeout = "10s";

  std::string address;
  rpc::PublishCommand publish;
  std::string body;
  std::string body_file;
  std::vector<std::string> headers;  // "name=value"
  std::string timeout = "5s";
  rpc::SubscribeCommand subscribe;
  rpc::RedriveCommand redrive;
};

void AddConfigOptions(CLI::App& app, Options& options) {
  app.add_option("-c,--config", options.config_file, "Configuration file (YAML)")
      ->envname("AMQP_SIDECAR_CONFIG")
      ->type_name("FILE");
  app.add_option("--set", options.settings,
                 "Set one setting, such as --set limits.max_message_bytes=65536")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--amqp-uri", options.amqp_uris,
                 "A broker, such as amqp://guest@127.0.0.1:5672/; may be repeated.\n"
                 "The process list shows it: passwords are better in amqp.password_file")
      ->type_name("URI")
      ->allow_extra_args(false);
  app.add_option("--listen", options.listen,
                 "Where to listen for gRPC, such as unix:///run/amqp-sidecar/sidecar.sock\n"
                 "or 127.0.0.1:7672; may be repeated")
      ->type_name("ADDRESS")
      ->allow_extra_args(false);
  app.add_option("--log-level", options.log_level, "debug, info, warn or error")
      ->type_name("LEVEL");
}

CLI::App* AddCheckConfig(CLI::App& app, Options& options) {
  CLI::App* verb = app.add_subcommand("check-config", "Say whether a configuration is good");
  AddConfigOptions(*verb, options);
  CLI::Option* online =
      verb->add_flag("--online", options.online,
                     "Connect, too, and say how the broker differs from the configured topology.\n"
                     "Changes nothing. Exit code 1 where it differs or cannot be reached");
  verb->add_option("--timeout", options.online_timeout, "How long --online may take, such as 10s")
      ->type_name("DURATION")
      ->needs(online);
  return verb;
}

void AddAddressOptions(CLI::App& app, Options& options) {
  app.add_option("--address", options.address,
                 "The sidecar\'s address, unix:///... or host:port. Left out: AMQP_SIDECAR_ADDR,\n"
                 "else the first of grpc.listen in --config, else the default socket")
      ->type_name("ADDRESS");
  app.add_option("-c,--config", options.config_file, "The sidecar's configuration file")
      ->envname("AMQP_SIDECAR_CONFIG")
      ->type_name("FILE");
}

CLI::App* AddPublish(CLI::App& app, Options& options) {
  CLI::App* verb = app.add_subcommand(
      "publish", "Publish one message through a running sidecar, and say what became of it");
  AddAddressOptions(*verb, options);
  verb->add_option("--exchange", options.publish.exchange,
                   "Exchange; left out, the routing key is the name of a queue")
      ->type_name("NAME");
  verb->add_option("--routing-key", options.publish.routing_key, "Routing key")->type_name("KEY");
  CLI::Option* body = verb->add_option("--body", options.body, "The body")->type_name("TEXT");
  verb->add_option("--body-file", options.body_file,
                   "Read the body from a file; - is standard input")
      ->type_name("FILE")
      ->excludes(body);
  verb->add_option("--content-type", options.publish.content_type,
                   "Content type; left out, application/json, which the body then must be")
      ->type_name("TYPE");
  verb->add_option("--header", options.headers, "A header; may be repeated")
      ->type_name("NAME=VALUE")
      ->allow_extra_args(false);
  verb->add_flag("--allow-unroutable", options.publish.allow_unroutable,
                 "Accept that no queue gets the message");
  verb->add_option("--timeout", options.timeout, "How long to wait for the answer, such as 5s")
      ->type_name("DURATION");
  verb->footer(
      "Example: amqp-sidecar publish --exchange orders --routing-key order.created "
      "--body '{\"order_id\":1}'");
  return verb;
}

CLI::App* AddSubscribe(CLI::App& app, Options& options) {
  CLI::App* verb = app.add_subcommand(
      "subscribe", "Print the deliveries of a queue, and ack each once it is printed");
  AddAddressOptions(*verb, options);
  verb->add_option("--queue", options.subscribe.queue, "Queue to consume from")
      ->type_name("NAME")
      ->required();
  verb->add_option("--count", options.subscribe.count,
                   "End after so many deliveries; 0 means when interrupted")
      ->type_name("N");
  verb->add_flag("--json", options.subscribe.json, "One JSON object a line");
  verb->add_flag("--no-ack", options.subscribe.no_ack,
                 "Only look: what is printed goes back to the queue at the end");
  verb->add_option("--prefetch", options.subscribe.prefetch,
                   "Unsettled deliveries at most; 0 means the sidecar's default")
      ->type_name("N")
      ->check(CLI::Range(0, 65535));
  verb->footer("Example: amqp-sidecar subscribe --queue billing --count 10");
  return verb;
}

CLI::App* AddRedrive(CLI::App& app, Options& options) {
  rpc::RedriveCommand& command = options.redrive;
  CLI::App* verb = app.add_subcommand(
      "redrive",
      "Put dead-lettered messages back to work: each into the queue that it came from, or where\n"
      "told. A message leaves the dead-letter queue only when the broker has it in its place");
  AddAddressOptions(*verb, options);
  verb->add_option("--from", command.rule.from, "The dead-letter queue")
      ->type_name("QUEUE")
      ->required();
  CLI::Option* queue =
      verb->add_option("--to-queue", command.rule.to_queue, "Put all of them into this queue")
          ->type_name("QUEUE");
  CLI::Option* exchange = verb->add_option("--to-exchange", command.rule.to_exchange,
                                           "Publish all of them to this exchange")
                              ->type_name("NAME")
                              ->excludes(queue);
  verb->add_option("--routing-key", command.rule.routing_key,
                   "With --to-exchange; left out, each message's own")
      ->type_name("KEY")
      ->needs(exchange);
  verb->add_option("--count", command.count,
                   "At most so many; left out, as many as there are at the start")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
  verb->add_flag("--dry-run", command.dry_run,
                 "Only print where each would go, for 65,535 or a few more at most");
  verb->add_flag("--json", command.json,
                 "The figures at the end, and what --dry-run prints, as one JSON object a line");
  verb->footer(
      "What cannot be moved stays, and is told with its message_id and the reason. Ends with 0 "
      "only\n"
      "where all were moved. Interrupted, even killed, it loses nothing: at most 64 are there "
      "twice,\n"
      "with the same message_id.\n\n"
      "Example: amqp-sidecar redrive --from billing.dead --dry-run");
  return verb;
}

// Without what stands between "://" and "@": an argument that lost its place may be a URI.
std::string Redact(std::string text) {
  for (size_t from = text.find("://"); from != std::string::npos; from = text.find("://", from)) {
    from += 3;
    const size_t at = text.substr(from, text.find_first_of(" \n", from) - from).rfind('@');
    if (at != std::string::npos) text.replace(from, at, "***");
  }
  return text;
}

// Help and version are no errors.
int ReportParse(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = app.exit(error, out, err);
  std::cout << out.str() << std::flush;
  std::cerr << Redact(err.str()) << std::flush;
  return code == 0 ? kExitOk : kExitUsage;
}

int FailUsage(const std::string& what) {
  std::cerr << "amqp-sidecar: " << what << std::endl;
  return kExitUsage;
}

int FailConfig(const absl::Status& status) {
  std::cerr << "amqp-sidecar: configuration: " << std::string(status.message()) << std::endl;
  return kExitConfig;
}

// False where there is no '='.
bool SplitPair(const std::string& text, std::pair<std::string, std::string>& pair) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  pair = {text.substr(0, equals), text.substr(equals + 1)};
  return true;
}

ConfigSources SourcesOf(const Options& options) {
  ConfigSources sources;
  if (!options.config_file.empty()) sources.file = options.config_file;
  sources.environment = ReadEnvironment();
  return sources;
}

// The exit code of a usage error, or nothing.
std::optional<int> AddFlags(const Options& options, ConfigSources& sources) {
  const auto join = [](const std::vector<std::string>& list) { return absl::StrJoin(list, ","); };
  if (!options.amqp_uris.empty()) sources.flags.emplace_back("amqp.uris", join(options.amqp_uris));
  if (!options.listen.empty()) sources.flags.emplace_back("grpc.listen", join(options.listen));
  if (!options.log_level.empty()) sources.flags.emplace_back("log.level", options.log_level);
  for (const std::string& setting : options.settings) {
    std::pair<std::string, std::string> pair;
    if (!SplitPair(setting, pair)) return FailUsage("--set takes KEY=VALUE");
    sources.flags.push_back(std::move(pair));
  }
  return std::nullopt;
}

absl::StatusOr<std::string> AddressOf(const Options& options) {
  if (!options.address.empty()) return options.address;
  const char* variable = std::getenv("AMQP_SIDECAR_ADDR");
  if (variable != nullptr && *variable != '\0') return std::string(variable);
  const absl::StatusOr<config::v1::Config> config = ReadConfig(SourcesOf(options));
  if (!config.ok()) return config.status();
  if (config->grpc().listen().empty()) {
    return absl::InvalidArgumentError("grpc.listen: must name at least one address");
  }
  return config->grpc().listen(0);
}

std::string ReadStandardInput() {
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

// Nothing where it is no duration that can be waited for.
std::optional<std::chrono::milliseconds> ParseTimeout(const std::string& text) {
  absl::Duration timeout;
  if (!absl::ParseDuration(text, &timeout) || timeout <= absl::ZeroDuration() ||
      timeout > absl::Hours(1)) {
    return std::nullopt;
  }
  return absl::ToChronoMilliseconds(timeout);
}

int FailTimeout() { return FailUsage("--timeout must be a duration up to 1h, such as 5s"); }

int Check(const Options& options, const ConfigSources& sources) {
  if (!options.online) return CheckConfig(sources, std::nullopt);
  const auto timeout = ParseTimeout(options.online_timeout);
  return timeout ? CheckConfig(sources, *timeout) : FailTimeout();
}

int Publish(Options& options) {
  rpc::PublishCommand& command = options.publish;
  const auto timeout = ParseTimeout(options.timeout);
  if (!timeout) return FailTimeout();
  command.timeout = *timeout;
  for (const std::string& header : options.headers) {
    std::pair<std::string, std::string> pair;
    if (!SplitPair(header, pair)) return FailUsage("--header takes NAME=VALUE");
    command.headers.push_back(std::move(pair));
  }
  command.body = options.body;
  if (options.body_file == "-") {
    command.body = ReadStandardInput();
  } else if (!options.body_file.empty()) {
    absl::StatusOr<std::string> body = base::ReadWholeFile(options.body_file, 128u << 20);
    if (!body.ok()) return FailUsage(std::string(body.status().message()));
    command.body = *std::move(body);
  }
  const absl::StatusOr<std::string> address = AddressOf(options);
  if (!address.ok()) return FailConfig(address.status());
  command.address = *address;
  return rpc::RunPublish(command, std::cout, std::cerr);
}

int Subscribe(Options& options) {
  const absl::StatusOr<std::string> address = AddressOf(options);
  if (!address.ok()) return FailConfig(address.status());
  options.subscribe.address = *address;
  StopOnSignal();
  return rpc::RunSubscribe(options.subscribe, stop_requested, std::cout, std::cerr);
}

int Redrive(Options& options) {
  const absl::StatusOr<std::string> address = AddressOf(options);
  if (!address.ok()) return FailConfig(address.status());
  options.redrive.address = *address;
  StopOnSignal();
  return rpc::RunRedrive(options.redrive, stop_requested, std::cout, std::cerr);
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app(kAbout, "amqp-sidecar");
  app.footer(kExitCodes);
  app.set_version_flag("--version", absl::StrCat("amqp-sidecar ", base::kVersion));
  app.require_subcommand(0, 1);
  Options options;
  AddConfigOptions(app, options);
  CLI::App* run = app.add_subcommand("run", "Run the daemon until SIGTERM or SIGINT");
  AddConfigOptions(*run, options);
  CLI::App* check = AddCheckConfig(app, options);
  CLI::App* publish = AddPublish(app, options);
  CLI::App* subscribe = AddSubscribe(app, options);
  CLI::App* redrive = AddRedrive(app, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return ReportParse(app, e);
  }
  if (publish->parsed()) return Publish(options);
  if (subscribe->parsed()) return Subscribe(options);
  if (redrive->parsed()) return Redrive(options);
  ConfigSources sources = SourcesOf(options);
  if (const std::optional<int> code = AddFlags(options, sources)) return *code;
  return check->parsed() ? Check(options, sources) : RunDaemon(sources);
}

}  // namespace amqp_sidecar::app
