// RabbitmqNode: a private RabbitMQ node, driven through rabbitmq_node.sh. CTest starts and stops
// the nodes (fixtures `rabbitmq` and `rabbitmq-disturbed`); this talks to one that runs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace amqp_sidecar::test {

class RabbitmqNode {
 public:
  // The node of this test run that tests share and must not disturb.
  static RabbitmqNode Shared();
  // The node for tests that kill, stop or alarm it: one at a time (RESOURCE_LOCK), and they leave
  // it as they found it.
  static RabbitmqNode Disturbed();
  // A fresh one that keeps its data in `dir`; end it with Stop. Throws when it does not start.
  // `environment` is for rabbitmq_node.sh ("NAME=value").
  static RabbitmqNode Start(const std::string& dir,
                            const std::vector<std::string>& environment = {});
  void Stop() const;

  uint16_t port() const { return port_; }
  // Where it speaks TLS; 0 where it does not.
  uint16_t tls_port() const { return tls_port_; }
  // With guest's password, virtual host "/".
  std::string uri() const;

  // rabbitmqctl: its output. Throws with it when it fails.
  std::string Ctl(const std::vector<std::string>& arguments) const;

  // kill -9, and back with the same data.
  void Kill() const;
  void Resume() const;
  // SIGSTOP and SIGCONT: alive, and silent.
  void Freeze() const;
  // Waits until what was declared is on disk: the broker writes that with a delay, and a queue that
  // a kill -9 took with it is no fault of the sidecar's.
  void SyncDeclarations() const;
  void Thaw() const;

 private:
  explicit RabbitmqNode(std::string dir);
  pid_t pid() const;

  std::string dir_;
  uint16_t port_ = 0;
  uint16_t tls_port_ = 0;
};

}  // namespace amqp_sidecar::test
