// World: sidecars on a real RabbitMQ node that break when told to: tests/stubs/world.py, as a child
// of this program. One thread at a time.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>

#include "amqp_sidecar/client.h"

namespace amqp_sidecar::test {

class World {
 public:
  // The one of this program, started by its first use.
  static World& Get();

  // Starts a sidecar; `options` are further members of the command, as JSON: R"("proxy": true)".
  // Returns its address.
  std::string Start(const std::string& name, const std::string& options = "");
  // As the last Start returned it, where its options had "tcp".
  const std::string& tcp() const { return tcp_; }
  // kill, restart, terminate, hold, release, cut. Throws where the world does.
  void Do(const std::string& verb, const std::string& name);
  // Waits for the end of one that was told to terminate; returns its exit code.
  int Ended(const std::string& name);
  void Alarm(bool on);

  World(const World&) = delete;
  World& operator=(const World&) = delete;

 private:
  World();
  ~World();
  // Returns the line that answers.
  std::string Ask(const std::string& command);

  pid_t pid_ = -1;
  std::FILE* in_ = nullptr;
  std::FILE* out_ = nullptr;
  std::string tcp_;
};

// The address of a sidecar that nobody breaks.
const std::string& SharedAddress();
// A client of it.
Client NewClient();
// A name that no other test has.
std::string Fresh(const std::string& stem);
// A queue of a fresh name, declared.
std::string FreshQueue(Client& client, const Table& arguments = {},
                       QueueType type = QueueType::kDefault);
// What waits in it.
std::uint64_t CountOf(Client& client, const std::string& queue);

}  // namespace amqp_sidecar::test
