// Tables, properties and publishes: what goes in comes out, and what cannot be sent is refused.
#include <limits>

#include "amqp/content_codec.h"
#include "amqp/frame.h"
#include "amqp/publish.h"
#include "amqp/rabbitmq_c.h"
#include "amqp/table_codec.h"
#include "amqp/table_scan.h"
#include "amqp/wire.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

// Through the content header frame and back.
ContentHeader RoundTrip(const Properties& properties, uint64_t body_bytes = 0) {
  const std::string frame = ContentHeaderFrame(properties, body_bytes).value();
  auto decoded = DecodeContentHeader(
      std::string_view(frame).substr(kFrameHeaderBytes, frame.size() - kFrameOverhead));
  return std::get<ContentHeader>(std::move(decoded));
}

TEST_CASE("every property comes back as it was given") {
  Properties properties;
  SECTION("none") {}
  SECTION("all") {
    properties.content_type = "application/json";
    properties.content_encoding = "gzip";
    properties.headers = {{"a", {int64_t{1}}}};
    properties.delivery_mode = 2;
    properties.priority = 255;
    properties.correlation_id = "correlation";
    properties.reply_to = "reply";
    properties.expiration = "60000";
    properties.message_id = "message";
    properties.timestamp = {1'700'000'000};
    properties.type = "type";
    properties.user_id = "user";
    properties.app_id = "app";
  }
  SECTION("each alone") {
    const int which = GENERATE(range(0, 13));
    switch (which) {
      case 0:
        properties.content_type = std::string(255, 'c');
        break;
      case 1:
        properties.content_encoding = "e";
        break;
      case 2:
        properties.headers = {{"", {std::monostate()}}};
        break;
      case 3:
        properties.delivery_mode = 1;
        break;
      case 4:
        properties.priority = 1;
        break;
      case 5:
        properties.correlation_id = std::string("nul\0in it", 9);
        break;
      case 6:
        properties.reply_to = "r";
        break;
      case 7:
        properties.expiration = "1";
        break;
      case 8:
        properties.message_id = "m";
        break;
      case 9:
        properties.timestamp = {-1};
        break;
      case 10:
        properties.type = "t";
        break;
      case 11:
        properties.user_id = "u";
        break;
      default:
        properties.app_id = "a";
        break;
    }
  }
  const ContentHeader header = RoundTrip(properties, 1234567890123);
  CHECK(header.properties == properties);
  CHECK(header.body_bytes == 1234567890123);
  CHECK_FALSE(header.too_complex);
}

TEST_CASE("every kind of value comes back as it was given") {
  const FieldValue value = GENERATE(
      FieldValue{std::monostate()}, FieldValue{true}, FieldValue{false}, FieldValue{int64_t{0}},
      FieldValue{int64_t{-1}}, FieldValue{std::numeric_limits<int64_t>::min()},
      FieldValue{std::numeric_limits<int64_t>::max()}, FieldValue{0.1},
      FieldValue{std::numeric_limits<double>::infinity()}, FieldValue{std::string()},
      FieldValue{std::string("text \0 \xC3\xA9", 9)}, FieldValue{std::string(70000, 'x')},
      FieldValue{Bytes{std::string("\0\xFF\xCE", 3)}}, FieldValue{Timestamp{0}},
      FieldValue{Timestamp{-5}}, FieldValue{FieldArray{}}, FieldValue{FieldTable{}},
      FieldValue{FieldArray{{int64_t{1}}, {FieldArray{{true}}}, {FieldTable{{"k", {1.5}}}}}},
      FieldValue{
          FieldTable{{"a", {FieldTable{{"b", {FieldArray{}}}}}}, {"c", {std::string("d")}}}});
  Properties properties;
  properties.headers = {{"before", {int64_t{7}}}, {"value", value}, {"zafter", {int64_t{8}}}};
  CHECK(RoundTrip(properties).properties.headers == properties.headers);
}

// A table with one field of this kind, decoded.
FieldValue Decoded(char kind, std::string_view bytes) {
  std::string table("\0\0\0\0\x01k", 6);
  table += kind;
  table += bytes;
  PutNumber(table, 0, static_cast<uint32_t>(table.size() - 4));
  REQUIRE(ScanTable(table) == TableVerdict::kOk);
  Pool pool;
  amqp_table_t decoded;
  size_t offset = 0;
  REQUIRE(amqp_decode_table(ToBytes(table), pool.get(), &decoded, &offset) == 0);
  return FromAmqpTable(decoded).at("k");
}

TEST_CASE("the other kinds of numbers that a broker may send become ours") {
  CHECK(Decoded('b', "\xFE") == FieldValue{int64_t{-2}});
  CHECK(Decoded('B', "\xFE") == FieldValue{int64_t{254}});
  CHECK(Decoded('s', "\xFF\xFE") == FieldValue{int64_t{-2}});
  CHECK(Decoded('u', "\xFF\xFE") == FieldValue{int64_t{65534}});
  CHECK(Decoded('I', "\xFF\xFF\xFF\xFE") == FieldValue{int64_t{-2}});
  CHECK(Decoded('i', "\xFF\xFF\xFF\xFE") == FieldValue{int64_t{4294967294}});
  CHECK(Decoded('L', std::string_view("\0\0\0\0\0\0\0\x05", 8)) == FieldValue{int64_t{5}});
  CHECK(Decoded('L', "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF") == FieldValue{18446744073709551616.0});
  CHECK(Decoded('f', std::string_view("\x3F\x80\0\0", 4)) == FieldValue{1.0});
  CHECK(Decoded('D', std::string_view("\x02\0\0\x01\x3A", 5)) == FieldValue{3.14});
}

TEST_CASE("a name that comes twice in a table has its first value, as in RabbitMQ") {
  const std::string table("\0\0\0\x08\x01kt\x01\x01kt\0", 12);
  Pool pool;
  amqp_table_t decoded;
  size_t offset = 0;
  REQUIRE(amqp_decode_table(ToBytes(table), pool.get(), &decoded, &offset) == 0);
  CHECK(FromAmqpTable(decoded) == FieldTable{{"k", {true}}});
}

TEST_CASE("the content header on the wire is what the protocol says") {
  Properties properties;
  properties.delivery_mode = 2;
  properties.message_id = "ab";
  CHECK(ContentHeaderFrame(properties, 258).value() ==
        std::string("\x02\x00\x00\x00\x00\x00\x12"
                    "\x00\x3C\x00\x00"
                    "\x00\x00\x00\x00\x00\x00\x01\x02"
                    "\x10\x80"
                    "\x02"
                    "\x02"
                    "ab"
                    "\xCE",
                    26));
}

// --- EncodePublish.

absl::StatusOr<EncodedPublish> Encode(const Properties& properties, std::string_view exchange = "e",
                                      std::string_view key = "k") {
  return EncodePublish(exchange, key, properties, std::make_shared<const std::string>("body"));
}

std::string Refusal(const Properties& properties, std::string_view exchange = "e",
                    std::string_view key = "k") {
  const absl::StatusOr<EncodedPublish> encoded = Encode(properties, exchange, key);
  if (encoded.ok()) return "taken";
  CHECK(encoded.status().code() == absl::StatusCode::kInvalidArgument);
  return std::string(encoded.status().message());
}

TEST_CASE("a publish is the method frame and the header frame, on channel 0") {
  const EncodedPublish publish = Encode({}).value();
  CHECK(publish.head.substr(0, publish.header_frame_at) ==
        std::string("\x01\x00\x00\x00\x00\x00\x0B"
                    "\x00\x3C\x00\x28"
                    "\x00\x00"
                    "\x01"
                    "e"
                    "\x01"
                    "k"
                    "\x01"
                    "\xCE",
                    19));
  CHECK(publish.head[publish.header_frame_at] == 2);
  CHECK(publish.bytes() == publish.head.size() + 4);
}

TEST_CASE("names and properties of 255 bytes are taken, longer ones refused by name") {
  CHECK(Refusal({}, std::string(255, 'e'), std::string(255, 'k')) == "taken");
  CHECK(Refusal({}, std::string(256, 'e')) == "the exchange name is over 255 bytes");
  CHECK(Refusal({}, "e", std::string(256, 'k')) == "the routing key is over 255 bytes");
  Properties properties;
  properties.reply_to = std::string(255, 'r');
  CHECK(Refusal(properties) == "taken");
  properties.reply_to += 'r';
  CHECK(Refusal(properties) == "reply_to is over 255 bytes");
}

TEST_CASE("headers that are too deep, too many or too large are refused with their reason") {
  Properties properties;
  properties.headers = {{std::string(128, 'n'), {true}}};
  CHECK(Refusal(properties) == "taken");
  properties.headers = {{std::string(129, 'n'), {true}}};
  CHECK(Refusal(properties) == "a field name is over 128 bytes");

  properties.headers = {};
  for (int i = 1; i < kMaxTableDepth; ++i) properties.headers = {{"t", {properties.headers}}};
  CHECK(Refusal(properties) == "taken");
  properties.headers = {{"t", {FieldArray{{properties.headers}}}}};
  CHECK(Refusal(properties) == "a field table nests deeper than 16");

  FieldArray many(kMaxTableValues - 1, FieldValue{true});
  properties.headers = {{"a", {many}}};
  CHECK(Refusal(properties) == "taken");
  many.push_back({true});
  properties.headers = {{"a", {many}}};
  CHECK(Refusal(properties) == "a field table holds more than 4096 values");

  properties.headers = {{"a", {std::string(kFrameMax, 'x')}}};
  CHECK(Refusal(properties) == "the properties do not fit one frame");
}

TEST_CASE("headers that fill the largest frame to its last byte are taken, one byte more is not") {
  // The frame holds 8 bytes around it, 12 of class, weight and size, 2 of flags, 4 of table length,
  // and 7 of a field with the name "a".
  const size_t room = kFrameMax - 8 - 12 - 2 - 4 - 7;
  Properties properties;
  properties.headers = {{"a", {std::string(room, 'x')}}};
  const absl::StatusOr<EncodedPublish> full = Encode(properties);
  REQUIRE(full.ok());
  CHECK(full->head.size() - full->header_frame_at == kFrameMax);
  properties.headers = {{"a", {std::string(room + 1, 'x')}}};
  CHECK(Refusal(properties) == "the properties do not fit one frame");
}

TEST_CASE("what was encoded is what the scan of tables takes, at every limit") {
  FieldTable table;
  for (int i = 1; i < kMaxTableDepth; ++i) table = {{"t", {table}}};
  Properties properties;
  properties.headers = table;
  CHECK_FALSE(RoundTrip(properties).too_complex);
  properties.headers = {{"a", {FieldArray(kMaxTableValues - 1, FieldValue{true})}}};
  CHECK_FALSE(RoundTrip(properties).too_complex);
}

// --- FrameReader.

TEST_CASE("a frame reader buffers no more than the frame that is not complete") {
  std::string bytes;
  AppendFrameHeader(bytes, FrameType::kBody, 3, 5);
  bytes += "hello";
  bytes += kFrameEnd;
  const std::string two = bytes + bytes;
  for (size_t cut = 0; cut <= two.size(); ++cut) {
    FrameReader torn;
    int frames = 0;
    for (const std::string_view part :
         {std::string_view(two).substr(0, cut), std::string_view(two).substr(cut)}) {
      torn.Feed(part);
      Frame frame;
      while (torn.Next(frame) == FrameReader::Result::kFrame) {
        ++frames;
        CHECK(frame.payload == "hello");
        CHECK(frame.channel == 3);
      }
    }
    CHECK(frames == 2);
  }
}

TEST_CASE("a frame reader that found nonsense stays with it") {
  FrameReader reader;
  reader.Feed("nonsense");
  Frame frame;
  CHECK(reader.Next(frame) == FrameReader::Result::kMalformed);
  const std::string heartbeat = HeartbeatFrame();
  reader.Feed(heartbeat);
  CHECK(reader.Next(frame) == FrameReader::Result::kMalformed);
}

}  // namespace
}  // namespace amqp_sidecar::amqp
