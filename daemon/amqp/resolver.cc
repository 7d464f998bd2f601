#include "amqp/resolver.h"

#include <netdb.h>

#include <cstring>
#include <deque>
#include <map>
#include <system_error>
#include <thread>
#include <utility>

#include "base/mutex.h"

namespace amqp_sidecar::amqp {
namespace {

constexpr size_t kMaxWaiting = 16;

struct Question {
  Resolver::Request request;
  std::string host;
  std::string port;
};

// Waits, unless `numeric`.
std::string AskFor(const char* host, const std::string& port, bool numeric,
                   std::vector<SocketAddress>& addresses) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = numeric ? AI_NUMERICHOST : 0;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host, port.c_str(), &hints, &found);
  if (error != 0) return std::string("the host name cannot be resolved: ") + ::gai_strerror(error);
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    SocketAddress address;
    if (one->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, one->ai_addr, one->ai_addrlen);
    address.length = one->ai_addrlen;
    addresses.push_back(address);
  }
  ::freeaddrinfo(found);
  return addresses.empty() ? "the host name has no address" : "";
}

// RFC 6761 §6.3: localhost is the loopback, and nobody is to be asked. A minimal container has no
// /etc/hosts that says so.
std::string Ask(const Question& question, std::vector<SocketAddress>& addresses) {
  if (question.host != "localhost") {
    return AskFor(question.host.c_str(), question.port, /*numeric=*/false, addresses);
  }
  for (const char* loopback : {"127.0.0.1", "::1"}) {
    std::string error = AskFor(loopback, question.port, /*numeric=*/true, addresses);
    if (!error.empty()) return error;
  }
  return "";
}

}  // namespace

// What the thread and the resolver share; the last of the two to go destroys it.
struct Resolver::Shared {
  // Owned by the io thread.
  Resolver* resolver = nullptr;  // null once it is gone
  std::map<Request, Callback> callbacks;

  base::Mutex mutex;
  base::EventLoop* loop ABSL_GUARDED_BY(mutex) = nullptr;  // null once the resolver is gone
  std::deque<Question> waiting ABSL_GUARDED_BY(mutex);
  bool running ABSL_GUARDED_BY(mutex) = false;

  static void Run(const std::shared_ptr<Shared>& shared) {
    while (true) {
      Question question;
      {
        base::MutexLock lock(&shared->mutex);
        if (shared->loop == nullptr || shared->waiting.empty()) {
          shared->running = false;
          return;
        }
        question = std::move(shared->waiting.front());
        shared->waiting.pop_front();
      }
      std::vector<SocketAddress> addresses;
      std::string error = Ask(question, addresses);
      base::MutexLock lock(&shared->mutex);
      if (shared->loop == nullptr) continue;
      // A full loop drops the answer: whoever waits for it has a deadline.
      (void)shared->loop->Post(
          [shared, request = question.request, addresses = std::move(addresses),
           error = std::move(error)] {
            if (shared->resolver != nullptr) {
              shared->resolver->OnAnswer(request, addresses, error);
            }
          },
          0);
    }
  }
};

Resolver::Resolver(base::EventLoop& loop) : shared_(std::make_shared<Shared>()) {
  shared_->resolver = this;
  base::MutexLock lock(&shared_->mutex);
  shared_->loop = &loop;
}

Resolver::~Resolver() {
  shared_->resolver = nullptr;
  shared_->callbacks.clear();
  base::MutexLock lock(&shared_->mutex);
  shared_->loop = nullptr;
  shared_->waiting.clear();
}

Resolver::Request Resolver::Resolve(const std::string& host, uint16_t port, Callback done) {
  const Request request = next_++;
  base::MutexLock lock(&shared_->mutex);
  if (shared_->waiting.size() >= kMaxWaiting) return 0;
  if (!shared_->running) {
    try {
      std::thread([shared = shared_] { Shared::Run(shared); }).detach();
    } catch (const std::system_error&) {
      return 0;
    }
    shared_->running = true;
  }
  shared_->waiting.push_back({request, host, std::to_string(port)});
  shared_->callbacks.emplace(request, std::move(done));
  return request;
}

void Resolver::Cancel(Request request) {
  shared_->callbacks.erase(request);
  base::MutexLock lock(&shared_->mutex);
  std::erase_if(shared_->waiting, [&](const Question& q) { return q.request == request; });
}

void Resolver::OnAnswer(Request request, std::vector<SocketAddress> addresses,
                        const std::string& error) {
  auto found = shared_->callbacks.extract(request);
  if (!found.empty()) found.mapped()(std::move(addresses), error);
}

}  // namespace amqp_sidecar::amqp
