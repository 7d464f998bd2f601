#include "rpc/redrive_report.h"

#include <sstream>

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;

struct Report {
  RedriveCommand command;
  std::ostringstream out;
  std::ostringstream err;
};

RedriveLedger::Figures Moved(uint64_t count) {
  RedriveLedger::Figures figures;
  figures.moved = count;
  return figures;
}

TEST_CASE("progress is told once a second, and only where there is some") {
  Report io;
  RedriveReport report(io.command, 100, io.out, io.err);
  const auto start = RedriveReport::Clock::now();
  report.Progress(Moved(1), start);
  CHECK(io.err.str().empty());
  const auto later = start + milliseconds(1100);
  report.Progress(Moved(0), later);
  CHECK(io.err.str().empty());
  report.Progress(Moved(2), later);
  CHECK(io.err.str() == "moved 2 of 100\n");
  report.Progress(Moved(3), later + milliseconds(900));
  CHECK(io.err.str() == "moved 2 of 100\n");
  report.Progress(Moved(4), later + milliseconds(1000));
  CHECK(io.err.str() == "moved 2 of 100\nmoved 4 of 100\n");
}

TEST_CASE("the last line has all figures, and what the acks left behind is told before") {
  Report io;
  io.command.rule.from = "billing.dead";
  io.command.json = true;
  RedriveReport report(io.command, 100, io.out, io.err);
  RedriveLedger::Figures figures = Moved(50);
  figures.failed = 20;
  figures.unknown = 10;
  report.End(figures, 2);
  CHECK(io.err.str() ==
        "2 of those moved may be in billing.dead still: their acknowledgement did not count\n"
        "moved 50, failed 20, unknown 10, left 20\n");
  CHECK(io.out.str() == "{\"moved\":50,\"failed\":20,\"unknown\":10,\"left\":20}\n");
}

TEST_CASE("what a message brings along cannot play with the terminal") {
  Report io;
  RedriveReport report(io.command, 1, io.out, io.err);
  report.NotMoved("\x1B[2Jid", "UNROUTABLE: no queue \"a\nb\"");
  CHECK(io.err.str() == "not moved: message_id=\\x1b[2Jid: UNROUTABLE: no queue \"a\\x0ab\"\n");
  CHECK(report.Where("\x1B", {"", "a\nb"}));
  CHECK(io.out.str() == "message_id=\\x1b queue=a\\x0ab\n");
}

TEST_CASE("an output that takes no more is told") {
  Report io;
  RedriveReport report(io.command, 1, io.out, io.err);
  io.out.setstate(std::ios::failbit);
  CHECK_FALSE(report.Where("id", {"", "queue"}));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
