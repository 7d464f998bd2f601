// Documents that are cut, changed and made at random, and what simdjson's own parser says of them.
#include <simdjson.h>

#include <random>
#include <string>

#include "json/document.h"
#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

// With every kind of value, escape and space, and with no number that another byte makes so large
// that simdjson refuses it for its size.
constexpr std::string_view kMixed =
    "{\"id\": \"o-1\\u00e9\\ud83d\\ude00\",\t\"total\" :-12.5e+1,\"n\":[0,-1, 10 "
    ",true,false,null,[ "
    "],{}],\r\n\"\\u0061\\/\\\\\":{\"b\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\"},\"z\":\"\"}";

bool Takes(Document& document, std::string_view text) {
  const bool taken = !document.Parse(text).has_value();
  if (!taken) CHECK(document.size() == 0);
  return taken;
}

bool SimdjsonTakes(simdjson::dom::parser& parser, const std::string& text) {
  return parser.parse(text.data(), text.size()).error() == simdjson::SUCCESS;
}

void Print(const Document& document, uint32_t& at, std::string& out);

void PrintString(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void PrintAll(const Document& document, uint32_t& at, std::string& out, std::string_view ends) {
  const Value value = document[at];
  ++at;
  out += ends[0];
  for (uint32_t i = 0; i < value.count; ++i) {
    if (i > 0) out += ',';
    if (ends[0] == '{') {
      REQUIRE(document[at].is_name);
      PrintString(document.text(at), out);
      ++at;
      out += ':';
    }
    Print(document, at, out);
  }
  out += ends[1];
  REQUIRE(at == value.next);
}

void Print(const Document& document, uint32_t& at, std::string& out) {
  REQUIRE(at < document.size());
  const Value& value = document[at];
  switch (value.type) {
    case Type::kArray:
      return PrintAll(document, at, out, "[]");
    case Type::kObject:
      return PrintAll(document, at, out, "{}");
    case Type::kNull:
      out += "null";
      break;
    case Type::kBoolean:
      out += value.is_true ? "true" : "false";
      break;
    case Type::kNumber:
      out += document.text(at);
      break;
    case Type::kString:
      REQUIRE_FALSE(value.is_name);
      PrintString(document.text(at), out);
      break;
  }
  REQUIRE(value.next == ++at);
}

// The same text without spaces and needless escapes.
std::string Printed(const Document& document) {
  std::string out;
  uint32_t at = 0;
  Print(document, at, out);
  REQUIRE(at == document.size());
  return out;
}

// A text made at random, in two forms: `plain` is how it is printed.
class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  void Make(int size) {
    text.clear();
    plain.clear();
    Space();
    Any(0, size);
    Space();
  }

  std::string text, plain;

 private:
  int Upto(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
  void Both(std::string_view more) {
    text += more;
    plain += more;
  }
  void Space() {
    for (int i = Upto(5) - 3; i > 0; --i) text += " \t\r\n"[Upto(3)];
  }
  void String() {
    static constexpr std::string_view kWritten[] = {
        "a",    "Z",       " ",   "\xC3\xA9", "\xF0\x9F\x98\x80",
        "\\\"", "\\\\",    "\\/", "\\u0041",  "\\ud83d\\ude00",
        "{",    "[",       ",",   ":",        "]",
        "}",    "\\u00e9", "0"};
    static constexpr std::string_view kPrinted[] = {
        "a",    "Z",        " ", "\xC3\xA9", "\xF0\x9F\x98\x80",
        "\\\"", "\\\\",     "/", "A",        "\xF0\x9F\x98\x80",
        "{",    "[",        ",", ":",        "]",
        "}",    "\xC3\xA9", "0"};
    Both("\"");
    for (int i = Upto(Upto(9) == 0 ? 150 : 10); i > 0; --i) {
      const int which = Upto(17);
      text += kWritten[which];
      plain += kPrinted[which];
    }
    Both("\"");
  }
  void Number() {
    static constexpr std::string_view kNumbers[] = {"0",
                                                    "-0",
                                                    "1",
                                                    "-12",
                                                    "1.5",
                                                    "0.25e-3",
                                                    "1E5",
                                                    "123456789012345678",
                                                    "1e-7",
                                                    "9223372036854775807",
                                                    "-9223372036854775808",
                                                    "10",
                                                    "-0.0"};
    Both(kNumbers[Upto(12)]);
  }
  void Many(int depth, int size, std::string_view ends) {
    Both(ends.substr(0, 1));
    for (int i = Upto(size); i > 0; --i) {
      Space();
      if (ends[0] == '{') {
        String();
        Space();
        Both(":");
        Space();
      }
      Any(depth + 1, size);
      Space();
      if (i > 1) Both(",");
    }
    Space();
    Both(ends.substr(1));
  }
  void Any(int depth, int size) {
    switch (Upto(depth < 6 ? 8 : 4)) {
      case 0:
        return Both("null");
      case 1:
        return Both("true");
      case 2:
        return Both("false");
      case 3:
        return String();
      case 4:
        return Number();
      case 5:
      case 6:
        return Many(depth, size, "[]");
      default:
        return Many(depth, size, "{}");
    }
  }

  std::mt19937 random_;
};

TEST_CASE("a document cut anywhere is none") {
  Document document;
  REQUIRE(Takes(document, kMixed));
  const std::string printed = Printed(document);
  for (size_t size = 0; size < kMixed.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(Takes(document, kMixed.substr(0, size)));
    CHECK_FALSE(Takes(document, kMixed.substr(kMixed.size() - size)));
  }
  // A text that ends where memory ends is read no further.
  for (size_t size = 0; size < kMixed.size(); ++size) {
    const std::vector<char> exact(kMixed.begin(), kMixed.begin() + static_cast<int64_t>(size));
    CHECK_FALSE(Takes(document, {exact.data(), exact.size()}));
  }
  REQUIRE(Takes(document, kMixed));
  CHECK(Printed(document) == printed);
}

TEST_CASE("a document with one byte changed is taken as simdjson takes it") {
  Document document;
  simdjson::dom::parser parser;
  int taken = 0;
  for (size_t at = 0; at < kMixed.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(kMixed);
      text[at] = static_cast<char>(byte);
      const bool takes = Takes(document, text);
      if (takes != SimdjsonTakes(parser, text)) {
        CAPTURE(at, byte, text);
        CHECK(takes == SimdjsonTakes(parser, text));
      }
      if (takes) ++taken;
    }
  }
  CHECK(taken > 1'000);
}

TEST_CASE("a document with bytes put in, taken out or doubled is taken as simdjson takes it") {
  Document document;
  simdjson::dom::parser parser;
  for (size_t at = 0; at <= kMixed.size(); ++at) {
    for (const std::string_view more :
         {"",  "\"", "\\", ",",   ":",    "[",    "]",   "{",  "}",  "0",    "-",    ".", "e",
          " ", "\n", "a",  "tru", "\xC3", "\x80", "\\u", "[]", "{}", "\"\"", "null", "1,"}) {
      for (const size_t out : {0, 1, 2}) {
        if (at + out > kMixed.size()) continue;
        const std::string text = std::string(kMixed.substr(0, at)) + std::string(more) +
                                 std::string(kMixed.substr(at + out));
        const bool takes = Takes(document, text);
        if (takes != SimdjsonTakes(parser, text)) {
          CAPTURE(at, more, text);
          CHECK(takes == SimdjsonTakes(parser, text));
        }
      }
    }
  }
}

TEST_CASE("documents made at random are read as they were made, by one Document") {
  Document document;
  simdjson::dom::parser parser;
  for (uint32_t seed = 0; seed < 3'000; ++seed) {
    Maker maker(seed);
    maker.Make(static_cast<int>(seed % 12));
    CAPTURE(seed, maker.text);
    REQUIRE_FALSE(document.Parse(maker.text).has_value());
    REQUIRE(Printed(document) == maker.plain);
    REQUIRE(document.bytes() == maker.text.size());
    REQUIRE(SimdjsonTakes(parser, maker.text));
  }
}

TEST_CASE("bytes made at random never crash, and are taken as simdjson takes them") {
  Document document;
  simdjson::dom::parser parser;
  std::mt19937 random(1);
  const std::string_view pieces = "[]{}\",:\\0129-.eE+tfnu abd\x01\x80\xC3\xA9";
  std::uniform_int_distribution<size_t> any(0, pieces.size() - 1);
  std::uniform_int_distribution<size_t> size(1, 9);
  int taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    std::string text;
    for (size_t left = size(random); left > 0; --left) text += pieces[any(random)];
    const bool takes = Takes(document, text);
    // simdjson refuses numbers that no double holds.
    const bool may_be_large = text.find_first_of("eE") != std::string::npos;
    const bool other = SimdjsonTakes(parser, text);
    if (takes != other && !(takes && may_be_large)) {
      CAPTURE(text);
      CHECK(takes == other);
    }
    if (takes) ++taken;
  }
  CHECK(taken > 100);
}

