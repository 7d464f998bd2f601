#include "json/validator.h"

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

TEST_CASE("JSON types claim to be JSON, in any case and with parameters") {
  CHECK(ClaimsJson("application/json"));
  CHECK(ClaimsJson("Application/JSON; charset=utf-8"));
  CHECK(ClaimsJson("application/cloudevents+json ; x=y"));
  CHECK_FALSE(ClaimsJson(""));
  CHECK_FALSE(ClaimsJson("text/json5"));
  CHECK_FALSE(ClaimsJson("application/octet-stream"));
}

TEST_CASE("an empty or malformed body that claims to be JSON is refused") {
  const Validator validator({.require_json = true});
  CHECK_THAT(validator.CheckPublish("application/json", "").value(), ContainsSubstring("empty"));
  CHECK_THAT(validator.CheckPublish("application/json", "{").value(),
             ContainsSubstring("not well-formed"));
  CHECK(validator.CheckPublish("application/json", "{}") == std::nullopt);
  CHECK(validator.CheckPublish("text/plain", "") == std::nullopt);
  CHECK(validator.CheckDelivery("", "{") == std::nullopt);
}

TEST_CASE("with require_json off nothing is checked") {
  const Validator validator({.require_json = false});
  CHECK(validator.CheckPublish("application/json", "{") == std::nullopt);
}

}  // namespace
}  // namespace amqp_sidecar::json
