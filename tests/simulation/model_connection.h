// ModelConnection: one connection of the model broker: handshake, frames, heartbeats, channels, and
// not reading during an alarm. What no client may do is a failure of the run. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model_channel.h"
#include "model_wire.h"
#include "simulated_pipe.h"

namespace amqp_sidecar::simulation {

class ModelBroker;

class ModelConnection final : public SimulatedPipe::BrokerEnd {
 public:
  ModelConnection(ModelBroker& broker, std::shared_ptr<SimulatedPipe> pipe, uint64_t id);
  ~ModelConnection() override;

  void Start();

  // --- From its channels.
  void Send(std::string bytes);
  // The number is free again, once this turn is over.
  void ForgetChannel(uint16_t number);
  // The sidecar broke the protocol: a failure of the run.
  void Violated(uint16_t code, const std::string& text);

  // --- From the broker.
  void AlarmOver();
  void CloseByBroker(uint16_t code, const std::string& text);
  // The process is gone.
  void Die();
  void DropUnacked(const std::string& queue, uint64_t incarnation, Fate fate);
  void AddOpenChannels(std::vector<ModelChannel*>& open);

  size_t open_channels() const;
  size_t closing_channels() const;

  // SimulatedPipe::BrokerEnd:
  void OnReadable() override;
  void OnPipeEnded() override;

 private:
  enum class State { kHeader, kStartOk, kTuneOk, kOpen, kReady, kClosing, kDead };

  // A content that is not whole yet.
  struct Content {
    std::string arguments;
    std::shared_ptr<ModelMessage> message;
    bool has_header = false;
    uint64_t missing = 0;
  };

  void Process();
  // Takes one frame off buffer_; false where none is whole.
  bool TakeFrame();
  void OnFrame(uint8_t type, uint16_t channel, std::string_view payload);
  void OnConnectionMethod(Method method, WireReader args);
  void OnStartOk(WireReader args);
  void OnChannelMethod(uint16_t channel, Method method, std::string_view arguments);
  void OnContentHeader(uint16_t channel, std::string_view payload);
  void OnContentBody(uint16_t channel, std::string_view payload);
  void FinishContent(uint16_t channel);
  void Block();
  void Tick();
  void GiveUpClosing();
  void EndChannels(bool by_sidecar);
  void Later(base::Duration delay, void (ModelConnection::*task)());

  ModelBroker& broker_;
  const std::shared_ptr<SimulatedPipe> pipe_;
  const uint64_t id_;
  State state_ = State::kHeader;
  std::string buffer_;
  size_t buffer_used_ = 0;
  bool blocked_ = false;
  base::TimePoint last_read_;
  bool sent_ = false;  // since the last tick
  std::map<uint16_t, std::unique_ptr<ModelChannel>> channels_;
  std::map<uint16_t, Content> contents_;
  // The sidecar has closed these, and may say nothing more on them.
  std::map<uint16_t, bool> closed_by_sidecar_;
  std::vector<std::unique_ptr<ModelChannel>> ended_;

  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace amqp_sidecar::simulation