TEST_CASE("one Document reads small texts after large ones and large ones after small") {
  Document document;
  const std::string large =
      "[" + std::string(300'000, ' ') + "\"" + std::string(400'000, 'x') + "\\n\",{\"a\":[1,2,3]}]";
  std::string many = "[0";
  for (int i = 1; i < 500'000; ++i) many += ",{}";
  many += "]";
  for (int round = 0; round < 3; ++round) {
    REQUIRE(Takes(document, "[1,\"\\u0041\"]"));
    CHECK(Printed(document) == "[1,\"A\"]");
    REQUIRE(Takes(document, large));
    CHECK(document.size() == 8);
    CHECK(document.text(1) == std::string(400'000, 'x') + "\n");
    CHECK_FALSE(Takes(document, "[1,"));
    REQUIRE(Takes(document, many));
    CHECK(document.size() == 500'001);
    CHECK(document[0].count == 500'000);
    CHECK(document.PointerTo(500'000) == "/499999");
    CHECK_FALSE(Takes(document, ""));
    REQUIRE(Takes(document, "7"));
    CHECK(document[0].integer == 7);
    CHECK(document.size() == 1);
    CHECK_FALSE(Takes(document, std::string(2'000'000, '[')));
    CHECK_FALSE(Takes(document, std::string(2'000'000, '"')));
    CHECK_FALSE(Takes(document, std::string(2'000'000, ' ')));
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
