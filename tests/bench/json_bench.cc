// json_bench: what the check of a body costs: whether it is JSON, whether it fits its schema, what
// that allocates, and what a hostile body costs beside an ordinary one of its size. In one run, on
// one thread. Prints a line for each; needs no broker.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/heap_meter.h"
#include "json/schema.h"
#include "suites/hostile_json.h"

namespace amqp_sidecar::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kWellFormedGoal = 1500;  // ns, of 1 KiB
constexpr double kSchemaGoal = 3000;      // ns, of an order
constexpr double kHostileGoal = 100;      // times an ordinary body

std::string ReadAll(const std::string& path) {
  std::ifstream stream(path);
  if (!stream) throw std::runtime_error(path + " cannot be read");
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Nanoseconds a time, of many rounds that each take a while. The best is what the work takes; the
// median is what it took beside all else that this machine did.
struct Time {
  double best = 0;
  double median = 0;
};

template <typename Work>
Time TimeOf(Work work, int rounds, std::chrono::nanoseconds round) {
  const auto take = [&work](size_t times) {
    const auto begun = Clock::now();
    for (size_t i = 0; i < times; ++i) work();
    return std::chrono::duration<double, std::nano>(Clock::now() - begun).count();
  };
  const double first = take(1);
  const auto times = static_cast<size_t>(static_cast<double>(round.count()) / first) + 1;
  std::vector<double> all;
  for (int i = 0; i < rounds; ++i) all.push_back(take(times) / static_cast<double>(times));
  std::ranges::sort(all);
  return {all.front(), all[all.size() / 2]};
}

json::Schema Compiled(const std::string& text) {
  json::Schema::Options options;
  options.assert_format = true;
  auto schema = json::SchemaFolder("/dev/null").Compile("bench.json", text, options);
  if (!schema.ok()) throw std::runtime_error(schema.status().ToString());
  return *std::move(schema);
}

// An order with as many items as fit 1 KiB, and a note that fills it.
std::string OneKibibyte() {
  std::string body =
      R"({"order_id":4711,"customer":{"id":"c-20391","email":"ada@example.com"},)"
      R"("total":245.6,"currency":"EUR","created_at":"2026-03-14T09:26:53Z","items":[)";
  const std::string item = R"({"sku":"ABC-1001","quantity":2,"price":12.5},)";
  while (body.size() + item.size() < 960) body += item;
  body.back() = ']';
  body += R"(,"note":")";
  body.resize(1022, 'x');
  return body + "\"}";
}

// What hostile bodies stand beside: orders, or for less than one an object with a number and a
// text.
struct Ordinary {
  std::string schema;
  std::string body;
};

Ordinary OrdinaryOf(size_t size, const std::string& order_schema, const std::string& order) {
  if (size < order.size() + 2) {
    Ordinary small;
    small.schema = R"({"type":"object","required":["id"],"properties":{"id":{"type":"integer",
        "minimum":1},"note":{"type":"string","maxLength":500}}})";
    small.body = R"({"id":1,"note":")";
    small.body.resize(std::max(small.body.size(), size) - std::min<size_t>(size, 2), 'x');
    small.body += "\"}";
    return small;
  }
  Ordinary many;
  // The definitions of the order's schema are its own, by its $id.
  std::string inner = order_schema;
  inner.insert(inner.find('{') + 1, R"("$id":"http://bench/order",)");
  many.schema = R"({"type":"array","items":)" + inner + "}";
  many.body = "[" + order;
  while (many.body.size() + order.size() < size) many.body += "," + order;
  many.body += "]";
  return many;
}

struct Cost {
  double nanoseconds = 0;
  size_t bytes = 0;
};

