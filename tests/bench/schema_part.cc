#include "bench/schema_part.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "bench/json.h"
#include "bench/piece.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::bench {
namespace {

constexpr char kQueue[] = "sidecar-bench";

struct Case {
  Path through;
  size_t window;
  size_t messages = 0;
};

test::SidecarOptions OptionsWithRule(const World& world) {
  test::SidecarOptions options;
  options.uri = world.uri();
  options.more =
      std::string("validation:\n  schema_dir: ") + ORDER_SCHEMAS +
      "\n  assert_format: true\n  rules:\n    - {exchange: \"\", routing_key: " + kQueue +
      ", schema_file: order.json}\n";
  return options;
}

class SchemaPart {
 public:
  SchemaPart(World& world, const RoundOptions& options)
      : world_(world),
        options_(options),
        ruled_(OptionsWithRule(world)),
        body_(test::ReadFile(ORDER_SCHEMAS "/order-example.json")) {
    ruled_.WaitReady();
    for (const Path path : {Path::kUnary, Path::kStream}) {
      publishers_[{path, false}] = MakePublisher(path, world.AddressOf(path));
      publishers_[{path, true}] = MakePublisher(path, ruled_.target());
    }
  }

  std::string Run() {
    std::vector<Case> cases;
    for (const Case& one :
         {Case{Path::kUnary, 1}, Case{Path::kUnary, 64}, Case{Path::kStream, 1000}}) {
      if (IsWanted(options_.windows, one.window)) cases.push_back(one);
    }
    for (Case& one : cases) Calibrate(one);
    std::vector<std::string> pieces;
    for (int round = 0; round <= options_.rounds; ++round) {
      std::fprintf(stderr, "schema: round %d of %d\n", round, options_.rounds);
      for (const Case& one : cases) {
        const bool rule_first = round % 2 == 0;
        for (const bool rule : {rule_first, !rule_first}) {
          const Tally tally = Measure(one, rule);
          if (round > 0) pieces.push_back(Figures(round, one, rule, tally));  // 0 warms up
        }
      }
    }
    return JsonArray(pieces);
  }

 private:
  Tally Measure(const Case& one, bool rule) {
    Work work;
    work.queue = kQueue;
    work.body = body_;
    work.window = one.window;
    work.messages = one.messages;
    world_.queues().Declare(kQueue, QueueType::kClassic);
    Tally tally = publishers_.at({one.through, rule})->Publish(work);
    world_.queues().Settle(kQueue, tally.messages);
    return tally;
  }

  void Calibrate(Case& one) {
    PieceSize size;
    size.fewest = std::max<size_t>(one.window * 10, 200);
    size.most = std::max(kMostPieceBytes / body_.size(), size.fewest);
    size.seconds = options_.piece_seconds;
    one.messages = bench::Calibrate(size, [&](size_t messages) {
      one.messages = messages;
      return Measure(one, false).took.count();
    });
  }

  std::string Figures(int round, const Case& one, bool rule, const Tally& tally) const {
    JsonObject object;
    object.Number("round", round).Text("through", NameOf(one.through));
    object.Number("window", static_cast<double>(one.window));
    object.Number("body_bytes", static_cast<double>(body_.size()));
    object.Text("rule", rule ? "schema" : "none");
    object.Number("messages", static_cast<double>(tally.messages));
    object.Number("seconds", tally.took.count());
    return object.str();
  }

  World& world_;
  const RoundOptions& options_;
  test::SidecarProcess ruled_;
  const std::string body_;
  std::map<std::pair<Path, bool>, std::unique_ptr<Publisher>> publishers_;
};

}  // namespace

std::string RunSchemaPart(World& world, const RoundOptions& options) {
  return SchemaPart(world, options).Run();
}

}  // namespace amqp_sidecar::bench
