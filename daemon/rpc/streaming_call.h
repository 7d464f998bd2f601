// StreamingCall: what the calls of all streaming methods have in common: they are armed, they come,
// they are done, and they live until their last operation is over. On its worker's thread. Knows no
// method.
#pragma once

#include <grpcpp/server_context.h>

#include "rpc/worker.h"

namespace amqp_sidecar::rpc {

class StreamingCall : public Call {
 protected:
  explicit StreamingCall(Worker& worker) : worker_(worker) {}

  // To be said before the method is asked for the call.
  void NotifyWhenDone() { context_.AsyncNotifyWhenDone(&done_tag_); }
  void* started_tag() { return static_cast<Tag*>(&started_tag_); }

  // The call has come: arm the next, and begin.
  virtual void Start() = 0;
  // It is over, by its end or by the client's: nothing may be written any more.
  virtual void End() = 0;

  // Around every operation that is begun: the call lives until all are over.
  void* Begin(Tag& tag) {
    ++under_way_;
    return static_cast<void*>(&tag);
  }
  void Over() {
    --under_way_;
    RemoveIfOver();
  }

  bool done() const { return done_; }

  Worker& worker_;
  grpc::ServerContext context_;

 private:
  void OnStarted(bool ok) {
    if (!ok) return worker_.Remove(*this);  // the server is shutting down; OnDone does not come
    if (!worker_.closing()) Start();
  }
  void OnDone(bool /*ok*/) {
    done_ = true;
    End();
    RemoveIfOver();
  }
  void RemoveIfOver() {
    if (done_ && under_way_ == 0) worker_.Remove(*this);
  }

  MemberTag<StreamingCall> started_tag_{this, &StreamingCall::OnStarted};
  MemberTag<StreamingCall> done_tag_{this, &StreamingCall::OnDone};
  int under_way_ = 0;
  bool done_ = false;
};

}  // namespace amqp_sidecar::rpc
