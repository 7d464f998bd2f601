// RedriveReport: what a redrive says to the person or script that runs it. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <string>

#include "rpc/command_client.h"
#include "rpc/redrive_ledger.h"
#include "rpc/redrive_target.h"

namespace amqp_sidecar::rpc {

class RedriveReport {
 public:
  using Clock = std::chrono::steady_clock;

  // Of `limit` messages. All that is passed outlives this.
  RedriveReport(const RedriveCommand& command, uint64_t limit, std::ostream& out,
                std::ostream& err);

  // Where a message would go. False when the output takes no more.
  [[nodiscard]] bool Where(const std::string& message_id, const RedriveTarget& target);

  // Why a message stays, in words that may hold anything.
  void NotMoved(const std::string& message_id, const std::string& why);
  void Unknown(const std::string& message_id, const std::string& why);
  void Note(const std::string& text);

  // A line a second at most.
  void Progress(const RedriveLedger::Figures& figures, Clock::time_point now);
  // The last line. `owed` of those that were moved may be in the dead-letter queue still.
  void End(const RedriveLedger::Figures& figures, size_t owed);

 private:
  void Line(const char* what, const std::string& message_id, const std::string& why);
  uint64_t Done(const RedriveLedger::Figures& figures) const;

  const RedriveCommand& command_;
  const uint64_t limit_;
  std::ostream& out_;
  std::ostream& err_;
  Clock::time_point next_progress_;
  uint64_t told_ = 0;  // how many were done at the last line
};

}  // namespace amqp_sidecar::rpc
