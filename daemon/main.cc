// main: the command line, and what an exception that nobody expected comes to.
#include <exception>
#include <iostream>

#include "app/command_line.h"
#include "app/exit_code.h"

int main(int argc, char** argv) {
  try {
    return amqp_sidecar::app::RunCommandLine(argc, argv);
  } catch (const std::exception& e) {
    std::cerr << "amqp-sidecar: a bug: " << e.what() << std::endl;
    return amqp_sidecar::app::kExitBug;
  }
}
