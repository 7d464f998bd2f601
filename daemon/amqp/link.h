// Link: the life of the connection to the broker: dial, hand the pipe to a Connection, and when it
// is lost, back off and dial again, the next endpoint in turn. Every connection that became ready
// has an epoch of its own. io thread. Knows nothing of what the connection is used for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "amqp/connection.h"
#include "amqp/endpoint.h"
#include "amqp/transport.h"
#include "base/backoff.h"
#include "base/reactor.h"

namespace amqp_sidecar::amqp {

enum class LinkState {
  kConnecting,
  kReady,
  kBlocked,     // ready, and the broker takes no publishes
  kBackingOff,  // waiting before the next try
  kClosing,     // Stop() was called
  kClosed,
};

class Link {
 public:
  struct Options {
    std::vector<Endpoint> endpoints;  // at least one; tried in turn, starting at a random one
    Connection::Options connection;   // user, password and vhost come from the endpoint
    base::Duration connect_timeout = std::chrono::seconds(5);  // for pipe and handshake together
    base::Duration initial_backoff = std::chrono::milliseconds(100);
    base::Duration max_backoff = std::chrono::seconds(2);
    // A refused login (403) or virtual host (530) waits at least this long.
    base::Duration refused_backoff = std::chrono::seconds(5);
  };

  class Listener {
   public:
    virtual ~Listener() = default;
    // A connection is ready. `epoch` counts from 1.
    virtual void OnLinkUp(Connection& connection, uint64_t epoch) = 0;
    // It is lost. Its channels have had their OnClosed already. Called once for each OnLinkUp.
    virtual void OnLinkDown(const Failure& failure) = 0;
    virtual void OnLinkBlocked(std::string_view reason) = 0;
    virtual void OnLinkUnblocked() = 0;
    virtual void OnPublishRoom() = 0;
    // Anything in status() changed: for the snapshot. May be called before the call that caused it
    // returns.
    virtual void OnLinkStatus() = 0;
  };

  // What a person wants to know.
  struct Status {
    LinkState state = LinkState::kConnecting;
    std::string endpoint;  // host:port
    ServerInfo server;
    base::WallTime since;  // of the state
    uint64_t epoch = 0;
    uint64_t reconnects = 0;  // times that a connection which was ready was lost
    Failure last_failure;     // why the last connection or try ended; text empty where none did
    base::WallTime next_attempt_at;
    std::string blocked_reason;
  };

  // `reactor`, `dialer` and `listener` are not owned and outlive the link. `random` gives numbers
  // from 0 up to, not including, 1.
  Link(base::Reactor& reactor, Dialer& dialer, base::Backoff::Random random, Options options,
       Listener& listener);
  ~Link();

  void Start();

  // Closes politely (connection.close) by `deadline`, at once where there is no connection or it is
  // blocked, and connects no more. `done` is called once.
  void Stop(base::TimePoint deadline, base::Task done);

  // Hands what the connection has queued to the pipe, at the end of this turn. The connection's own
  // calls (publish, ack, methods) do not: say this after them. Cheap to say often.
  void FlushSoon();

  // Null where the link is not up.
  Connection* connection();
  const Connection* connection() const;
  const Status& status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amqp_sidecar::amqp
