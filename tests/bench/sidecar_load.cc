#include "bench/sidecar_load.h"

#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <vector>

namespace amqp_sidecar::bench {
namespace {

test::SidecarOptions Options(const std::string& uri) {
  test::SidecarOptions options;
  options.uri = uri;
  return options;
}

// Acks what is added, until `count` are acked.
class Acker {
 public:
  Acker(test::Client& client, size_t count)
      : client_(client), count_(count), thread_([this] { Run(); }) {}

  void Add(const std::string& id) {
    const std::lock_guard lock(mutex_);
    ids_.push_back(id);
    more_.notify_one();
  }

  void Join() {
    thread_.join();
    if (!failure_.empty()) throw std::runtime_error(failure_);
  }

 private:
  void Run() {
    while (count_ > 0 && failure_.empty()) {
      std::vector<std::string> ids;
      {
        std::unique_lock lock(mutex_);
        if (!more_.wait_for(lock, std::chrono::seconds(30), [&] { return !ids_.empty(); })) {
          failure_ = "no delivery for 30 s";
          return;
        }
        ids.swap(ids_);
      }
      try {
        if (!client_.Ack(ids).empty()) failure_ = "an ack did not count";
      } catch (const std::exception& error) {
        failure_ = error.what();
      }
      count_ -= ids.size();
    }
  }

  test::Client& client_;
  size_t count_;
  std::string failure_;
  std::mutex mutex_;
  std::condition_variable more_;
  std::vector<std::string> ids_;
  std::thread thread_;
};

}  // namespace

SidecarLoad::SidecarLoad(const std::string& uri)
    : sidecar_(Options(uri)), client_(sidecar_.target()) {
  sidecar_.WaitReady();
}

Seconds SidecarLoad::Publish(const Load& load) {
  const std::vector<test::pb::PublishRequest> requests(
      load.messages, test::JsonMessage("", load.queue, load.body));
  std::vector<test::Outcome> outcomes;
  const Seconds took = Timed(
      [&] { outcomes = client_.PublishAll(requests, load.in_flight, std::chrono::seconds(30)); });
  for (const test::Outcome& outcome : outcomes) {
    if (!outcome.ok()) throw std::runtime_error("publish: " + outcome.text);
  }
  return took;
}

Seconds SidecarLoad::Consume(const Load& load) {
  return Timed([&] {
    test::pb::SubscribeRequest request;
    request.set_queue(load.queue);
    request.set_prefetch(static_cast<uint32_t>(load.in_flight));
    grpc::ClientContext context;
    test::SetDeadline(context, std::chrono::minutes(2));
    const auto reader = client_.subscriber().Subscribe(&context, request);
    Acker acker(client_, load.messages);
    test::pb::SubscribeResponse response;
    size_t count = 0;
    while (count < load.messages && reader->Read(&response)) {
      for (const auto& delivery : response.deliveries()) acker.Add(delivery.delivery_id());
      count += static_cast<size_t>(response.deliveries_size());
    }
    acker.Join();
    context.TryCancel();
    reader->Finish();
  });
}

}  // namespace amqp_sidecar::bench
