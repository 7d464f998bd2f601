// UnaryCall: one call of a unary method, from before it comes until its answer is sent. On its
// worker's thread. Knows no method: a UnaryMethod tells it.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "rpc/deadline.h"
#include "rpc/worker.h"

namespace amqp_sidecar::rpc {

template <typename Request, typename Response>
class UnaryCall;

template <typename Request, typename Response>
struct UnaryMethod {
  // Asks gRPC for the next call.
  std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncResponseWriter<Response>*,
                     grpc::ServerCompletionQueue*, void* tag)>
      request;
  // Takes the call on; answers it now or later, once.
  std::function<void(UnaryCall<Request, Response>&)> handle;
};

template <typename Request, typename Response>
class UnaryCall final : public Call {
 public:
  using Method = UnaryMethod<Request, Response>;

  // Has `worker` take one call of `method`, and after each the next. `method` outlives the worker.
  static void Arm(Worker& worker, const Method& method) {
    auto call = std::make_unique<UnaryCall>(worker, method);
    UnaryCall& armed = *call;
    worker.Add(std::move(call));
    method.request(&armed.context_, &armed.request_, &armed.writer_, worker.queue(),
                   &armed.started_tag_);
  }

  UnaryCall(Worker& worker, const Method& method)
      : worker_(worker), method_(method), writer_(&context_) {}

  Request& request() { return request_; }
  const grpc::ServerContext& context() const { return context_; }

  // By when to answer; nothing where the caller has stopped waiting.
  std::optional<base::TimePoint> deadline() const {
    return AnswerBy(TimeLeft(context_.raw_deadline()), std::chrono::steady_clock::now());
  }

  // The answer. The second one, after an Expire(), is dropped.
  void Finish(const Response& response) {
    if (worker_.closing() || std::exchange(answered_, true)) return;
    writer_.Finish(response, grpc::Status::OK, &finished_tag_);
  }
  void FinishWithError(const grpc::Status& status) {
    if (worker_.closing() || std::exchange(answered_, true)) return;
    writer_.FinishWithError(status, &finished_tag_);
  }

  // Answers with `late` at `when`, unless it is answered by then.
  using LateAnswer = grpc::Status (*)();
  void FinishAt(base::TimePoint when, LateAnswer late) {
    late_ = late;
    worker_.ExpireAt(when, *this);
  }

  // Call:
  void Expire() override { FinishWithError(late_()); }

  // A callback for another thread: has fn(call, result) run on the call's own. A callback that is
  // destroyed without being called ends the call with an error, so that none is left open.
  template <typename Result, typename Fn>
  auto Then(Fn fn) {
    return [answer = Answer(CallRef<UnaryCall>(worker_, *this)),
            fn = std::move(fn)](Result result) mutable {
      answer.Post([fn = std::move(fn), result = std::move(result)](UnaryCall& call) mutable {
        fn(call, std::move(result));
      });
    };
  }

 private:
  class Answer {
   public:
    explicit Answer(CallRef<UnaryCall> call) : call_(std::move(call)) {}
    Answer(Answer&& other) noexcept : call_(std::exchange(other.call_, std::nullopt)) {}
    Answer& operator=(Answer&&) = delete;
    ~Answer() {
      if (!call_) return;
      call_->Post([](UnaryCall& call) {
        call.FinishWithError({grpc::StatusCode::UNAVAILABLE, "the sidecar has ended"});
      });
    }

    template <typename Fn>
    void Post(Fn fn) {
      std::exchange(call_, std::nullopt)->Post(std::move(fn));
    }

   private:
    std::optional<CallRef<UnaryCall>> call_;
  };

  void OnStarted(bool ok) {
    if (!ok) return worker_.Remove(*this);  // the server is shutting down
    if (worker_.closing()) return;
    Arm(worker_, method_);
    method_.handle(*this);
  }

  void OnFinished(bool /*ok*/) { worker_.Remove(*this); }

  Worker& worker_;
  const Method& method_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  MemberTag<UnaryCall> started_tag_{this, &UnaryCall::OnStarted};
  MemberTag<UnaryCall> finished_tag_{this, &UnaryCall::OnFinished};
  LateAnswer late_ = nullptr;
  bool answered_ = false;
};

}  // namespace amqp_sidecar::rpc
