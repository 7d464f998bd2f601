// Rig: a Connection with a script for a broker, a clock that is moved by hand, and a log of
// everything that it says. Lines of the log: "ready", "ch1 confirm 3 acked".
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/connection.h"
#include "client_trace.h"
#include "server_frames.h"

namespace amqp_sidecar::amqp {

using Lines = std::vector<std::string>;
using std::chrono::milliseconds;
using std::chrono::seconds;

class Rig;

// A channel's listener that writes the log, and then runs `then`, if it is set, with the line.
class ChannelRecorder final : public Channel::Listener {
 public:
  explicit ChannelRecorder(Rig& rig) : rig_(rig) {}

  void OnConfirm(uint64_t tag, bool multiple, bool acked) override;
  void OnReturn(IncomingReturn message) override;
  void OnDelivery(IncomingDelivery&& delivery) override;
  void OnOversizedDelivery(uint64_t tag, uint64_t body_bytes) override;
  void OnConsumerCancelled(std::string_view consumer_tag) override;
  void OnClosed(const Failure& failure) override;

  // Logs "chN <what> ok ..." or "chN <what> failed ...".
  ReplyCallback Log(const std::string& what);

  Channel* channel = nullptr;  // null once it is over
  std::string name;            // "ch1"
  std::function<void(const std::string&)> then;
  std::vector<IncomingDelivery> deliveries;

 private:
  void Say(const std::string& line);

  Rig& rig_;
};

class Rig final : public Connection::Listener {
 public:
  explicit Rig(Connection::Options options = DefaultOptions());
  static Connection::Options DefaultOptions();

  // The handshake, with nothing of it left in log or output.
  void MakeReady(uint16_t channel_max = 2047, uint32_t frame_max = 131072, uint16_t heartbeat = 60);

  // The broker speaks.
  void Say(std::string_view bytes) { connection->Receive(bytes, now); }

  // Everything that the connection has to write, written.
  std::string Written();
  // The same, readable.
  Lines Sent() { return Describe(Written()); }
  // Up to this many bytes.
  std::string Written(size_t bytes);

  // The log since the last call.
  Lines Log();

  // Moves the clock on, with the ticks that fall due on the way.
  void Advance(base::Duration time);

  // Opens a channel; where `answered`, the broker says open-ok and nothing is left in the output.
  ChannelRecorder& Open(bool answered = true);

  // Connection::Listener:
  void OnReady(const ServerInfo& server) override;
  void OnBlocked(std::string_view reason) override;
  void OnUnblocked() override;
  void OnPublishRoom() override;
  void OnClosed(const Failure& failure) override;

  void Add(const std::string& line);

  std::unique_ptr<Connection> connection;
  base::TimePoint now{std::chrono::hours(1)};
  std::function<void(const std::string&)> then;

 private:
  Lines log_;
  std::vector<std::unique_ptr<ChannelRecorder>> recorders_;
};

// "closed-by-broker 404 text" and the like.
std::string ToText(const Failure& failure);

EncodedPublish Message(std::string_view exchange, std::string_view routing_key, size_t body_bytes,
                       const std::string& id = "");

}  // namespace amqp_sidecar::amqp
