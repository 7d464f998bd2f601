#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "app/client_verbs.h"
#include "app/config_options.h"
#include "app/doctor_verb.h"
#include "app/exit_code.h"
#include "app/run.h"
#include "app/validate_verb.h"
#include "app/verb.h"
#include "base/version.h"

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

// What the options write into.
struct Options {
  ConfigOptions config;
  bool online = false;
  std::string online_timeout = "10s";
};

CLI::App* AddCheckConfig(CLI::App& app, Options& options) {
  CLI::App* verb = app.add_subcommand("check-config", "Say whether a configuration is good");
  AddConfigOptions(*verb, options.config);
  CLI::Option* online =
      verb->add_flag("--online", options.online,
                     "Connect, too, and say how the broker differs from the configured topology.\n"
                     "Changes nothing. Exit code 1 where it differs or cannot be reached");
  verb->add_option("--timeout", options.online_timeout, "How long --online may take, such as 10s")
      ->type_name("DURATION")
      ->needs(online);
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

int Check(const Options& options, const ConfigSources& sources) {
  if (!options.online) return CheckConfig(sources, std::nullopt);
  const auto timeout = ParseTimeout(options.online_timeout);
  return timeout ? CheckConfig(sources, *timeout) : FailTimeout();
}

}  // namespace

int RunCommandLine(int argc, char** argv) {
  CLI::App app(kAbout, "amqp-sidecar");
  app.footer(kExitCodes);
  app.set_version_flag("--version", absl::StrCat("amqp-sidecar ", base::kVersion));
  app.require_subcommand(0, 1);
  Options options;
  AddConfigOptions(app, options.config);
  CLI::App* run = app.add_subcommand(
      "run", "Run the daemon until SIGTERM or SIGINT; SIGHUP reloads validation");
  AddConfigOptions(*run, options.config);
  CLI::App* check = AddCheckConfig(app, options);
  ValidateVerb validate(app, options.config);
  ClientVerbs client(app, options.config);
  DoctorVerb doctor(app, options.config);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return ReportParse(app, e);
  }
  if (const std::optional<int> code = validate.Run()) return *code;
  if (const std::optional<int> code = client.Run()) return *code;
  if (const std::optional<int> code = doctor.Run()) return *code;
  ConfigSources sources;
  if (const std::optional<int> code = ToSources(options.config, sources)) return *code;
  return check->parsed() ? Check(options, sources) : RunDaemon(sources);
}

}  // namespace amqp_sidecar::app
