#include "amqp/link.h"

#include <algorithm>
#include <array>
#include <utility>

#include "amqp/link_journal.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr size_t kSlots = 64;
// What one turn of the loop writes at most, so that reading has its turn too.
constexpr size_t kBytesPerTurn = 1u << 20;

}  // namespace

class Link::Impl {
 public:
  Impl(base::Reactor& reactor, Dialer& dialer, base::Backoff::Random random, Options options,
       Link::Listener& listener)
      : reactor_(reactor),
        dialer_(dialer),
        options_(std::move(options)),
        listener_(listener),
        backoff_(options_.initial_backoff, options_.max_backoff, random),
        next_endpoint_(
            static_cast<size_t>(static_cast<double>(options_.endpoints.size()) * random()) %
            options_.endpoints.size()),
        journal_(options_.connection.connection_name) {}

  ~Impl() {
    reactor_.Cancel(retry_timer_);
    reactor_.Cancel(tick_timer_);
    reactor_.Cancel(stop_timer_);
  }

  void Start() { Dial(); }

  void Stop(base::TimePoint deadline, base::Task done) {
    stopped_ = std::move(done);
    reactor_.Cancel(std::exchange(retry_timer_, 0));
    const bool polite = up_ && !session_->connection->blocked();
    journal_.Closing();
    listener_.OnLinkStatus();
    if (!polite) return GiveUp("closed");
    stop_timer_ = reactor_.At(deadline, [this] {
      stop_timer_ = 0;
      GiveUp("the broker did not answer the goodbye in time");
    });
    session_->connection->Close(reactor_.Now());
    FlushSoon();
  }

  void FlushSoon() {
    if (flush_waits_ || session_ == nullptr) return;
    flush_waits_ = true;
    reactor_.Defer([this, alive = std::weak_ptr<char>(alive_)] {
      if (alive.expired()) return;
      flush_waits_ = false;
      Flush();
    });
  }

  Connection* connection() { return up_ ? session_->connection.get() : nullptr; }
  const Status& status() const { return journal_.status(); }

 private:
  // One pipe and the connection on it. When it is over it is let go of, and destroyed at the end of
  // the turn: both may be in the middle of calling it.
  struct Session final : Transport::Listener, Connection::Listener {
    explicit Session(Impl& impl) : link(&impl) {}

    void OnConnected() override {
      if (link != nullptr) link->OnConnected();
    }
    void OnBytes(std::string_view bytes) override {
      if (link != nullptr) link->OnBytes(bytes);
    }
    void OnWritable() override {
      if (link != nullptr) link->OnWritable();
    }
    void OnClosed(const std::string& why) override {
      if (link != nullptr) link->OnPipeClosed(why);
    }
    void OnReady(const ServerInfo& server) override {
      if (link != nullptr) link->OnReady(server);
    }
    void OnBlocked(std::string_view reason) override {
      if (link != nullptr) link->OnBlocked(reason);
    }
    void OnUnblocked() override {
      if (link != nullptr) link->OnUnblocked();
    }
    void OnPublishRoom() override {
      if (link != nullptr) link->listener_.OnPublishRoom();
    }
    void OnClosed(const Failure& failure) override {
      if (link != nullptr) link->OnConnectionClosed(failure);
    }

    Impl* link;  // null once it is over
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Connection> connection;  // null until the pipe is up
  };

  // --- Dialing.

  void Dial() {
    const Endpoint& endpoint = options_.endpoints[next_endpoint_];
    next_endpoint_ = (next_endpoint_ + 1) % options_.endpoints.size();
    deadline_ = reactor_.Now() + options_.connect_timeout;
    pipe_stalled_ = false;
    connection_options_ = options_.connection;
    connection_options_.user = endpoint.user;
    connection_options_.password = endpoint.password;
    connection_options_.vhost = endpoint.vhost;
    journal_.Dialing(endpoint);
    listener_.OnLinkStatus();
    session_ = std::make_unique<Session>(*this);
    session_->transport = dialer_.Dial(endpoint, deadline_, *session_);
  }

  void OnConnected() {
    // The login has what is left of the time.
    connection_options_.handshake_timeout = deadline_ - reactor_.Now();
    session_->connection = Connection::Create(connection_options_, *session_);
    session_->connection->Start(reactor_.Now());
    Flush();
  }

  void OnBytes(std::string_view bytes) {
    session_->connection->Receive(bytes, reactor_.Now());
    FlushSoon();
  }

  void OnWritable() {
    pipe_stalled_ = false;
    Flush();
  }

  void OnPipeClosed(const std::string& why) {
    if (session_->connection != nullptr) {
      session_->connection->PipeClosed(why);
    } else {
      Lost({Failure::Kind::kLinkLost, 0, why});
    }
  }

  // --- The connection.

  void OnReady(const ServerInfo& server) {
    up_ = true;
    ready_at_ = reactor_.Now();
    journal_.Ready(server);
    listener_.OnLinkStatus();
    listener_.OnLinkUp(*session_->connection, status().epoch);
    FlushSoon();
  }

  void OnBlocked(std::string_view reason) {
    journal_.Blocked(reason);
    listener_.OnLinkStatus();
    listener_.OnLinkBlocked(reason);
    // A broker that does not read does not answer a goodbye either.
    if (journal_.state() == LinkState::kClosing) GiveUp("closed");
  }

  void OnUnblocked() {
    journal_.Unblocked();
    listener_.OnLinkStatus();
    listener_.OnLinkUnblocked();
  }