// Of the parse and of the check, in a thread of its own, for each keeps some memory for the next.
Cost CostOf(const std::string& schema_text, const std::string& body, bool unique_keys) {
  const json::Schema schema = Compiled(schema_text);
  json::Document::Options options;
  options.unique_keys = unique_keys;
  Cost cost;
  std::thread([&] {
    const size_t before = HeapMeter::Bytes();
    HeapMeter::ResetPeak();
    json::Document document;
    const auto work = [&] {
      if (!document.Parse(body, options)) (void)schema.Check(document, 1);
    };
    work();
    cost.bytes = HeapMeter::PeakBytes() - before;
    cost.nanoseconds = TimeOf(work, 9, std::chrono::milliseconds(2)).best;
  }).join();
  return cost;
}

const char* Judged(bool reached) { return reached ? "reached" : "MISSED"; }

void PrintTime(const char* what, const Time& time, double goal) {
  std::printf("%-46s %8.0f ns (median %.0f)   goal %.0f: %s\n", what, time.best, time.median, goal,
              Judged(time.best <= goal));
}

void RunOrdinary(const std::string& order_schema, const std::string& order) {
  constexpr auto kRound = std::chrono::milliseconds(10);
  const std::string kibibyte = OneKibibyte();
  json::Document document;
  PrintTime("whether 1 KiB is JSON", TimeOf([&] { (void)document.Parse(kibibyte); }, 51, kRound),
            kWellFormedGoal);

  const json::Schema schema = Compiled(order_schema);
  if (document.Parse(order)) throw std::runtime_error("the order is no JSON");
  if (const auto faults = schema.Check(document, 1); !faults.empty()) {
    throw std::runtime_error("the order does not fit: " + faults.front());
  }
  PrintTime("whether an order that is read fits its schema",
            TimeOf([&] { (void)schema.Check(document, 1); }, 51, kRound), kSchemaGoal);
  const Time reading = TimeOf([&] { (void)document.Parse(order); }, 51, kRound);
  std::printf("%-46s %8.0f ns (median %.0f)   of %zu bytes\n", "reading that order", reading.best,
              reading.median, order.size());

  const size_t before = HeapMeter::Allocations();
  constexpr size_t kMessages = 1000;
  for (size_t i = 0; i < kMessages; ++i) {
    (void)document.Parse(kibibyte);
    (void)document.Parse(order);
    (void)schema.Check(document, 1);
  }
  const size_t allocations = HeapMeter::Allocations() - before;
  std::printf("%-46s %8.3f      goal 0: %s\n", "allocations for both, per message",
              static_cast<double>(allocations) / kMessages, Judged(allocations == 0));
}

void RunHostile(const std::string& order_schema, const std::string& order) {
  std::printf("\nBeside an ordinary body of the same size, goal %.0f times at most:\n",
              kHostileGoal);
  for (const suites::HostileCase& hostile : suites::HostileCases()) {
    const Ordinary ordinary = OrdinaryOf(hostile.body.size(), order_schema, order);
    const Cost one = CostOf(hostile.schema, hostile.body, hostile.unique_keys);
    const Cost other = CostOf(ordinary.schema, ordinary.body, false);
    const double slower = one.nanoseconds / other.nanoseconds;
    const double larger = static_cast<double>(one.bytes) / static_cast<double>(other.bytes);
    std::printf("%-62s %8zu bytes: %10.1f us, %6.2f x the time; %9zu bytes, %5.2f x the memory%s\n",
                hostile.name.c_str(), hostile.body.size(), one.nanoseconds / 1000, slower,
                one.bytes, larger, std::max(slower, larger) > kHostileGoal ? ": MISSED" : "");
  }
}

}  // namespace
}  // namespace amqp_sidecar::bench

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: json_bench FOLDER, which has order.json and order-example.json\n");
    return 64;
  }
  try {
    using namespace amqp_sidecar::bench;  // NOLINT(google-build-using-namespace)
    const std::string folder = argv[1];
    const std::string schema = ReadAll(folder + "/order.json");
    const std::string order = ReadAll(folder + "/order-example.json");
    RunOrdinary(schema, order);
    RunHostile(schema, order);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "json_bench: %s\n", error.what());
    return 1;
  }
  return 0;
}
