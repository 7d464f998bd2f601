// LinkJournal: the status of a link, and the log of how it changes: one line a change that a person
// would act on, none for a try that fails as the last one there
// did. io thread. Decides nothing.
#pragma once

#include <map>
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
  // `address` is what answered, for the log.
  void Ready(const ServerInfo& server, const std::string& address);
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
  std::map<std::string, std::string> logged_failures_;  // by endpoint
};

}  // namespace amqp_sidecar::amqp
