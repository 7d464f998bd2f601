#include "bench/consume_part.h"

#include <array>
#include <cstdio>

#include "bench/costs.h"
#include "bench/json.h"
#include "bench/pairs_part.h"

namespace amqp_sidecar::bench {
namespace {

constexpr char kQueue[] = "sidecar-bench-consume";
constexpr size_t kFillWindow = 1000;
// Many times the prefetch: of the first and the last deliveries little is to be seen.
constexpr size_t kFewest = 20 * kPrefetch;
// Direct is always next to each of the others, and each of them as often before as behind it.
constexpr std::array kEvenRound = {Path::kStream, Path::kDirect, Path::kUnary};
constexpr std::array kOddRound = {Path::kUnary, Path::kDirect, Path::kStream};

}  // namespace

ConsumePart::ConsumePart(World& world, const RoundOptions& options)
    : world_(world),
      options_(options),
      filler_(MakePublisher(Path::kDirect, world.AddressOf(Path::kDirect))),
      direct_(MakeConsumer(Path::kDirect, world.AddressOf(Path::kDirect))),
      unary_(MakeConsumer(Path::kUnary, world.AddressOf(Path::kUnary))),
      stream_(MakeConsumer(Path::kStream, world.AddressOf(Path::kStream))) {}

std::string ConsumePart::Run() {
  std::vector<Case> cases = Cases();
  for (Case& a_case : cases) {
    const PieceSize size{kFewest, kMostPieceBytes / a_case.body_bytes, options_.piece_seconds};
    a_case.messages = Calibrate(size, [&](size_t messages) {
      a_case.messages = messages;
      return SecondsDirectly(a_case);
    });
  }
  std::vector<std::string> pieces;
  for (int round = 0; round <= options_.rounds; ++round) {
    std::fprintf(stderr, "consume: round %d of %d\n", round, options_.rounds);
    for (const Case& a_case : cases) {
      for (const Path path : round % 2 == 0 ? kEvenRound : kOddRound) {
        const std::string piece = Measure(a_case, path, round);
        if (round > 0) pieces.push_back(piece);  // the first warms up
      }
    }
  }
  return JsonArray(pieces);
}

std::vector<ConsumePart::Case> ConsumePart::Cases() const {
  std::vector<Case> cases;
  for (const QueueType type : {QueueType::kClassic, QueueType::kQuorum}) {
    for (const size_t body : {size_t{256}, size_t{1024}}) {
      if (IsWanted(options_.queues, NameOf(type)) && IsWanted(options_.bodies, body)) {
        cases.push_back({type, body, 0});
      }
    }
  }
  return cases;
}

Consumer& ConsumePart::ConsumerOf(Path path) {
  switch (path) {
    case Path::kUnary:
      return *unary_;
    case Path::kStream:
      return *stream_;
    case Path::kDirect:
      break;
  }
  return *direct_;
}

void ConsumePart::Fill(const Case& a_case) {
  world_.queues().Declare(kQueue, a_case.type);
  Work work;
  work.queue = kQueue;
  work.body = BodyOf(a_case.body_bytes);
  work.window = kFillWindow;
  work.messages = a_case.messages;
  filler_->Publish(work);
  world_.queues().AwaitCount(kQueue, a_case.messages);
}

std::string ConsumePart::Measure(const Case& a_case, Path path, int round) {
  Fill(a_case);
  const CostMeter meter(world_);
  const Seconds took = ConsumerOf(path).Drain({kQueue, a_case.body_bytes, a_case.messages});
  const Costs costs = meter.Of(a_case.messages);
  world_.queues().SettleDrained(kQueue);
  JsonObject object;
  object.Number("round", round).Text("queue", NameOf(a_case.type));
  object.Number("body_bytes", static_cast<double>(a_case.body_bytes));
  object.Number("prefetch", kPrefetch).Text("path", NameOf(path));
  object.Number("messages", static_cast<double>(a_case.messages)).Number("seconds", took.count());
  AddCosts(object, costs);
  return object.str();
}

double ConsumePart::SecondsDirectly(const Case& a_case) {
  Fill(a_case);
  const Seconds took = direct_->Drain({kQueue, a_case.body_bytes, a_case.messages});
  world_.queues().SettleDrained(kQueue);
  return took.count();
}

}  // namespace amqp_sidecar::bench
