// CommandLine: the verbs, their options and their help. Main thread.
#pragma once

namespace amqp_sidecar::app {

// Does what the command line says, and returns the exit code.
int RunCommandLine(int argc, char** argv);

}  // namespace amqp_sidecar::app
