// Bytes that no broker would send: each ends the connection with a reason, and takes no memory.
#include "rig.h"
#include "support/catch.h"

namespace amqp_sidecar::amqp {
namespace {

// What becomes of a connection with channel 1 open that hears `bytes`.
std::string EndOf(const std::string& bytes, uint32_t frame_max = 131072) {
  Rig rig;
  rig.MakeReady(10, frame_max);
  ChannelRecorder& ch = rig.Open();
  ch.channel->Publish(Message("", "q", 1));
  rig.Written();
  rig.Say(bytes);
  const Lines log = rig.Log();
  if (log.empty()) return "lives";
  // It says goodbye with the code that it names.
  const Lines sent = rig.Sent();
  if (sent.size() != 1 || sent[0].find("connection.close 5") != 0) return "no goodbye";
  return log.back();
}

TEST_CASE("a frame larger than was agreed on is refused before it is buffered") {
  const std::string header("\x03\x00\x01\x00\x00\x0F\xF9", 7);  // 4089 bytes
  CHECK(EndOf(header, 4096) ==
        "closed protocol-error 501 a frame of 4089 bytes, where 4096 were agreed on");
  CHECK(EndOf(std::string("\x01\x00\x01\xFF\xFF\xFF\xFF", 7)) ==
        "closed protocol-error 501 a frame of 4294967295 bytes, where 131072 were agreed on");
}

TEST_CASE("a frame as large as was agreed on is taken") {
  const std::string body(4088, 'x');
  Rig rig;
  rig.MakeReady(10, 4096);
  rig.Open();
  rig.Say(server::Delivery(1, 1, "t", {}, body, 4088));
  CHECK(rig.Log() == Lines{"ch1 delivery 1 t orders/order.created redelivered 4088"});
}

TEST_CASE("a frame without its end byte is refused") {
  CHECK(EndOf(server::RawFrame(8, 0, "", '\xCD')) ==
        "closed protocol-error 501 a frame without the frame-end byte");
}

TEST_CASE("a frame of an unknown type is refused") {
  CHECK_THAT(EndOf(server::RawFrame(4, 0, "")),
             ContainsSubstring("closed protocol-error 501 not an AMQP frame"));
}

TEST_CASE("frames too short for what they say they are are refused") {
  CHECK(EndOf(server::RawFrame(1, 1, "abc")) ==
        "closed protocol-error 501 a frame of type 1 with 3 bytes only");
  CHECK(EndOf(server::RawFrame(2, 1, std::string(13, '\0'))) ==
        "closed protocol-error 501 a frame of type 2 with 13 bytes only");
}

TEST_CASE("a heartbeat with a channel or a payload is refused") {
  const std::string end = "closed protocol-error 501 a heartbeat with a channel or a payload";
  CHECK(EndOf(server::RawFrame(8, 1, "")) == end);
  CHECK(EndOf(server::RawFrame(8, 0, "x")) == end);
}

TEST_CASE("methods that are unknown, or that a broker does not send, are refused") {
  CHECK(EndOf(server::RawMethod(1, 0x003C0099, "")) ==
        "closed protocol-error 502 method 60.153 cannot be decoded");
  // basic.publish
  CHECK(EndOf(server::RawMethod(1, 0x003C0028, std::string(6, '\0'))) ==
        "closed protocol-error 540 method 60.40 was not expected");
  CHECK(EndOf(server::RawMethod(0, 0x000A0063, "")) ==
        "closed protocol-error 502 method 10.99 cannot be decoded");
}

TEST_CASE("a method that is torn is refused") {
  const std::string whole = server::DeliverMethod(1, 1, "t");
  for (size_t cut = 1; cut < whole.size() - 12; ++cut) {
    const std::string arguments = whole.substr(11, whole.size() - 12 - cut);
    CHECK(EndOf(server::RawMethod(1, 0x003C003C, arguments)) ==
          "closed protocol-error 502 method 60.60 cannot be decoded");
  }
}

TEST_CASE("methods on the wrong kind of channel are refused") {
  CHECK(EndOf(server::Blocked("x").replace(2, 1, "\x01")) ==
        "closed protocol-error 503 a method that does not belong on a channel");
  CHECK(EndOf(server::Ack(0, 1)) == "closed protocol-error 503 a method out of turn on channel 0");
  CHECK(EndOf(server::Tune()) == "closed protocol-error 503 a method out of turn on channel 0");
  CHECK(EndOf(server::Header(0, {}, 1)) == "closed protocol-error 503 a content on channel 0");
}

TEST_CASE("frames on a channel that was never opened are refused") {
  CHECK(EndOf(server::Ack(2, 1)) == "closed protocol-error 504 a frame on channel 2, never opened");
  CHECK(EndOf(server::Body(65535, "x")) ==
        "closed protocol-error 504 a frame on channel 65535, never opened");
}

TEST_CASE("frames of a content out of turn are refused") {
  const std::string deliver = server::DeliverMethod(1, 1, "t");
  CHECK(EndOf(server::Header(1, {}, 1)) ==
        "closed protocol-error 505 a content header out of turn");
  CHECK(EndOf(server::Body(1, "x")) == "closed protocol-error 505 a content body out of turn");
  CHECK(EndOf(deliver + deliver) ==
        "closed protocol-error 505 a method in the middle of a content");
  CHECK(EndOf(deliver + server::Body(1, "x")) ==
        "closed protocol-error 505 a content body out of turn");
  CHECK(EndOf(deliver + server::Header(1, {}, 2) + server::Header(1, {}, 2)) ==
        "closed protocol-error 505 a content header out of turn");
  CHECK(EndOf(deliver + server::Header(1, {}, 2) + server::Ack(1, 1)) ==
        "closed protocol-error 505 a method in the middle of a content");
}

TEST_CASE("a body of another size than its header says is refused") {
  const std::string begin = server::DeliverMethod(1, 1, "t") + server::Header(1, {}, 3);
  CHECK(EndOf(begin + server::Body(1, "four")) ==
        "closed protocol-error 501 a content body of another size than announced");
  CHECK(EndOf(begin + server::RawFrame(3, 1, "")) ==
        "closed protocol-error 501 a content body of another size than announced");
}

// A content header with these flags and this behind them.
std::string RawHeader(const std::string& flags_and_properties, const std::string& klass = "\x3C") {
  return server::DeliverMethod(1, 1, "t") +
         server::RawFrame(
             2, 1,
             std::string(1, '\0') + klass + std::string(9, '\0') + "\x01" + flags_and_properties);
}

TEST_CASE("a content header of another class is refused") {
  CHECK(EndOf(RawHeader(std::string(2, '\0'), "\x0A")) ==
        "closed protocol-error 501 a content header of another class than basic");
}

TEST_CASE("property flags that go on are refused") {
  CHECK(EndOf(RawHeader(std::string("\x00\x01\x00\x00", 4))) ==
        "closed protocol-error 502 a content header cannot be decoded");
}

TEST_CASE("properties that are torn are refused") {
  const std::string refused = "closed protocol-error 502 a content header cannot be decoded";
  CHECK(EndOf(RawHeader(std::string("\x80\x00\x05"
                                    "abc",
                                    6))) == refused);  // content type
  CHECK(EndOf(RawHeader(std::string("\x80\x00", 2))) == refused);
  CHECK(EndOf(RawHeader(std::string("\xE0\x00\x01"
                                    "a"
                                    "\xFF"
                                    "b",
                                    6))) == refused);                          // before headers
  CHECK(EndOf(RawHeader(std::string("\x20\x00\x00\x00\x00", 5))) == refused);  // headers' length
  CHECK(EndOf(RawHeader(std::string("\x00\x40\x00\x00", 4))) == refused);      // timestamp
}

// A headers table with this inside, as a content header.
std::string RawTable(const std::string& inside) {
  std::string flags("\x20\x00\x00\x00", 4);
  flags.push_back(static_cast<char>(inside.size() >> 8));
  flags.push_back(static_cast<char>(inside.size()));
  return RawHeader(flags + inside);
}

TEST_CASE("headers that are malformed are refused before they are decoded") {
  const std::string refused = "closed protocol-error 502 a content header cannot be decoded";
  CHECK(EndOf(RawTable("\x01"
                       "aZ")) == refused);  // an unknown kind
  CHECK(EndOf(RawTable("\x01"
                       "a")) == refused);  // no kind
  CHECK(EndOf(RawTable("\x05"
                       "a")) == refused);  // a torn name
  CHECK(EndOf(RawTable(std::string("\x01"
                                   "aS\x00\x00\x00\x05"
                                   "abc",
                                   10))) == refused);
  CHECK(EndOf(RawTable(std::string("\x01"
                                   "al\x00\x00",
                                   5))) == refused);  // a torn number
  CHECK(EndOf(RawTable(std::string("\x01"
                                   "aF\x00\x00\x00\x09",
                                   7))) == refused);
  CHECK(EndOf(RawTable(std::string("\x01"
                                   "aA\x00\x00\x00\x01Q",
                                   8))) == refused);
  CHECK(EndOf(RawTable(std::string("\x01"
                                   "aV",
                                   3))) == "lives");
}

TEST_CASE("a frame full of nested tables or arrays is not followed down") {
  // Twenty thousand arrays, one in the other: only their lengths are there.
  std::string arrays;
  size_t left = 100000;
  while (left > 10) {
    left -= 5;
    arrays += 'A';
    for (int i = 3; i >= 0; --i) arrays.push_back(static_cast<char>((left - 5) >> (8 * i)));
  }
  arrays.resize(100000 - 5 + 5, 'V');
  std::string table(
      "\x01"
      "a",
      2);
  table += arrays;
  std::string length;
  for (int i = 3; i >= 0; --i) length.push_back(static_cast<char>(table.size() >> (8 * i)));
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(RawHeader(std::string("\x20\x00", 2) + length + table));
  rig.Say(server::Body(1, "x"));
  CHECK(rig.Log() == Lines{"ch1 oversized 1 1"});
}

TEST_CASE("a frame full of tiny values is not decoded to fifty times its size") {
  std::string inside(
      "\x01"
      "aA",
      3);
  const size_t values = kMaxTableValues;
  for (int i = 3; i >= 0; --i) inside.push_back(static_cast<char>(values >> (8 * i)));
  inside += std::string(values, 'V');
  Rig rig;
  rig.MakeReady();
  rig.Open();
  rig.Say(RawTable(inside) + server::Body(1, "x"));
  CHECK(rig.Log() == Lines{"ch1 oversized 1 1"});
}

TEST_CASE("a server-properties table that is malformed or too deep ends the handshake") {
  const std::string start = server::Start();
  Rig rig;
  // The kind of the first value: behind frame header, method, versions, table length and name.
  std::string bad = start;
  bad.at(7 + 4 + 2 + 4 + 1 + std::string("capabilities").size()) = 'Z';
  rig.Say(bad);
  CHECK(rig.Log() == Lines{"closed protocol-error 502 method 10.10 cannot be decoded"});
}

TEST_CASE("a broker that asks and asks, and never reads the answers, is left") {
  Rig rig;
  rig.MakeReady();
  rig.Open();
  const std::string flow = server::Flow(1, true);
  std::string flood;
  for (int i = 0; i < 4096; ++i) flood += flow;
  Lines log;
  for (int i = 0; i < 1000 && log.empty(); ++i) {
    rig.Say(flood);
    log = rig.Log();
  }
  REQUIRE(log.size() == 2);
  CHECK(log.back() == "closed link-lost 0 the broker does not take what it is answered");
}

TEST_CASE("what comes behind a violation is not read") {
  CHECK(EndOf(server::RawFrame(8, 1, "") + server::Ack(1, 1)) ==
        "closed protocol-error 501 a heartbeat with a channel or a payload");
}

}  // namespace
}  // namespace amqp_sidecar::amqp
