#include "broker/message_check.h"

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

std::optional<Error> Check(const PublishRequest& request) {
  return CheckMessage(request, {"orders"});
}

PublishRequest Good() {
  PublishRequest request;
  request.exchange = "orders";
  request.properties.delivery_mode = 2;
  return request;
}

TEST_CASE("a message to nowhere is refused, one to a queue by name is not") {
  PublishRequest request = Good();
  request.exchange = "";
  CHECK(Check(request)->reason == Reason::kInvalidMessage);
  request.routing_key = "billing";
  CHECK_FALSE(Check(request));
}

TEST_CASE("a user_id other than the login's is refused") {
  PublishRequest request = Good();
  request.properties.user_id = "orders";
  CHECK_FALSE(Check(request));
  request.properties.user_id = "someone";
  CHECK_THAT(Check(request)->detail, ContainsSubstring("user_id"));
}

TEST_CASE("headers that route or that the broker sets are refused by name") {
  const std::string name = GENERATE("CC", "BCC", "x-death", "x-first-death-queue",
                                    "x-last-death-reason", "x-delivery-count", "x-sidecar-reason");
  PublishRequest request = Good();
  request.properties.headers[name] = FieldValue{std::string("x")};
  CHECK_THAT(Check(request)->detail, ContainsSubstring("\"" + name + "\""));
}

TEST_CASE("an expiration is a number of milliseconds that the broker takes") {
  PublishRequest request = Good();
  const std::string good = GENERATE("0", "4294967295");
  request.properties.expiration = good;
  CHECK_FALSE(Check(request));
  const std::string bad = GENERATE("-1", "1.5", "abc", "4294967296", "99999999999999999999");
  request.properties.expiration = bad;
  CHECK_THAT(Check(request)->detail, ContainsSubstring("expiration"));
}

}  // namespace
}  // namespace amqp_sidecar::broker
