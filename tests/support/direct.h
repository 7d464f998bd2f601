// Direct: the broker without the sidecar, by rabbitmq-c's stock blocking calls: what a test sets up
// and looks at behind the sidecar's back. One thread. Every refusal of the broker throws.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

struct amqp_connection_state_t_;
struct amqp_rpc_reply_t_;
struct amqp_table_t_;
struct amqp_message_t_;

namespace amqp_sidecar::test {

// What Direct throws: `code` is AMQP's reply code, 0 where the broker gave none.
struct DirectError : std::runtime_error {
  DirectError(int reply_code, const std::string& what)
      : std::runtime_error(what), code(reply_code) {}
  int code;
};

class Direct {
 public:
  using Value = std::variant<std::string, int64_t, bool>;
  using Arguments = std::map<std::string, Value>;

  struct Header {
    char kind;  // AMQP's type letter: S, l, t, d, x, T, A, F...
    std::string text;
  };

  // What to publish, or what came; an empty string is an absent property.
  struct Message {
    std::string body;
    std::string content_type;
    std::string message_id;
    std::string correlation_id;
    std::string reply_to;
    std::string expiration;
    std::string type;
    std::string app_id;
    int delivery_mode = 0;
    int priority = -1;
    uint64_t timestamp = 0;
    std::map<std::string, Header> headers;  // strings and numbers only when publishing
    // Set in what came:
    std::string exchange;
    std::string routing_key;
    bool redelivered = false;
  };

  // Logs in as guest. Throws when the broker cannot be reached.
  explicit Direct(uint16_t port);
  ~Direct();
  Direct(const Direct&) = delete;
  Direct& operator=(const Direct&) = delete;

  void DeclareQueue(const std::string& name, const Arguments& arguments = {});
  void DeclareExchange(const std::string& name, const std::string& type);
  void Bind(const std::string& queue, const std::string& exchange, const std::string& key);
  void DeleteQueue(const std::string& name);
  void DeleteExchange(const std::string& name);
  void Purge(const std::string& name);

  bool QueueExists(const std::string& name);
  bool ExchangeExists(const std::string& name);
  // Messages that are ready (not those that a consumer holds).
  uint32_t Ready(const std::string& queue);
  uint32_t Consumers(const std::string& queue);

  // Publishes and waits for the confirm.
  void Publish(const std::string& exchange, const std::string& key, const Message& message);
  void Publish(const std::string& exchange, const std::string& key, const std::string& body);
  // All of them, in order, and then waits for their confirms.
  void PublishAll(const std::string& exchange, const std::string& key,
                  const std::vector<Message>& messages);

  // Takes one message and acks it.
  std::optional<Message> Get(const std::string& queue);
  // Consumes all that is ready, acked automatically; ends when the queue is empty.
  std::vector<Message> Drain(const std::string& queue);

 private:
  struct Confirm {
    uint64_t tag = 0;
    bool multiple = false;  // all up to it
  };

  void OpenChannel();
  void OpenConfirms();
  void Send(const std::string& exchange, const std::string& key, const Message& message);
  Confirm TakeConfirm();
  void Check(const amqp_rpc_reply_t_& reply, const std::string& what);
  Message Take(const amqp_message_t_& message, const std::string& exchange, const std::string& key,
               bool redelivered) const;
  std::optional<std::pair<uint32_t, uint32_t>> Counts(const std::string& queue);

  amqp_connection_state_t_* connection_;
  uint16_t channel_ = 0;
  bool channel_open_ = false;
  bool confirms_ = false;
  uint64_t published_ = 0;  // on this channel, since confirms are on
};

}  // namespace amqp_sidecar::test
