// StatusWatch: one run of `status --watch`: what the sidecar says, as it says it, over the ends of
// the stream and of the sidecar. The calling thread. What a status looks like, StatusText knows.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/support/status.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <ostream>
#include <string>

#include "amqp_sidecar/v1/status.pb.h"
#include "rpc/command_client.h"

namespace amqp_sidecar::rpc {

// For a person, in one line: that nobody answers there, and what may be the matter; and that
// somebody does, and gives no status.
std::string NoSidecarText(const std::string& address);
std::string NoStatusText(const std::string& address, const grpc::Status& status);

class StatusWatch {
 public:
  // All that is passed outlives this.
  StatusWatch(const StatusCommand& command, std::shared_ptr<grpc::Channel> channel,
              const std::atomic<bool>& stop, std::ostream& out, std::ostream& err);

  // Returns the exit code.
  int Run();

 private:
  using Clock = std::chrono::steady_clock;

  // One stream, to its end.
  grpc::Status Stream();
  // Connects again, however long that takes; false where it was told to stop first.
  bool Reconnect();
  void Show(const v1::SidecarStatus& status);
  // Of a sidecar that says nothing, though its stream is open.
  void NoteSilence();
  // Once for each time that it goes away. On a terminal in place of a status that is no more.
  void Note(const std::string& text);
  void Draw(const std::string& text);
  bool Stopping() const { return stop_ || failed_; }

  const StatusCommand& command_;
  std::shared_ptr<grpc::Channel> channel_;
  const std::atomic<bool>& stop_;
  std::ostream& out_;
  std::ostream& err_;
  Clock::time_point heard_;
  bool answered_ = false;  // ever
  bool away_ = false;      // and it was told
  bool failed_ = false;    // `out` takes no more
};

}  // namespace amqp_sidecar::rpc
