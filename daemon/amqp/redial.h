// Redial: when the link is tried again, where, and with which password. io thread. Dials nothing
// itself, and knows no pipes.
#pragma once

#include <functional>
#include <string>

#include "amqp/link.h"

namespace amqp_sidecar::amqp {

class Redial {
 public:
  // `reactor` and `options` are not owned and outlive it; `dial` is called at each time to try.
  Redial(base::Reactor& reactor, const Link::Options& options, base::Backoff::Random random,
         std::function<void()> dial);
  ~Redial() { Cancel(); }
  Redial(const Redial&) = delete;
  Redial& operator=(const Redial&) = delete;

  // The next endpoint in turn, with the password as it is now.
  Endpoint Next();

  // How a try, or (`was_up`) a connection that lasted `lasted`, ended.
  struct End {
    Failure& failure;  // gets the words for a person: that it was the login
    bool was_up = false;
    base::Duration lasted{};
  };
  // Calls `dial` after the time that it returns; sooner where a login was refused and the password
  // is another by then.
  base::Duration Later(const End& end);

  void Cancel();

 private:
  void WatchPassword();
  void DialNow();

  // Constant after construction.
  base::Reactor& reactor_;
  const Link::Options& options_;
  const std::function<void()> dial_;

  // Owned by the io thread.
  base::Backoff backoff_;
  size_t next_;
  std::string password_;       // the last that was read
  std::string unread_reason_;  // why the last read failed; empty where it did not
  base::TimerId timer_ = 0;
  base::TimePoint due_;
  base::TimerId watch_timer_ = 0;
  // What a try before its time has saved: if that is refused as well, the next one waits longer by
  // it, whatever becomes of the file, so that there is one try every refused_backoff at most.
  base::Duration saved_{};
};

}  // namespace amqp_sidecar::amqp
