#include "amqp_sidecar/client.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "amqp_sidecar/v1/publisher.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "backoff.h"
#include "channel.h"
#include "client_impl.h"
#include "failure.h"
#include "outgoing.h"
#include "publisher_impl.h"
#include "subscription_impl.h"
#include "unary_call.h"

namespace amqp_sidecar {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

ErrorFields Cancelled(Persisted persisted, const std::string& message_id) {
  ErrorFields failure;
  failure.code = Code::kCancelled;
  failure.detail = "the caller ended the wait";
  failure.persisted = persisted;
  failure.message_id = message_id;
  return failure;
}

// Whether it slept for all of it.
bool Sleep(milliseconds span, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, span, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

Client::Client(std::string_view address, ClientOptions options)
    : Client(NewChannel(TargetOf(address), options.credentials), options) {}

Client::Client(std::shared_ptr<grpc::Channel> channel, ClientOptions options)
    : impl_(std::make_unique<Impl>(std::move(channel), std::move(options.trace))) {}

Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

PublishResult Client::Publish(std::string_view exchange, std::string_view routing_key, Body body,
                              const PublishOptions& options) {
  const Clock::time_point deadline = Clock::now() + options.timeout;
  v1::PublishRequest request;
  MakeMessage(exchange, routing_key, std::move(body), options.properties, impl_->trace,
              *request.mutable_message());
  request.set_allow_unroutable(options.allow_unroutable);
  const std::string& message_id = request.message().properties().message_id();

  std::optional<ErrorFields> answer;  // the sidecar's last
  for (int tries = 0;; ++tries) {
    if (options.stop.stop_requested()) throw Error(Cancelled(Persisted::kNo, message_id));
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    UnaryCall call(std::max(left, milliseconds(1)), options.stop);
    v1::PublishResponse response;
    const grpc::Status status = impl_->publisher->Publish(call.context(), request, &response);
    if (status.ok()) return {response.message_id(), response.routed()};
    ErrorFields failure = PublishFailureOf(status, message_id);
    if (failure.reason == reason::kSidecarUnavailable) {
      if (options.stop.stop_requested()) throw Error(Cancelled(Persisted::kUnknown, message_id));
      // The sidecar said why it did not take it; what became of the last try nobody knows.
      if (answer) {
        answer->persisted = Persisted::kUnknown;
        answer->detail += "; the next try had no answer: " + failure.detail;
        failure = AsPublish(*answer);
      }
      throw Error(failure);
    }
    if (!MayTryAgain(failure)) throw Error(failure);
    const milliseconds pause = PublishBackoff(tries);
    if (Clock::now() + pause + kLeastTry > deadline) throw Error(failure);
    if (!Sleep(pause, options.stop)) throw Error(Cancelled(Persisted::kNo, message_id));
    answer = std::move(failure);
  }
}

Publisher Client::NewPublisher(const PublisherOptions& options) {
  return Publisher(std::make_unique<Publisher::Impl>(impl_->channel, impl_->trace, options));
}

Subscription Client::Subscribe(const std::string& queue, Handler handler,
                               SubscribeOptions options) {
  return Subscription(std::make_unique<Subscription::Impl>(impl_->channel, impl_->trace, queue,
                                                           std::move(handler), std::move(options)));
}

}  // namespace amqp_sidecar
