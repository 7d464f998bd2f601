#include "rpc/unary_call.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "amqp_sidecar/v1/topology.grpc.pb.h"
#include "base/mutex.h"
#include "server_fixture.h"
#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using GetQueueCall = UnaryCall<v1::GetQueueRequest, v1::GetQueueResponse>;

grpc::Status Late() { return {grpc::StatusCode::ABORTED, "late"}; }

// One worker that serves one method, by a handler of the test's.
class OneMethod {
 public:
  explicit OneMethod(std::function<void(GetQueueCall&)> handle) {
    method_.request = [this](auto* context, auto* request, auto* writer, auto* queue, void* tag) {
      service_.RequestGetQueue(context, request, writer, queue, queue, tag);
    };
    method_.handle = std::move(handle);
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    builder.AddListeningPort("unix:" + folder_ / "s", grpc::InsecureServerCredentials());
    worker_ = std::make_unique<Worker>(builder.AddCompletionQueue());
    server_ = builder.BuildAndStart();
    GetQueueCall::Arm(*worker_, method_);
    worker_->Start();
    stub_ = v1::TopologyService::NewStub(
        grpc::CreateChannel("unix:" + folder_ / "s", grpc::InsecureChannelCredentials()));
  }

  ~OneMethod() { Stop(); }

  void Stop() {
    if (worker_ == nullptr) return;
    server_->Shutdown(In(milliseconds(100)));
    worker_->Stop();
    worker_.reset();
  }

  grpc::Status Ask(const std::string& queue) const {
    grpc::ClientContext context;
    context.set_deadline(In(seconds(20)));
    v1::GetQueueRequest request;
    request.set_queue(queue);
    v1::GetQueueResponse response;
    return stub_->GetQueue(&context, request, &response);
  }

 private:
  TempFolder folder_;
  v1::TopologyService::WithAsyncMethod_GetQueue<v1::TopologyService::Service> service_;
  GetQueueCall::Method method_;
  std::unique_ptr<Worker> worker_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::TopologyService::Stub> stub_;
};

TEST_CASE("a call that is not answered in time gets its late answer") {
  std::atomic<int> calls = 0;
  const OneMethod method([&](GetQueueCall& call) {
    const int delay = std::stoi(call.request().queue());
    call.FinishAt(std::chrono::steady_clock::now() + milliseconds(delay), Late);
    ++calls;
  });
  const auto begin = std::chrono::steady_clock::now();
  const auto since = [&] { return std::chrono::steady_clock::now() - begin; };
  grpc::Status slow;
  std::thread later([&] { slow = method.Ask("3000"); });
  REQUIRE(Eventually(seconds(2), [&] { return calls == 1; }));
  // The alarm that is set for the one that came first must not hold these up.
  CHECK(method.Ask("100").error_message() == "late");
  CHECK(since() >= milliseconds(100));
  CHECK(method.Ask("0").error_message() == "late");
  CHECK(since() < milliseconds(2500));
  later.join();
  CHECK(slow.error_message() == "late");
  CHECK(since() >= milliseconds(3000));
}

TEST_CASE("a call that is answered in time is not answered again") {
  const OneMethod method([](GetQueueCall& call) {
    call.FinishAt(std::chrono::steady_clock::now() + milliseconds(50), Late);
    call.Finish({});
  });
  const auto until = std::chrono::steady_clock::now() + milliseconds(200);
  while (std::chrono::steady_clock::now() < until) CHECK(method.Ask("q").ok());
}

TEST_CASE("an answer from another thread reaches the call, also after it was answered") {
  base::Mutex mutex;
  std::vector<std::thread> threads;
  const OneMethod method([&](GetQueueCall& call) {
    const bool late = call.request().queue() == "late";
    if (late) call.FinishAt(std::chrono::steady_clock::now(), Late);
    auto answer = call.Then<std::string>([](GetQueueCall& answered, const std::string& text) {
      answered.FinishWithError({grpc::StatusCode::NOT_FOUND, text});
    });
    const base::MutexLock lock(&mutex);
    threads.emplace_back([late, answer = std::move(answer)]() mutable {
      if (late) std::this_thread::sleep_for(milliseconds(50));
      answer("from afar");
    });
  });
  CHECK(method.Ask("q").error_message() == "from afar");
  CHECK(method.Ask("late").error_message() == "late");
  CHECK(method.Ask("q").error_message() == "from afar");
  const base::MutexLock lock(&mutex);
  for (std::thread& thread : threads) thread.join();
}

TEST_CASE("a callback that is dropped ends its call") {
  const OneMethod method([](GetQueueCall& call) {
    auto dropped = call.Then<int>([](GetQueueCall& answered, int) { answered.Finish({}); });
  });
  CHECK(method.Ask("q").error_code() == grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("a worker stops at once though a call would expire later") {
  OneMethod method([](GetQueueCall& call) {
    call.FinishAt(std::chrono::steady_clock::now() + std::chrono::hours(1), Late);
    call.Finish({});
  });
  CHECK(method.Ask("q").ok());
  const auto begin = std::chrono::steady_clock::now();
  method.Stop();
  CHECK(std::chrono::steady_clock::now() - begin < seconds(10));
}

}  // namespace
}  // namespace amqp_sidecar::rpc
