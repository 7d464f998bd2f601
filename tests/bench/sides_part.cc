#include "bench/sides_part.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <utility>

#include "bench/json.h"
#include "bench/piece.h"
#include "support/temp_dir.h"

namespace amqp_sidecar::bench {
namespace {

struct Case {
  Path through;
  size_t window;
  size_t messages = 0;
};

class SidesPart {
 public:
  SidesPart(World& world, const RoundOptions& options, const std::vector<Side>& sides)
      : world_(world),
        options_(options),
        sides_(sides),
        body_(test::ReadFile(ORDER_SCHEMAS "/order-example.json")) {
    for (const Path path : {Path::kUnary, Path::kStream}) {
      for (const Side& side : sides_) {
        publishers_[{path, side.name}] = MakePublisher(path, side.target);
      }
    }
  }

  std::string Run(const std::string& part, const std::string& difference) {
    std::vector<Case> cases;
    for (const Case& one :
         {Case{Path::kUnary, 1}, Case{Path::kUnary, 64}, Case{Path::kStream, 1000}}) {
      if (IsWanted(options_.windows, one.window)) cases.push_back(one);
    }
    for (Case& one : cases) Calibrate(one);
    std::vector<std::string> pieces;
    std::vector<Side> order = sides_;
    for (int round = 0; round <= options_.rounds; ++round) {
      std::fprintf(stderr, "%s: round %d of %d\n", part.c_str(), round, options_.rounds);
      for (const Case& one : cases) {
        for (const Side& side : order) {
          const Tally tally = Measure(one, side);
          if (round > 0) {  // 0 warms up
            pieces.push_back(Figures(round, one, difference, side.name, tally));
          }
        }
      }
      std::ranges::reverse(order);
    }
    return JsonArray(pieces);
  }

 private:
  Tally Measure(const Case& one, const Side& side) {
    Work work;
    work.queue = kSidesQueue;
    work.body = body_;
    work.window = one.window;
    work.messages = one.messages;
    world_.queues().Declare(kSidesQueue, QueueType::kClassic);
    side.before();
    Tally tally = publishers_.at({one.through, side.name})->Publish(work);
    side.after();
    world_.queues().Settle(kSidesQueue, tally.messages);
    return tally;
  }

  void Calibrate(Case& one) {
    PieceSize size;
    size.fewest = std::max<size_t>(one.window * 10, 200);
    size.most = std::max(kMostPieceBytes / body_.size(), size.fewest);
    size.seconds = options_.piece_seconds;
    one.messages = bench::Calibrate(size, [&](size_t messages) {
      one.messages = messages;
      return Measure(one, sides_.front()).took.count();
    });
  }

  std::string Figures(int round, const Case& one, const std::string& difference,
                      const std::string& side, const Tally& tally) const {
    JsonObject object;
    object.Number("round", round).Text("through", NameOf(one.through));
    object.Number("window", static_cast<double>(one.window));
    object.Number("body_bytes", static_cast<double>(body_.size()));
    object.Text(difference, side);
    object.Number("messages", static_cast<double>(tally.messages));
    object.Number("seconds", tally.took.count());
    return object.str();
  }

  World& world_;
  const RoundOptions& options_;
  const std::vector<Side>& sides_;
  const std::string body_;
  std::map<std::pair<Path, std::string>, std::unique_ptr<Publisher>> publishers_;
};

}  // namespace

std::string RunSidesPart(World& world, const RoundOptions& options, const std::string& part,
                         const std::string& difference, const std::vector<Side>& sides) {
  return SidesPart(world, options, sides).Run(part, difference);
}

}  // namespace amqp_sidecar::bench
