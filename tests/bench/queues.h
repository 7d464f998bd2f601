// Queues: the queues of the benchmark, looked at behind the sidecar's back on a connection of their
// own. One thread; every refusal of the broker throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

struct amqp_connection_state_t_;

namespace amqp_sidecar::bench {

enum class QueueType { kClassic, kQuorum };

std::string NameOf(QueueType type);

class Queues {
 public:
  explicit Queues(const std::string& uri);
  ~Queues();
  Queues(const Queues&) = delete;
  Queues& operator=(const Queues&) = delete;

  // Durable. A queue of that name that is left from an earlier run goes first.
  void Declare(const std::string& queue, QueueType type);
  // How many messages it holds that are not delivered.
  size_t Count(const std::string& queue);
  // Throws unless it holds exactly that many messages.
  void AwaitCount(const std::string& queue, size_t messages);
  // Throws unless it holds exactly that many messages, then deletes it.
  void Settle(const std::string& queue, size_t messages);
  // Throws unless it has no consumer any more and stays empty, then deletes it: a message that was
  // delivered and not acknowledged would come back.
  void SettleDrained(const std::string& queue);

  // As the broker says.
  std::string BrokerVersion() const;

 private:
  struct State {
    size_t messages;
    size_t consumers;
  };
  State StateOf(const std::string& queue);
  void Delete(const std::string& queue);
  void Check(const std::string& what);

  amqp_connection_state_t_* connection_;
};

// The port that an amqp:// URI names.
uint16_t PortOf(std::string uri);

}  // namespace amqp_sidecar::bench
