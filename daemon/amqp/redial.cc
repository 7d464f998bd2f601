#include "amqp/redial.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"

namespace amqp_sidecar::amqp {
namespace {

// How often a refused password is looked at again.
constexpr base::Duration kWatchEvery = std::chrono::milliseconds(500);

}  // namespace

Redial::Redial(base::Reactor& reactor, const Link::Options& options, base::Backoff::Random random,
               std::function<void()> dial)
    : reactor_(reactor),
      options_(options),
      dial_(std::move(dial)),
      backoff_(options.initial_backoff, options.max_backoff, random),
      next_(static_cast<size_t>(static_cast<double>(options.endpoints.size()) * random()) %
            options.endpoints.size()),
      password_(options.endpoints.front().password) {}

Endpoint Redial::Next() {
  Endpoint endpoint = options_.endpoints[next_];
  next_ = (next_ + 1) % options_.endpoints.size();
  if (!options_.read_password) return endpoint;
  const absl::StatusOr<std::string> read = options_.read_password();
  // With the one from before, where the file is being replaced: the broker may take it.
  if (read.ok()) password_ = *read;
  unread_reason_ = std::string(read.status().message());
  endpoint.password = password_;
  return endpoint;
}

base::Duration Redial::Later(const End& end) {
  // A link that is lost again at once does not begin anew: it would be tried without a pause.
  if (end.was_up && end.lasted >= options_.max_backoff) backoff_.Reset();
  base::Duration delay = backoff_.Next();
  const bool closed = !end.was_up && end.failure.kind == Failure::Kind::kClosedByBroker;
  const bool no_login = closed && end.failure.code == kReplyAccessRefused;
  const bool no_vhost = closed && end.failure.code == kReplyNotAllowed;
  // Twice before its time would be a try for every change of the file.
  const bool may_be_early = saved_ == base::Duration::zero();
  if (no_login || no_vhost) {
    delay = std::max(delay, options_.refused_backoff + std::exchange(saved_, {}));
    end.failure.text =
        base::Concat(no_login ? "login refused: " : "virtual host refused: ", end.failure.text);
    if (!unread_reason_.empty()) {
      end.failure.text += base::Concat("; amqp.password_file: ", unread_reason_);
    }
  }
  due_ = reactor_.Now() + delay;
  timer_ = reactor_.At(due_, [this] {
    timer_ = 0;
    DialNow();
  });
  if (no_login && may_be_early && options_.read_password) WatchPassword();
  return delay;
}

void Redial::WatchPassword() {
  watch_timer_ = reactor_.After(kWatchEvery, [this] {
    watch_timer_ = 0;
    const absl::StatusOr<std::string> read = options_.read_password();
    if (!read.ok() || *read == password_) return WatchPassword();
    saved_ = due_ - reactor_.Now();
    DialNow();
  });
}

void Redial::DialNow() {
  Cancel();
  dial_();
}

void Redial::Cancel() {
  reactor_.Cancel(std::exchange(timer_, 0));
  reactor_.Cancel(std::exchange(watch_timer_, 0));
}

}  // namespace amqp_sidecar::amqp
