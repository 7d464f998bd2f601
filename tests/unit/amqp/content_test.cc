// Contents that come in: deliveries and returns put together from frames, interleaved and skipped.
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

Connection::Options SmallBodies() {
  Connection::Options options = Rig::DefaultOptions();
  options.max_body_bytes = 1000;
  return options;
}

TEST_CASE("a delivery has all that was sent with it") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  Properties properties;
  properties.content_type = "application/json";
  properties.message_id = "m";
  properties.headers = {{"attempt", {int64_t{3}}}};
  const std::string body = "{\"order\": 1}";
  rig.Say(server::Delivery(1, 77, "t", properties, body, 5));
  CHECK(rig.Log() ==
        Lines{"ch1 delivery 77 t orders/order.created redelivered " + std::to_string(body.size())});
  REQUIRE(ch.deliveries.size() == 1);
  CHECK(ch.deliveries[0].body == body);
  CHECK(ch.deliveries[0].properties == properties);
}

TEST_CASE("a delivery without a body is complete with its header") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(server::DeliverMethod(1, 1, "t"));
  CHECK(rig.Log().empty());
  rig.Say(server::Header(1, {}, 0));
  CHECK(rig.Log() == Lines{"ch1 delivery 1 t orders/order.created redelivered 0"});
}

TEST_CASE("contents of several channels may come interleaved") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& a = rig.Open();
  ChannelRecorder& b = rig.Open();
  rig.Say(server::DeliverMethod(1, 1, "a") + server::DeliverMethod(2, 2, "b") +
          server::Header(2, {}, 4) + server::Header(1, {}, 6) + server::Body(1, "one") +
          server::Body(2, "four") + server::Heartbeat() + server::Body(1, "two"));
  CHECK(a.deliveries.at(0).body == "onetwo");
  CHECK(b.deliveries.at(0).body == "four");
}

TEST_CASE("a body over the limit is skipped and told, and what follows is not lost") {
  Rig rig(SmallBodies());
  rig.MakeReady();
  rig.Open();
  rig.Say(server::Delivery(1, 1, "t", {}, std::string(1001, 'x'), 100) +
          server::Delivery(1, 2, "t", {}, std::string(1000, 'y'), 100));
  CHECK(rig.Log() ==
        Lines{"ch1 oversized 1 1001", "ch1 delivery 2 t orders/order.created redelivered 1000"});
}

TEST_CASE("a body size that is only a claim sets little aside") {
  Connection::Options options = Rig::DefaultOptions();
  options.max_body_bytes = uint64_t{1} << 63;
  Rig rig(options);
  rig.MakeReady();
  rig.Open();
  rig.Say(server::DeliverMethod(1, 1, "t") + server::Header(1, {}, uint64_t{1} << 60));
  rig.Say(server::Body(1, "a few bytes"));
  CHECK(rig.Log().empty());
}

FieldTable Nested(int depth) {
  FieldTable table;
  for (int i = 1; i < depth; ++i) table = {{"t", {table}}};
  return table;
}

// The header frame of a message whose headers nest one deeper than can be encoded.
std::string TooDeepHeader(uint16_t channel, uint64_t body_bytes) {
  const auto table = [](const std::string& inside) {
    std::string length(4, '\0');
    length[3] = static_cast<char>(inside.size());
    return length + inside;
  };
  std::string headers;
  for (int i = 0; i < kMaxTableDepth; ++i) {
    headers = std::string("\x01t", 2) + "F" + table(headers);
  }
  std::string payload("\x00\x3C\x00\x00", 4);
  for (int i = 7; i >= 0; --i) payload.push_back(static_cast<char>(body_bytes >> (8 * i)));
  payload += std::string("\x20\x00", 2) + table(headers);
  return server::RawFrame(2, channel, payload);
}

TEST_CASE("headers that nest as deep as may be are decoded, deeper ones skip their delivery") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  Properties properties;
  properties.headers = Nested(kMaxTableDepth);
  rig.Say(server::Delivery(1, 1, "t", properties, "b"));
  rig.Say(server::DeliverMethod(1, 2, "t") + TooDeepHeader(1, 3) + server::Body(1, "abc"));
  rig.Say(server::Delivery(1, 3, "t", {}, "b"));
  CHECK(rig.Log() == Lines{"ch1 delivery 1 t orders/order.created redelivered 1",
                           "ch1 oversized 2 3",
                           "ch1 delivery 3 t orders/order.created redelivered 1"});
  CHECK(ch.deliveries.at(0).properties.headers == properties.headers);
}

TEST_CASE("a returned message is told without its body, and a large one is no trouble") {
  Rig rig(SmallBodies());
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("orders", "nowhere", 1));
  Properties properties;
  properties.message_id = "m-1";
  rig.Say(server::Return(1, "orders", "nowhere", properties, std::string(5000, 'x'), 1000) +
          server::Ack(1, 1));
  CHECK(rig.Log() == Lines{"ch1 return 312 NO_ROUTE orders/nowhere m-1", "ch1 confirm 1 acked"});
}

TEST_CASE("a channel that the broker closes in the middle of a content is closed") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(server::DeliverMethod(1, 1, "t") + server::Header(1, {}, 10) + server::Body(1, "half"));
  rig.Say(server::ChannelClosed(1, 404, "no"));
  CHECK(rig.Log() == Lines{"ch1 closed closed-by-broker 404 no"});
}

TEST_CASE("contents on a channel that was closed here are skipped") {
  Rig rig;
  rig.MakeReady();
  ChannelRecorder& ch = rig.Open();
  rig.Say(server::DeliverMethod(1, 1, "t") + server::Header(1, {}, 10));
  ch.channel->Close();
  rig.Written();
  rig.Say(server::Body(1, "0123456789") + server::Delivery(1, 2, "t", {}, "more"));
  rig.Say(server::ChannelCloseOk(1));
  CHECK(rig.Log().empty());
  CHECK(rig.connection->ready());
}

}  // namespace
}  // namespace amqp_sidecar::amqp
