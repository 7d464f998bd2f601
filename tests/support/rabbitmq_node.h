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
  // The node for drills, likewise one at a time.
  static RabbitmqNode Drilled();
  // The nodes of the drills' cluster of three (rabbitmq_cluster.sh).
  static std::vector<RabbitmqNode> Cluster();
  // A fresh one that keeps its data in `dir`; end it with Stop. Throws when it does not start.
  // `environment` is for rabbitmq_node.sh ("NAME=value").
  static RabbitmqNode Start(const std::string& dir,
                            const std::vector<std::string>& environment = {});
  void Stop() const;

  uint16_t port() const { return port_; }
  // Where it speaks TLS; 0 where it does not.
  uint16_t tls_port() const { return tls_port_; }
  // As Erlang knows it.
  const std::string& name() const { return name_; }
  // With guest's password, virtual host "/".
  std::string uri() const;

  // rabbitmqctl: its output. Throws with it when it fails.
  std::string Ctl(const std::vector<std::string>& arguments) const;

  // kill -9, and back with the same data.
  void Kill() const;
  void Resume() const;
  // SIGTERM, until it is gone; Resume brings it back.
  void Shutdown() const;
  // Whether somebody accepts connections on its port.
  bool Accepts() const;
  // SIGSTOP and SIGCONT: alive, and silent.
  void Freeze() const;
  // Waits until what was declared is on disk: the broker writes that with a delay, and a queue that
  // a kill -9 took with it, or a quorum queue that it left without its Raft server, which answers
  // nothing any more, is no fault of the sidecar's.
  void SyncDeclarations() const;
  void Thaw() const;

 private:
  explicit RabbitmqNode(std::string dir);
  pid_t pid() const;

  std::string dir_;
  uint16_t port_ = 0;
  uint16_t tls_port_ = 0;
  std::string name_;
};

}  // namespace amqp_sidecar::test
