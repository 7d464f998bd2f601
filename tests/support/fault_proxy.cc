#include "support/fault_proxy.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "support/net.h"

namespace amqp_sidecar::test {
namespace {

using Clock = FaultPipe::Clock;

sockaddr_in Address(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    throw std::runtime_error("not an IPv4 address: " + host);
  }
  return address;
}

void NoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void Wake(int fd) { eventfd_write(fd, 1); }

// A thread in poll holds on to what another closes: without the shutdown, or the disconnect, which
// resets, the peer is not told, and the port not free, until poll returns.
void EndSocket(int fd, Ending ending) {
  if (ending == Ending::kReset) {
    const linger at_once{1, 0};
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    sockaddr nobody{};
    nobody.sa_family = AF_UNSPEC;
    connect(fd, &nobody, sizeof nobody);
  } else {
    shutdown(fd, SHUT_RDWR);
  }
  close(fd);
}

// A socket filter that keeps nothing: a packet is gone before TCP acknowledges it.
void DropArriving(int fd, bool drop) {
  sock_filter keep_nothing[] = {{BPF_RET | BPF_K, 0, 0, 0}};
  const sock_fprog program{1, keep_nothing};
  if (drop) {
    if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0) {
      throw std::runtime_error("the kernel takes no socket filter");
    }
  } else {
    const int ignored = 0;
    setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &ignored, sizeof ignored);
  }
}

}  // namespace

struct FaultProxy::Polled {
  std::vector<pollfd> fds;
  int timeout_ms = 1000;
};

FaultProxy::FaultProxy(uint16_t target, const Options& options)
    : target_(target),
      options_(options),
      port_(options.port != 0 ? options.port : FreePort()),
      random_(options.seed) {
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  Listen();
  thread_ = std::thread([this] { Loop(); });
}

FaultProxy::~FaultProxy() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  Wake(wake_);
  thread_.join();
  EndAll(Ending::kClose);
  if (listener_ >= 0) close(listener_);
  close(wake_);
}

std::string FaultProxy::uri() const {
  return "amqp://guest:guest@" + options_.address + ":" + std::to_string(port_) + "/";
}

void FaultProxy::Set(Way way, const Faults& faults) {
  const std::lock_guard lock(mutex_);
  faults_[static_cast<size_t>(way)] = faults;
  Wake(wake_);
}

void FaultProxy::SetBoth(const Faults& faults) {
  Set(Way::kToBroker, faults);
  Set(Way::kToClient, faults);
}

void FaultProxy::End(Ending ending) {
  const std::lock_guard lock(mutex_);
  EndAll(ending);
  Wake(wake_);
}

void FaultProxy::PlanCuts(const std::vector<Cut>& cuts) {
  const std::lock_guard lock(mutex_);
  cuts_.insert(cuts_.end(), cuts.begin(), cuts.end());
}

size_t FaultProxy::cuts_left() const {
  const std::lock_guard lock(mutex_);
  return cuts_.size();
}

void FaultProxy::TakeAway() {
  const std::lock_guard lock(mutex_);
  if (listener_ >= 0) EndSocket(listener_, Ending::kClose);
  listener_ = -1;
  EndAll(Ending::kClose);
  Wake(wake_);
}

void FaultProxy::DropPackets() {
  const std::lock_guard lock(mutex_);
  dropping_ = true;
  if (listener_ >= 0) DropArriving(listener_, true);
  for (const Link& link : links_) DropArriving(link.client, true);
  Wake(wake_);
}

void FaultProxy::Restore() {
  const std::lock_guard lock(mutex_);
  faults_ = {};
  if (dropping_) {
    dropping_ = false;
    if (listener_ >= 0) DropArriving(listener_, false);
    for (const Link& link : links_) DropArriving(link.client, false);
  }
  if (listener_ < 0) Listen();
  Wake(wake_);
}

int FaultProxy::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

size_t FaultProxy::open() const {
  const std::lock_guard lock(mutex_);
  return links_.size();
}

void FaultProxy::Listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int on = 1;
  setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = Address(options_.address, port_);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      listen(listener_, 16) != 0) {
    throw std::runtime_error("the proxy cannot listen on " + options_.address + ":" +
                             std::to_string(port_));
  }
}

void FaultProxy::EndAll(Ending ending) {
  for (const Link& link : links_) {
    EndSocket(link.client, ending);
    EndSocket(link.broker, ending);
  }
  links_.clear();
}

// The connection to a broker that is not there fails at once on loopback, and so does the client's.
void FaultProxy::Accept() {
  const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (client < 0) return;
  const int broker = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Address("127.0.0.1", target_);
  if (connect(broker, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    EndSocket(client, Ending::kReset);
    close(broker);
    return;
  }
  NoDelay(client);
  NoDelay(broker);
  ++accepted_;
  Link& link = links_.emplace_back(client, broker);
  if (cuts_.empty()) return;
  FaultPipe& pipe = cuts_.front().way == Way::kToBroker ? link.to_broker : link.to_client;
  pipe.CutAfter(cuts_.front().after);
  link.ending = cuts_.front().ending;
  cuts_.pop_front();
}

// A socket of which nothing is wanted is left out: poll would tell of its end without an end.
FaultProxy::Polled FaultProxy::WhatToPoll() const {
  Polled polled;
  polled.fds.push_back({wake_, POLLIN, 0});
  if (listener_ >= 0) polled.fds.push_back({listener_, POLLIN, 0});
  if (dropping_) return polled;
  const Faults& out = faults(Way::kToBroker);
  const Faults& in = faults(Way::kToClient);
  const auto now = Clock::now();
  const auto add = [&](int fd, bool read, bool write) {
    const int events = (read ? POLLIN : 0) | (write ? POLLOUT : 0);
    if (events != 0) polled.fds.push_back({fd, static_cast<short>(events), 0});
  };
  const auto wait_for = [&](const FaultPipe& pipe, const Faults& faults) {
    const auto due = pipe.NextDue();
    if (!due || *due <= now || faults.hole != Hole::kNone) return;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*due - now).count();
    polled.timeout_ms = std::min(polled.timeout_ms, static_cast<int>(left));
  };
  for (const Link& link : links_) {
    add(link.client, link.to_broker.WantsToRead(out), link.to_client.WantsToWrite(in, now));
    add(link.broker, link.to_client.WantsToRead(in), link.to_broker.WantsToWrite(out, now));
    wait_for(link.to_broker, out);
    wait_for(link.to_client, in);
  }
  return polled;
}

// False when it is over.
bool FaultProxy::Pump(Link& link) {
  const auto now = Clock::now();
  const auto one = link.to_broker.Pump(faults(Way::kToBroker), random_, now);
  const auto other = link.to_client.Pump(faults(Way::kToClient), random_, now);
  if (one == FaultPipe::State::kFlowing && other == FaultPipe::State::kFlowing) return true;
  const bool cut = one == FaultPipe::State::kCut || other == FaultPipe::State::kCut;
  EndSocket(link.client, cut ? link.ending : Ending::kClose);
  EndSocket(link.broker, cut ? link.ending : Ending::kClose);
  return false;
}

// The lock is held but while polling, so that a fault is in force when the call that set it
// returns.
void FaultProxy::Loop() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    Polled polled = WhatToPoll();
    lock.unlock();
    poll(polled.fds.data(), polled.fds.size(), polled.timeout_ms);
    lock.lock();
    eventfd_t ignored;
    eventfd_read(wake_, &ignored);
    if (listener_ >= 0) Accept();
    if (dropping_) continue;
    links_.remove_if([this](Link& link) { return !Pump(link); });
  }
}

}  // namespace amqp_sidecar::test
