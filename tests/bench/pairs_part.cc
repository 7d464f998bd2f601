#include "bench/pairs_part.h"

#include <algorithm>
#include <cstdio>

namespace amqp_sidecar::bench {
namespace {

constexpr size_t kLargeBody = 64 * 1024;

}  // namespace

std::string BodyOf(size_t bytes) { return "\"" + std::string(bytes - 2, 'x') + "\""; }

PairsPart::PairsPart(World& world, const RoundOptions& options)
    : world_(world),
      options_(options),
      direct_(MakePublisher(Path::kDirect, world.AddressOf(Path::kDirect))),
      unary_(MakePublisher(Path::kUnary, world.AddressOf(Path::kUnary))),
      stream_(MakePublisher(Path::kStream, world.AddressOf(Path::kStream))) {}

std::string PairsPart::Run() {
  std::vector<Case> cases;
  for (const Case& a_case : AllCases()) {
    if (Wanted(a_case)) cases.push_back(a_case);
  }
  for (Case& a_case : cases) Calibrate(a_case);
  std::vector<std::string> pieces;
  for (int round = 0; round <= options_.rounds; ++round) {
    std::fprintf(stderr, "pairs: round %d of %d\n", round, options_.rounds);
    for (const Case& a_case : cases) {
      const bool direct_first = round % 2 == 0;
      for (const bool direct : {direct_first, !direct_first}) {
        const Path path = direct ? Path::kDirect : a_case.through;
        const Piece piece = Measure(a_case, path);
        if (round == 0) continue;  // it warms up
        JsonObject object;
        object.Number("round", round).Text("queue", NameOf(a_case.type));
        object.Number("body_bytes", static_cast<double>(a_case.body_bytes));
        object.Number("window", static_cast<double>(a_case.window));
        object.Text("through", NameOf(a_case.through)).Text("path", NameOf(path));
        AddPiece(object, piece);
        pieces.push_back(object.str());
      }
    }
  }
  return JsonArray(pieces);
}

// A thousand of the large ones would be all that the sidecar lets in at once.
std::vector<PairsPart::Case> PairsPart::AllCases() {
  std::vector<Case> cases;
  for (const QueueType type : {QueueType::kClassic, QueueType::kQuorum}) {
    for (const size_t body : {size_t{256}, size_t{1024}, kLargeBody}) {
      for (const size_t window : {size_t{1}, size_t{16}, size_t{64}}) {
        cases.push_back({type, body, window, Path::kUnary});
      }
      cases.push_back({type, body, size_t{body == kLargeBody ? 100U : 1000U}, Path::kStream});
    }
  }
  return cases;
}

bool PairsPart::Wanted(const Case& a_case) const {
  return IsWanted(options_.queues, NameOf(a_case.type)) &&
         IsWanted(options_.bodies, a_case.body_bytes) && IsWanted(options_.windows, a_case.window);
}

Publisher& PairsPart::PublisherOf(Path path) {
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

Piece PairsPart::Measure(const Case& a_case, Path path) {
  Work work;
  work.queue = "sidecar-bench";
  work.body = BodyOf(a_case.body_bytes);
  work.window = a_case.window;
  work.messages = a_case.messages;
  return MeasurePiece(world_, PublisherOf(path), a_case.type, work);
}

// Both paths send as many as the direct one sends in a piece's time: some windows full at least, so
// that filling and emptying the window weighs little; and twice as many of those that go one at a
// time, of which else few would stand behind a p99.
void PairsPart::Calibrate(Case& a_case) {
  PieceSize size;
  size.fewest = std::max<size_t>(a_case.window * 10, 200);
  size.most = std::max(kMostPieceBytes / a_case.body_bytes, size.fewest);
  size.seconds = options_.piece_seconds * (a_case.window == 1 ? 2 : 1);
  a_case.messages = bench::Calibrate(size, [&](size_t messages) {
    a_case.messages = messages;
    return Measure(a_case, Path::kDirect).seconds;
  });
}

}  // namespace amqp_sidecar::bench
