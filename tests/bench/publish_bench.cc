// publish_bench: what the sidecar costs. Publishes with confirms and consumes with acks, directly
// by rabbitmq-c's stock calls and through the sidecar, in alternating rounds of one run; prints
// medians, spread and ratio as a Markdown table.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <vector>

#include "bench/sidecar_load.h"
#include "bench/stock_load.h"
#include "support/rabbitmq_node.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::bench {
namespace {

struct Options {
  int rounds = 5;
  size_t messages = 10000;
};

struct Case {
  bool publish = true;
  size_t body_bytes = 0;
  int in_flight = 1;
  size_t messages = 0;
  std::vector<double> direct;  // messages a second, one a round
  std::vector<double> sidecar;
  double sidecar_cpu_seconds = 0;
  size_t sidecar_messages = 0;
};

std::vector<Case> Cases(const Options& options) {
  std::vector<Case> cases;
  for (const size_t bytes : {size_t{256}, size_t{1024}}) {
    // One at a time waits for the broker's disk each time: a tenth of the messages will do.
    cases.push_back({true, bytes, 1, std::max<size_t>(options.messages / 10, 1), {}, {}});
    for (const int in_flight : {16, 64}) {
      cases.push_back({true, bytes, in_flight, options.messages, {}, {}});
    }
    cases.push_back({false, bytes, 64, options.messages, {}, {}});
  }
  return cases;
}

std::string Body(size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; }

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

// One round of one case; which of the two paths goes first alternates.
void Measure(Case& a_case, const std::string& queue, StockLoad& stock, SidecarLoad& sidecar,
             bool sidecar_first, bool counts) {
  const Load load{queue, Body(a_case.body_bytes), a_case.messages, a_case.in_flight};
  for (const bool through_sidecar : {sidecar_first, !sidecar_first}) {
    stock.DeclareQueue(queue);
    if (!a_case.publish) stock.Fill(load);
    const auto cpu_before = sidecar.ProcessorTime();
    Seconds took{};
    if (through_sidecar) {
      took = a_case.publish ? sidecar.Publish(load) : sidecar.Consume(load);
    } else {
      took = a_case.publish ? stock.Publish(load) : stock.Consume(load);
    }
    const Seconds cpu = sidecar.ProcessorTime() - cpu_before;
    stock.DeleteQueue(queue);
    if (!counts) continue;
    const double rate = static_cast<double>(load.messages) / took.count();
    (through_sidecar ? a_case.sidecar : a_case.direct).push_back(rate);
    if (!through_sidecar) continue;
    a_case.sidecar_cpu_seconds += cpu.count();
    a_case.sidecar_messages += load.messages;
  }
}

std::string Rate(const std::vector<double>& rates) {
  const auto [low, high] = std::minmax_element(rates.begin(), rates.end());
  char text[96];
  std::snprintf(text, sizeof text, "%.0f (%.0f–%.0f)", Median(rates), *low, *high);
  return text;
}

void Print(const std::vector<Case>& cases, const Options& options) {
  std::printf("%d rounds; messages a second: median (lowest–highest)\n\n", options.rounds);
  std::printf(
      "| work | body | in flight | messages | rabbitmq-c directly | through the sidecar | "
      "ratio | sidecar CPU a message |\n|---|---|---|---|---|---|---|---|\n");
  for (const Case& a_case : cases) {
    std::printf("| %s | %zu B | %d | %zu | %s | %s | %.2f | %.0f µs |\n",
                a_case.publish ? "publish, confirmed" : "consume, acked", a_case.body_bytes,
                a_case.in_flight, a_case.messages, Rate(a_case.direct).c_str(),
                Rate(a_case.sidecar).c_str(), Median(a_case.sidecar) / Median(a_case.direct),
                a_case.sidecar_cpu_seconds * 1e6 / static_cast<double>(a_case.sidecar_messages));
  }
}

// The node of a run that AMQP_URI gives none: gone with the object.
class OwnNode {
 public:
  OwnNode() : node_(test::RabbitmqNode::Start(dir_.File("rabbitmq"))) {}
  ~OwnNode() {
    try {
      node_.Stop();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "publish_bench: %s\n", error.what());
    }
  }
  OwnNode(const OwnNode&) = delete;
  OwnNode& operator=(const OwnNode&) = delete;
  std::string uri() const { return node_.uri(); }

 private:
  test::TempDir dir_;
  test::RabbitmqNode node_;
};

void Run(const Options& options) {
  std::optional<OwnNode> node;
  const char* given = std::getenv("AMQP_URI");
  const std::string uri = given != nullptr ? given : node.emplace().uri();
  StockLoad stock(uri);
  SidecarLoad sidecar(uri);
  std::vector<Case> cases = Cases(options);
  for (int round = 0; round <= options.rounds; ++round) {
    // The first round warms up and does not count.
    std::fprintf(stderr, "round %d of %d\n", round, options.rounds);
    for (Case& a_case : cases) {
      Measure(a_case, "sidecar-bench", stock, sidecar, round % 2 == 1, round > 0);
    }
  }
  Print(cases, options);
}

}  // namespace
}  // namespace amqp_sidecar::bench

int main(int argc, char** argv) {
  amqp_sidecar::bench::Options options;
  CLI::App app(
      "What the sidecar costs, against rabbitmq-c's stock calls in the same run.\n"
      "Uses the broker of AMQP_URI, else a private node of its own.");
  app.add_option("--rounds", options.rounds, "Rounds that count, after one that does not")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--messages", options.messages, "Messages a case and round")
      ->check(CLI::Range(10, 10000000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    amqp_sidecar::bench::Run(options);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "publish_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
