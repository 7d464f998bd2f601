// LinkJournal: the status of a link, and the log of how it changes: one line a change that a person
// would act on, none for a try that fails as the one before did. io thread. Decides nothing.
#pragma once

#include <string>
#include <utility>

#include "amqp/link.h"

namespace amqp_sidecar::amqp {

class LinkJournal {
 public:
  // `connection` is the name that RabbitMQ's tools show: the log has the same.
  explicit LinkJournal(std::string connection) : connection_(std::move(connection)) {}

  const Link::Status& status() const { return status_; }
  LinkState state() const { return status_.state; }

  void Dialing(const Endpoint& endpoint);
  void Ready(const ServerInfo& server);
  void Blocked(std::string_view reason);
  void Unblocked();
  // A connection, or a try, is over; the next try is `delay` from now.
  void Lost(const Failure& failure, bool was_up, base::Duration delay);
  void Closing();
  void Closed();

 private:
  void Enter(LinkState state);
  void LogLoss(const Failure& failure, bool was_up);

  const std::string connection_;
  Link::Status status_;
  std::string logged_failure_;
};

}  // namespace amqp_sidecar::amqp
