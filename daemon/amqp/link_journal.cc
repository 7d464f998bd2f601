#include "amqp/link_journal.h"

#include "base/log.h"

namespace amqp_sidecar::amqp {

void LinkJournal::Enter(LinkState state) {
  status_.state = state;
  status_.since = std::chrono::system_clock::now();
}

void LinkJournal::Dialing(const Endpoint& endpoint) {
  Enter(LinkState::kConnecting);
  status_.endpoint = endpoint.HostAndPort();
  status_.next_attempt_at = {};
}

void LinkJournal::Ready(const ServerInfo& server) {
  Enter(LinkState::kReady);
  ++status_.epoch;
  status_.server = server;
  logged_failure_.clear();
  base::Log(base::LogLevel::kInfo, "connected to the broker",
            {{"connection", connection_},
             {"endpoint", status_.endpoint},
             {"epoch", status_.epoch},
             {"product", server.product},
             {"version", server.version}});
}

void LinkJournal::Blocked(std::string_view reason) {
  status_.blocked_reason = std::string(reason);
  if (status_.state != LinkState::kReady) return;
  Enter(LinkState::kBlocked);
  base::Log(base::LogLevel::kWarn, "the broker takes no publishes",
            {{"connection", connection_},
             {"endpoint", status_.endpoint},
             {"reason", status_.blocked_reason}});
}

void LinkJournal::Unblocked() {
  status_.blocked_reason.clear();
  if (status_.state != LinkState::kBlocked) return;
  Enter(LinkState::kReady);
  base::Log(base::LogLevel::kInfo, "the broker takes publishes again",
            {{"connection", connection_}, {"endpoint", status_.endpoint}});
}

void LinkJournal::Lost(const Failure& failure, bool was_up, base::Duration delay) {
  LogLoss(failure, was_up);
  Enter(LinkState::kBackingOff);
  status_.blocked_reason.clear();
  status_.last_failure = failure;
  if (was_up) ++status_.reconnects;
  status_.next_attempt_at =
      status_.since + std::chrono::duration_cast<std::chrono::system_clock::duration>(delay);
}

void LinkJournal::LogLoss(const Failure& failure, bool was_up) {
  if (!was_up && failure.text == logged_failure_) return;
  logged_failure_ = failure.text;
  base::Log(base::LogLevel::kWarn,
            was_up ? "connection to the broker lost" : "cannot connect to the broker",
            {{"connection", connection_},
             {"endpoint", status_.endpoint},
             {"code", failure.code},
             {"reason", failure.text}});
}

void LinkJournal::Closing() { Enter(LinkState::kClosing); }

void LinkJournal::Closed() {
  Enter(LinkState::kClosed);
  status_.blocked_reason.clear();
}

}  // namespace amqp_sidecar::amqp
