// bench: this stub beside stock rabbitmq-c, one piece of work at a time: tests/stubs/bench.py.
//   client_cpp_bench publish|consume direct|stub --queue Q --messages N --body BYTES --window W
//   --amqp URI
// Prints one line of JSON: messages, seconds, and the CPU seconds of this process.
#include "bench/direct_feed.h"
#include "bench/direct_publisher.h"

#include <amqp_sidecar/client.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <future>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace amqp_sidecar::bench {
namespace {

struct Task {
  std::string queue;
  std::string body;
  std::size_t messages = 0;
  std::size_t window = 0;
  std::string amqp;
};

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Times `work`, and prints the line.
template <typename Run>
void Measure(std::size_t messages, Run work) {
  const double cpu = CpuSeconds();
  const auto began = Clock::now();
  work();
  const Seconds took = Clock::now() - began;
  std::printf("{\"messages\": %zu, \"seconds\": %.6f, \"cpu_seconds\": %.6f}\n", messages,
              took.count(), CpuSeconds() - cpu);
}

void PublishDirectly(const Task& task) {
  DirectPublisher publisher(task.amqp);
  Work work{.queue = task.queue, .body = task.body, .window = task.window};
  work.messages = task.messages / 10;
  publisher.Publish(work);
  work.messages = task.messages;
  Measure(task.messages, [&] { publisher.Publish(work); });
}

void PublishByStub(const Task& task) {
  Client client;
  amqp_sidecar::Publisher publisher = client.NewPublisher({.max_in_flight = task.window});
  const auto publish = [&](std::size_t count) {
    std::vector<std::future<PublishResult>> results;
    results.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      results.push_back(publisher.Publish("", task.queue, task.body));
    }
    for (auto& result : results) result.get();
  };
  publish(task.messages / 10);
  Measure(task.messages, [&] { publish(task.messages); });
}

void Check(const std::string& body, const Task& task) {
  if (body.size() != task.body.size()) throw std::runtime_error("a body of another length");
}

void ConsumeDirectly(const Task& task) {
  DirectFeed feed(task.amqp);
  Measure(task.messages, [&] {
    feed.Open(task.queue);
    for (std::size_t i = 0; i < task.messages; ++i) {
      const DirectFeed::Delivery delivery = feed.Next();
      if (delivery.body_bytes != task.body.size()) throw std::runtime_error("another length");
      feed.Ack(delivery.tag);
    }
    feed.Cancel();
  });
  feed.Close();
}

void ConsumeByStub(const Task& task) {
  Client client;
  client.GetQueue(task.queue);  // connects, as the direct one has
  Measure(task.messages, [&] {
    std::size_t left = task.messages;
    std::promise<void> all;
    Subscription subscription =
        client.Subscribe(task.queue,
                         [&](const Delivery& delivery) {
                           Check(delivery.body(), task);
                           if (--left == 0) all.set_value();
                         },
                         {.prefetch = 256, .on_event = [](const Event&) {}});
    all.get_future().wait();
    subscription.Stop();
  });
}

int Main(const std::vector<std::string>& arguments) {
  std::map<std::string, std::string> options;
  for (std::size_t i = 2; i + 1 < arguments.size(); i += 2)
    options[arguments[i]] = arguments[i + 1];
  Task task;
  task.queue = options.at("--queue");
  task.messages = std::stoul(options.at("--messages"));
  task.body = "\"" + std::string(std::stoul(options.at("--body")) - 2, 'x') + "\"";
  task.window = std::stoul(options.at("--window"));
  task.amqp = options.at("--amqp");
  const std::map<std::string, void (*)(const Task&)> pieces = {
      {"publish direct", PublishDirectly},
      {"publish stub", PublishByStub},
      {"consume direct", ConsumeDirectly},
      {"consume stub", ConsumeByStub},
  };
  pieces.at(arguments.at(0) + " " + arguments.at(1))(task);
  return 0;
}

}  // namespace
}  // namespace amqp_sidecar::bench

int main(int argc, char** argv) {
  try {
    return amqp_sidecar::bench::Main({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
}
