// The form of a log line: one line, whatever is in it.
#include "base/log.h"

#include "support/catch.h"

namespace amqp_sidecar::base {
namespace {

std::string Text(std::initializer_list<LogField> fields) {
  return FormatLogLine(LogFormat::kText, LogLevel::kInfo, "connection lost", fields);
}

std::string Json(std::initializer_list<LogField> fields) {
  return FormatLogLine(LogFormat::kJson, LogLevel::kInfo, "connection lost", fields);
}

TEST_CASE("a text line is the sentence and its fields") {
  CHECK(Text({}) == "connection lost");
  CHECK(Text({{"endpoint", "rabbit:5672"}, {"epoch", 7}, {"ready", true}}) ==
        "connection lost endpoint=rabbit:5672 epoch=7 ready=true");
}

TEST_CASE("a value with blanks, quotes or nothing in it stands in quotes") {
  CHECK(Text({{"reason", "no route"}}) == "connection lost reason=\"no route\"");
  CHECK(Text({{"reason", ""}}) == "connection lost reason=\"\"");
  CHECK(Text({{"reason", "a\"b=c\\"}}) == "connection lost reason=\"a\\\"b=c\\\\\"");
}

TEST_CASE("nothing that comes from outside begins a line of its own or reaches the terminal") {
  const std::string forged = "x\n2026-01-01 info all is well\r\t\x1b[31m\x7f";
  for (const std::string& line : {Text({{"reason", forged}}), Json({{"reason", forged}})}) {
    for (const char c : line) CHECK((static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  }
  CHECK(Text({{"reason", "a\nb"}}) == "connection lost reason=\"a\\nb\"");
}

TEST_CASE("a JSON line has numbers and truth values bare, and text quoted") {
  CHECK(Json({{"endpoint", "rabbit"}, {"code", 320}, {"ready", false}, {"said", "\"no\""}}) ==
        "\"level\":\"info\",\"msg\":\"connection lost\",\"endpoint\":\"rabbit\",\"code\":320,"
        "\"ready\":false,\"said\":\"\\\"no\\\"\"");
}

}  // namespace
}  // namespace amqp_sidecar::base
