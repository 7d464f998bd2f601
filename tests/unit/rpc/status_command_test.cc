// `status` against a sidecar that answers as a test tells it to.
#include <grpcpp/server_builder.h>

#include <functional>
#include <mutex>
#include <sstream>

#include "amqp_sidecar/v1/status.grpc.pb.h"
#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "rpc/command_client.h"
#include "server_fixture.h"
#include "shared_text.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class FakeStatus final : public v1::StatusService::Service {
 public:
  std::atomic<bool> silent = false;    // says nothing more
  std::atomic<bool> draining = false;  // ends every watch at once
  std::atomic<int> watches = 0;
  std::atomic<int> interval_ms = 0;  // of the last watch
  std::atomic<uint64_t> confirmed = 0;

  v1::SidecarStatus Now() {
    v1::SidecarStatus status;
    status.set_readiness("ready");
    status.mutable_connection()->set_state(v1::CONNECTION_STATE_READY);
    status.mutable_publisher()->set_confirmed(++confirmed);
    return status;
  }

  grpc::Status GetStatus(grpc::ServerContext* /*context*/, const v1::GetStatusRequest* /*request*/,
                         v1::GetStatusResponse* response) override {
    *response->mutable_status() = Now();
    return grpc::Status::OK;
  }

  grpc::Status WatchStatus(grpc::ServerContext* context, const v1::WatchStatusRequest* request,
                           grpc::ServerWriter<v1::WatchStatusResponse>* writer) override {
    interval_ms = static_cast<int>(request->interval().seconds() * 1000 +
                                   request->interval().nanos() / 1'000'000);
    ++watches;
    while (!context->IsCancelled()) {
      if (draining) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "shutting down");
      v1::WatchStatusResponse response;
      *response.mutable_status() = Now();
      if (!silent) writer->Write(response);
      Eventually(milliseconds(interval_ms), [&] { return context->IsCancelled(); });
    }
    return grpc::Status::OK;
  }
};

// A watch of it on a thread of its own.
class Watch {
 public:
  Watch() {
    command.address = "unix://" + folder_ / "fake.sock";
    command.watch = true;
    command.interval = milliseconds(100);
  }
  ~Watch() {
    if (thread_.joinable()) Stop();
  }

  void StartSidecar() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(command.address, grpc::InsecureServerCredentials());
    builder.RegisterService(&sidecar);
    server_ = builder.BuildAndStart();
    REQUIRE(server_ != nullptr);
  }
  void EndSidecar() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }

  void Start() {
    thread_ = std::thread([this] {
      std::ostream out_stream(&out);
      std::ostream err_stream(&err);
      code_ = RunStatus(command, stop_, out_stream, err_stream);
    });
  }
  int Stop() {
    stop_ = true;
    thread_.join();
    return code_;
  }
  int End() {
    thread_.join();
    return code_;
  }

  FakeStatus sidecar;
  StatusCommand command;
  SharedText out;
  SharedText err;

 private:
  TempFolder folder_;
  std::unique_ptr<grpc::Server> server_;
  std::atomic<bool> stop_ = false;
  int code_ = -1;
  std::thread thread_;
};

TEST_CASE("a status is shown once, and ends with 0") {
  Watch once;
  once.StartSidecar();
  once.command.watch = false;
  once.Start();
  CHECK(once.End() == 0);
  CHECK_THAT(once.out.text(), ContainsSubstring("confirmed 1,"));
  CHECK(once.out.Count("readiness") == 1);
  CHECK(once.err.text().empty());
}

TEST_CASE("a status without a sidecar ends with 1 and says where nobody is") {
  Watch watch;
  for (const bool watching : {false, true}) {
    watch.command.watch = watching;
    watch.Start();
    CHECK(watch.End() == 1);
  }
  CHECK(watch.out.text().empty());
  CHECK(watch.err.Count("no sidecar at " + watch.command.address + ": is it running") == 2);
}

TEST_CASE("a status of a sidecar that knows of none says that it is older") {
  const TempFolder folder;
  grpc::ServerBuilder builder;
  const std::string address = "unix://" + folder / "old.sock";
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  v1::TopologyService::Service other;
  builder.RegisterService(&other);
  const auto server = builder.BuildAndStart();
  for (const bool watching : {false, true}) {
    StatusCommand command;
    command.address = address;
    command.watch = watching;
    const std::atomic<bool> stop = false;
    std::ostringstream out;
    std::ostringstream err;
    CHECK(RunStatus(command, stop, out, err) == 1);
    CHECK_THAT(err.str(), ContainsSubstring("no StatusService: it is older than this command"));
  }
}

