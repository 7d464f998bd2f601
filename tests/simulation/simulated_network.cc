#include "simulated_network.h"

#include <algorithm>
#include <utility>

namespace amqp_sidecar::simulation {

using std::chrono::microseconds;
using std::chrono::milliseconds;

// What the sidecar holds: a dial, and then its end of the pipe.
class SimulatedNetwork::End final : public amqp::Transport {
 public:
  End(SimulatedNetwork& network, amqp::Transport::Listener& listener)
      : network_(network), listener_(listener) {
    ++network_.transports_;
  }
  ~End() override {
    --network_.transports_;
    if (!up_) return;
    if (network_.on_client_end) network_.on_client_end();
    pipe_->CloseByClient();
  }

  size_t Write(std::span<const iovec> slots) override {
    std::string bytes;
    for (const iovec& slot : slots) {
      bytes.append(static_cast<const char*>(slot.iov_base), slot.iov_len);
    }
    const size_t taken = pipe_->Write(bytes);
    network_.most_offered_ = std::max(network_.most_offered_, bytes.size());
    network_.trace_.Event("client writes", {pipe_->id(), bytes.size(), taken});
    if (taken < bytes.size()) pipe_->WantRoom();
    return taken;
  }
  // The daemon reads always; see TcpTransport.
  void SetReading(bool) override {}

  void Connected() {
    up_ = true;
    pipe_->AttachClient(listener_);
    network_.accept_(pipe_);
    listener_.OnConnected();
  }
  void Failed(const std::string& why) { listener_.OnClosed(why); }

  std::shared_ptr<SimulatedPipe> pipe_;
  const std::shared_ptr<char> alive_ = std::make_shared<char>();

 private:
  SimulatedNetwork& network_;
  amqp::Transport::Listener& listener_;
  bool up_ = false;
};

std::unique_ptr<amqp::Transport> SimulatedNetwork::Dial(const amqp::Endpoint&,
                                                        base::TimePoint deadline,
                                                        amqp::Transport::Listener& listener) {
  auto end = std::make_unique<End>(*this, listener);
  end->pipe_ = std::make_shared<SimulatedPipe>(reactor_, trace_, random_.Fork(), shape_, next_id_);
  trace_.Event("dial", {next_id_++});
  const Dials dials = dials_;
  const base::TimePoint at =
      dials == Dials::kTimeOut
          ? deadline
          : std::min(deadline, reactor_.Now() + random_.Time(microseconds(100), milliseconds(5)));
  reactor_.WorldAt(at, [this, end = end.get(), alive = std::weak_ptr<char>(end->alive_), dials] {
    if (alive.expired()) return;
    switch (dials) {
      case Dials::kConnect:
        pipes_.push_back(end->pipe_);
        end->Connected();
        return;
      case Dials::kRefused:
        end->Failed("connection refused");
        return;
      case Dials::kTimeOut:
        end->Failed("connection timed out");
        return;
    }
  });
  return end;
}

std::vector<SimulatedPipe*> SimulatedNetwork::OpenPipes() {
  std::vector<SimulatedPipe*> open;
  std::erase_if(pipes_, [](const auto& pipe) { return pipe.expired(); });
  for (const auto& weak : pipes_) {
    const auto pipe = weak.lock();
    // Somebody else keeps it as well: the client's end, or the world.
    if (pipe->open()) open.push_back(pipe.get());
  }
  return open;
}

}  // namespace amqp_sidecar::simulation
