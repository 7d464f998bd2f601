#include "broker/uuid.h"

#include <set>
#include <string>

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

TEST_CASE("a UUIDv7 carries its time, version and variant") {
  const std::string text = NewUuidV7(base::WallTime(std::chrono::milliseconds(0x0123456789ab)));
  REQUIRE(text.size() == 36);
  CHECK(text.substr(0, 15) == "01234567-89ab-7");
  CHECK(std::string("89ab").find(text[19]) != std::string::npos);
}

TEST_CASE("UUIDs of one moment differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) seen.insert(NewUuidV7(base::WallTime()));
  CHECK(seen.size() == 10'000);
}

}  // namespace
}  // namespace amqp_sidecar::broker
