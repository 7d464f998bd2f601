// TcpSocket: a TCP connection to a host: its name resolved, all its addresses tried in turn, then
// the descriptor, watched by the loop. io thread. Knows nothing of what the bytes mean: the
// transports on it do.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "amqp/address_memory.h"
#include "amqp/resolver.h"
#include "amqp/user_timeout.h"
#include "base/event_loop.h"
#include "base/unique_fd.h"

namespace amqp_sidecar::amqp {

// What is read at once, and how often in one turn of the loop: writing is to have its turn too.
inline constexpr size_t kSocketReadBytes = 64u << 10;
inline constexpr int kSocketReadsPerTurn = 4;

class TcpSocket {
 public:
  // Never called from within a call on the socket.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual void OnSocketConnected() = 0;
    // It did not connect. The last call.
    virtual void OnSocketFailed(const std::string& why) = 0;
    // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, as epoll has them. Only of a connected socket.
    virtual void OnSocketReady(uint32_t events) = 0;
  };

  // What sockets are made with. Nothing is owned, and all of it outlives them.
  struct Network {
    base::EventLoop& loop;
    Resolver& resolver;
    AddressMemory& memory;
  };
  // `owner` is not owned and outlives the socket.
  TcpSocket(const Network& network, Owner& owner);
  // Closes it; the owner is not called any more.
  ~TcpSocket();

  // Once. A `deadline` that passes is a failure.
  void Connect(const std::string& host, uint16_t port, base::TimePoint deadline);

  // Of a read or a write: how many bytes, 0 where there are none, or no room, for now; an error.
  struct Result {
    size_t bytes = 0;
    int error = 0;     // errno's, else 0
    bool end = false;  // of a read: the other side says no more
  };
  Result Send(std::span<const iovec> slots);
  Result Receive(std::span<char> buffer);

  // The events that the owner is to be told of, besides EPOLLERR and EPOLLHUP.
  void Watch(uint32_t events);
  void Close();

  bool connected() const { return connected_; }
  // The address that answered, such as 10.0.0.7.
  const std::string& peer() const { return peer_; }
  UserTimeout& user_timeout() { return user_timeout_; }

 private:
  void TryNextAddress();
  // Whether the attempt is under way.
  bool Open(const SocketAddress& address);
  void AddressFailed(const std::string& why);
  void OnConnectDone();
  void Fail(const std::string& why);
  void StopTimers();

  // Constant after construction.
  base::EventLoop& loop_;
  Resolver& resolver_;
  AddressMemory& memory_;
  Owner& owner_;

  // Owned by the io thread.
  std::string host_;
  base::TimePoint deadline_;
  base::TimerId timer_ = 0;        // the deadline
  base::TimerId share_timer_ = 0;  // of one address
  Resolver::Request request_ = 0;
  std::vector<SocketAddress> addresses_;
  size_t next_address_ = 0;
  std::vector<std::string> failures_;  // of the addresses tried
  base::UniqueFd fd_;
  std::string peer_;  // what it is, or is to be, connected to
  uint32_t watched_for_ = 0;
  bool connected_ = false;
  UserTimeout user_timeout_{loop_};
};

}  // namespace amqp_sidecar::amqp