  void OnConnectionClosed(const Failure& failure) {
    // What is left, a close-ok, goes out if the pipe takes it.
    std::array<iovec, kSlots> slots;
    if (session_->connection->HasOutput()) {
      session_->transport->Write(std::span(slots).first(session_->connection->Gather(slots)));
    }
    Lost(failure);
  }

  // --- Writing and time.

  bool HasOutput() const {
    return session_ != nullptr && session_->connection != nullptr &&
           session_->connection->HasOutput();
  }

  void Flush() {
    size_t budget = kBytesPerTurn;
    while (HasOutput() && !pipe_stalled_) {
      if (budget == 0) {
        FlushSoon();
        break;
      }
      std::array<iovec, kSlots> slots;
      const std::span<const iovec> filled =
          std::span(slots).first(session_->connection->Gather(slots));
      size_t given = 0;
      for (const iovec& slot : filled) given += slot.iov_len;
      const size_t taken = session_->transport->Write(filled);
      pipe_stalled_ = taken < given;
      budget -= std::min(budget, taken);
      session_->connection->MarkWritten(taken, reactor_.Now());
    }
    ArmTimer();
  }

  // The timer is left where it is when it falls due too early: it is set again then.
  void ArmTimer() {
    if (session_ == nullptr || session_->connection == nullptr) return;
    base::TimePoint due = session_->connection->NextDeadline();
    if (due == base::kNever) return;
    due = std::max(due, reactor_.Now());
    if (tick_timer_ != 0 && tick_at_ <= due) return;
    reactor_.Cancel(tick_timer_);
    tick_at_ = due;
    tick_timer_ = reactor_.At(due, [this] {
      tick_timer_ = 0;
      Connection& connection = *session_->connection;
      if (reactor_.Now() >= connection.NextDeadline()) connection.OnTick(reactor_.Now());
      Flush();
    });
  }

  // --- The end of a connection, or of a try.

  void GiveUp(const char* why) {
    if (up_) {
      closed_here_ = true;
      session_->connection->PipeClosed(why);
    } else {
      Lost({Failure::Kind::kClosedHere, 0, why});
    }
  }

  void Lost(Failure failure) {
    if (std::exchange(closed_here_, false)) failure.kind = Failure::Kind::kClosedHere;
    const bool was_up = std::exchange(up_, false);
    LetGo();
    reactor_.Cancel(std::exchange(tick_timer_, 0));
    reactor_.Cancel(std::exchange(stop_timer_, 0));
    const bool stopping = journal_.state() == LinkState::kClosing;
    if (stopping) {
      journal_.Closed();
    } else {
      RetryLater(failure, was_up);
    }
    listener_.OnLinkStatus();
    if (was_up) listener_.OnLinkDown(failure);
    if (stopping && stopped_) {
      reactor_.Defer(std::exchange(stopped_, nullptr));
    }
  }

  void LetGo() {
    if (session_ == nullptr) return;
    session_->link = nullptr;
    over_.push_back(std::move(session_));
    reactor_.Defer([this, alive = std::weak_ptr<char>(alive_)] {
      if (!alive.expired()) over_.clear();
    });
  }

  void RetryLater(const Failure& failure, bool was_up) {
    // A link that is lost again at once does not begin anew: it would be tried without a pause.
    if (was_up && reactor_.Now() - ready_at_ >= options_.max_backoff) backoff_.Reset();
    base::Duration delay = backoff_.Next();
    const bool refused = !was_up && failure.kind == Failure::Kind::kClosedByBroker &&
                         (failure.code == kReplyAccessRefused || failure.code == kReplyNotAllowed);
    if (refused) delay = std::max(delay, options_.refused_backoff);
    journal_.Lost(failure, was_up, delay);
    retry_timer_ = reactor_.After(delay, [this] {
      retry_timer_ = 0;
      Dial();
    });
  }

  // Constant after construction.
  base::Reactor& reactor_;
  Dialer& dialer_;
  const Options options_;
  Link::Listener& listener_;

  // Owned by the io thread.
  base::Backoff backoff_;
  size_t next_endpoint_;
  LinkJournal journal_;

  Connection::Options connection_options_;
  base::TimePoint deadline_;
  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<Session>> over_;
  bool up_ = false;
  base::TimePoint ready_at_;
  bool pipe_stalled_ = false;
  bool flush_waits_ = false;

  base::TimerId retry_timer_ = 0;
  base::TimerId tick_timer_ = 0;
  base::TimePoint tick_at_;
  base::TimerId stop_timer_ = 0;
  base::Task stopped_;
  bool closed_here_ = false;

  const std::shared_ptr<char> alive_ = std::make_shared<char>();
};

Link::Link(base::Reactor& reactor, Dialer& dialer, base::Backoff::Random random, Options options,
           Listener& listener)
    : impl_(std::make_unique<Impl>(reactor, dialer, std::move(random), std::move(options),
                                   listener)) {}

Link::~Link() = default;

void Link::Start() { impl_->Start(); }

void Link::Stop(base::TimePoint deadline, base::Task done) {
  impl_->Stop(deadline, std::move(done));
}

void Link::FlushSoon() { impl_->FlushSoon(); }

Connection* Link::connection() { return impl_->connection(); }

const Connection* Link::connection() const { return impl_->connection(); }

const Link::Status& Link::status() const { return impl_->status(); }

}  // namespace amqp_sidecar::amqp