TEST_CASE("a watch shows one status after another in blocks of their own, until it is stopped") {
  Watch watch;
  watch.StartSidecar();
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Count("readiness") >= 3; }));
  CHECK(watch.Stop() == 0);
  CHECK(watch.sidecar.interval_ms == 100);
  CHECK(watch.out.text().starts_with("readiness"));
  CHECK(watch.out.Contains("\n\nreadiness"));
  CHECK_FALSE(watch.out.Contains("\x1b"));
  CHECK(watch.err.text().empty());
}

TEST_CASE("a watch as JSON is one object a line") {
  Watch watch;
  watch.StartSidecar();
  watch.command.json = true;
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Count("\n") >= 3; }));
  CHECK(watch.Stop() == 0);
  std::istringstream lines(watch.out.text());
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.front() == '{');
    CHECK(line.back() == '}');
  }
}

TEST_CASE("a watch on a terminal is redrawn in place") {
  Watch watch;
  watch.StartSidecar();
  watch.command.terminal = [] { return TerminalSize{10, 40}; };
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Count("\x1b[H") >= 3; }));
  CHECK(watch.Stop() == 0);
  const std::string text = watch.out.text();
  CHECK(text.starts_with("\x1b[Hreadiness"));
  const size_t end = text.find("\x1b[J");
  REQUIRE(end != std::string::npos);
  const std::string first = text.substr(0, end);
  CHECK(std::count(first.begin(), first.end(), '\n') == 9);
}

TEST_CASE("a watch tells once that the sidecar went away, waits for it, and goes on") {
  Watch watch;
  watch.StartSidecar();
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Contains("readiness"); }));
  watch.EndSidecar();
  REQUIRE(Eventually(seconds(10), [&] { return watch.err.Contains("went away"); }));
  const size_t seen = watch.out.Count("readiness");
  watch.StartSidecar();
  CHECK(Eventually(seconds(10), [&] { return watch.out.Count("readiness") > seen; }));
  CHECK(watch.Stop() == 0);
  CHECK(watch.err.Count("went away") == 1);
  CHECK(watch.err.Count("answers again") == 1);
}

TEST_CASE("a watch that is ended at once tells it once, and tries again with patience") {
  Watch watch;
  watch.StartSidecar();
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Contains("readiness"); }));
  watch.sidecar.draining = true;
  const auto begin = std::chrono::steady_clock::now();
  REQUIRE(Eventually(seconds(10), [&] { return watch.sidecar.watches >= 5; }));
  CHECK(std::chrono::steady_clock::now() - begin > milliseconds(600));
  CHECK(watch.err.Count("went away: shutting down") == 1);
  CHECK(watch.Stop() == 0);
}

TEST_CASE("a watch that waits for a sidecar ends when it is stopped") {
  Watch watch;
  watch.StartSidecar();
  watch.command.terminal = [] { return TerminalSize(); };
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Contains("readiness"); }));
  watch.EndSidecar();
  // In place of a status that is no more.
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Contains("waiting for it"); }));
  CHECK(watch.Stop() == 0);
}

TEST_CASE("a watch tells of a sidecar that is there and says nothing") {
  Watch watch;
  watch.StartSidecar();
  watch.Start();
  REQUIRE(Eventually(seconds(10), [&] { return watch.out.Contains("readiness"); }));
  watch.sidecar.silent = true;
  REQUIRE(Eventually(seconds(10), [&] { return watch.err.Contains("stopped or stuck"); }));
  watch.sidecar.silent = false;
  CHECK(Eventually(seconds(10), [&] { return watch.err.Contains("answers again"); }));
  CHECK(watch.Stop() == 0);
  CHECK(watch.err.Count("stopped or stuck") == 1);
}

TEST_CASE("a watch whose output takes no more ends with 1") {
  Watch watch;
  watch.StartSidecar();
  const std::atomic<bool> stop = false;
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  std::ostringstream err;
  CHECK(RunStatus(watch.command, stop, out, err) == 1);
  CHECK_THAT(err.str(), ContainsSubstring("takes no more"));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
