// Tag: what a completion queue hands back when an operation is over. On the queue's thread.
#pragma once

namespace amqp_sidecar::rpc {

class Tag {
 public:
  // `ok` is what the queue says of the operation.
  virtual void OnTag(bool ok) = 0;

 protected:
  ~Tag() = default;
};

// A tag that calls a member function of its owner, which may delete itself in it.
template <typename Owner>
class MemberTag final : public Tag {
 public:
  using Handler = void (Owner::*)(bool ok);

  MemberTag(Owner* owner, Handler handler) : owner_(owner), handler_(handler) {}
  void OnTag(bool ok) override { (owner_->*handler_)(ok); }

 private:
  Owner* const owner_;
  const Handler handler_;
};

}  // namespace amqp_sidecar::rpc
