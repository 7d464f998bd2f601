// LimitedUser: a user of the broker who may write and read everything and configure nothing, gone
// with the object.
#pragma once

#include <exception>
#include <string>

#include "integration/world.h"

namespace amqp_sidecar::test {

class LimitedUser {
 public:
  explicit LimitedUser(const RabbitmqNode& node) : node_(node) {
    node_.Ctl({"add_user", name_, "secret"});
    node_.Ctl({"set_permissions", "-p", "/", name_, "^$", ".*", ".*"});
  }
  ~LimitedUser() {
    try {
      node_.Ctl({"delete_user", name_});
    } catch (const std::exception& error) {
      WARN("the clean-up failed: " << error.what());
    }
  }
  LimitedUser(const LimitedUser&) = delete;
  LimitedUser& operator=(const LimitedUser&) = delete;

  std::string uri() const {
    return "amqp://" + name_ + ":secret@127.0.0.1:" + std::to_string(node_.port()) + "/";
  }

 private:
  const RabbitmqNode node_;
  const std::string name_ = UniqueName("user");
};

}  // namespace amqp_sidecar::test
