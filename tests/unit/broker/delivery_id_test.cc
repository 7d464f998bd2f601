#include "broker/delivery_id.h"

#include "support/catch.h"

namespace amqp_sidecar::broker {
namespace {

TEST_CASE("a delivery id reads back as it was written") {
  const DeliveryId id{0xfedcba9876543210, 1, 77, UINT64_MAX};
  CHECK(ParseDeliveryId(FormatDeliveryId(id)) == id);
}

TEST_CASE("an id has one spelling, and anything else is none") {
  const std::string text = GENERATE("", ".", "1.2.3", "1.2.3.", "1.2.3.4.5", "1.2.3.4 ", " 1.2.3.4",
                                    "01.2.3.4", "1.2.3.0", "1.2.3.A", "1.2.3.-4", "1.2.3.0x4",
                                    "1.2.3.10000000000000000", "x.2.3.4", "1..3.4", "1.2.3.4\n");
  CAPTURE(text);
  CHECK_FALSE(ParseDeliveryId(text).has_value());
}

}  // namespace
}  // namespace amqp_sidecar::broker
