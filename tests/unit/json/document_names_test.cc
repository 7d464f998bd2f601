// Names: unique ones, duplicates, and the pointers that they make.
#include <string>
#include <vector>

#include "json/document.h"
#include "json/json_pointer.h"
#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

constexpr Document::Options kUnique = {.max_depth = kMaxDepth, .unique_keys = true};

bool IsUnique(const std::string& text) {
  Document document;
  INFO(text.substr(0, 200));
  REQUIRE_FALSE(document.Parse(text).has_value());
  return !document.Parse(text, kUnique).has_value();
}

std::string ObjectOf(int members, const std::string& more = "") {
  std::string text = "{";
  for (int i = 0; i < members; ++i) {
    if (i > 0) text += ",";
    text += "\"name" + std::to_string(i) + "\":" + std::to_string(i);
  }
  return text + more + "}";
}

TEST_CASE("names that are equal are refused where they must be unique") {
  CHECK(IsUnique("{}"));
  CHECK(IsUnique(R"({"a":1,"b":2})"));
  CHECK(IsUnique(R"({"a":{"a":{"a":1}}})"));
  CHECK(IsUnique(R"([{"a":1},{"a":1}])"));
  CHECK(IsUnique(R"({"a":{"b":1},"b":{"a":1}})"));
  CHECK(IsUnique(R"({"a":"a","b":"a"})"));
  CHECK(IsUnique(R"({"a":1,"A":1,"":1," ":1})"));
  CHECK(IsUnique(R"({"ab":1,"a":1,"abc":1})"));
  CHECK(IsUnique("{\"\xC3\xA9\":1,\"e\xCC\x81\":1}"));
  CHECK_FALSE(IsUnique(R"({"a":1,"a":1})"));
  CHECK_FALSE(IsUnique(R"({"":1,"":2})"));
  CHECK_FALSE(IsUnique(R"({"a":{"x":1,"x":2},"b":1})"));
  CHECK_FALSE(IsUnique(R"([[{"b":{},"x":{"y":1},"b":[]}]])"));
  CHECK_FALSE(IsUnique(R"({"a":{"a":1},"b":2,"a":3})"));
}

TEST_CASE("names are equal by what their escapes stand for") {
  CHECK_FALSE(IsUnique(R"({"a":1,"\u0061":2})"));
  CHECK_FALSE(IsUnique(R"({"\u0061":1,"a":2})"));
  CHECK_FALSE(IsUnique(R"({"/":1,"\/":2})"));
  CHECK_FALSE(IsUnique("{\"\\ud83d\\ude00\":1,\"\U0001F600\":2}"));
  CHECK_FALSE(IsUnique(R"({"\u00e9":1,"\u00E9":2})"));
  CHECK(IsUnique(R"({"\\u0061":1,"a":2})"));
  CHECK(IsUnique(R"({"a":1,"a\u0000":2})"));
}

TEST_CASE("one name twice is found among any number") {
  for (const int members :
       {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 1'000, 10'000}) {
    CAPTURE(members);
    CHECK(IsUnique(ObjectOf(members)));
    CHECK_FALSE(IsUnique(ObjectOf(members, ",\"name0\":0")));
    CHECK_FALSE(IsUnique(ObjectOf(members, ",\"name" + std::to_string(members - 1) + "\":0")));
    CHECK_FALSE(
        IsUnique(ObjectOf(members, ",\"\\u006eame" + std::to_string(members / 2) + "\":0")));
    CHECK_FALSE(IsUnique("[" + ObjectOf(members) + "," + ObjectOf(members, ",\"name0\":0") + "]"));
    CHECK(IsUnique("[" + ObjectOf(members) + "," + ObjectOf(members) + "]"));
  }
}

TEST_CASE("the complaint about a name that is there twice points at it") {
  Document document;
  const std::string error =
      document.Parse(R"({"items":[{"id":1},{"id":1,"a/b":2,"a/b":3}]})", kUnique).value_or("");
  CHECK_THAT(error, ContainsSubstring("/items/1/a~1b"));
  CHECK(document.size() == 0);
  CHECK_THAT(document.Parse(ObjectOf(1'000, ",\"name7\":0"), kUnique).value_or(""),
             ContainsSubstring("/name7"));
}

TEST_CASE("a long name is cut in what is said of it") {
  Document document;
  const std::string name(5'000, 'n');
  const std::string error =
      document.Parse("{\"" + name + "\":1,\"" + name + "\":2}", kUnique).value_or("");
  CHECK_FALSE(error.empty());
  CHECK(error.size() < 200);
  CHECK_THAT(document.Parse("{\"" + name + "\":[tru]}").value_or(""), ContainsSubstring("/nnnn"));
  CHECK(document.Parse("{\"" + name + "\":[tru]}").value_or("").size() < 200);
}

TEST_CASE("of two members with one name the last is found") {
  Document document;
  REQUIRE_FALSE(document.Parse(R"({"a":1,"b":{"a":2},"a":[3],"\u0061b":4,"c":5})"));
  const auto a = document.Find(0, "a");
  REQUIRE(a);
  CHECK(document[*a].type == Type::kArray);
  CHECK(document.PointerTo(*a) == "/a");
  const auto b = document.Find(0, "b");
  REQUIRE(b);
  CHECK(document.text(document.Find(*b, "a").value()) == "2");
  CHECK(document.text(document.Find(0, "ab").value()) == "4");
  CHECK_FALSE(document.Find(0, "d"));
  CHECK_FALSE(document.Find(0, ""));
  CHECK_FALSE(document.Find(*b, "b"));
  CHECK_FALSE(document.Find(0, "A"));
  REQUIRE_FALSE(document.Parse(R"([{"":1,"x":{}}, {"":"y"}])"));
  CHECK(document.text(document.Find(1, "").value()) == "1");
  CHECK_FALSE(document.Find(document.Find(1, "x").value(), ""));
}

TEST_CASE("every place has its pointer") {
  Document document;
  REQUIRE_FALSE(document.Parse(
      R"({"a":[1,[],{"b":null}],"":"x","c/d":{"~":[[2]]},"\u006d~1\"":0,"é":{"0":[3]},"a b":1})"));
  const std::vector<std::string> pointers = {
      "",        "/a",      "/a",    "/a/0",  "/a/1",     "/a/2",     "/a/2/b",     "/a/2/b",
      "/",       "/",       "/c~1d", "/c~1d", "/c~1d/~0", "/c~1d/~0", "/c~1d/~0/0", "/c~1d/~0/0/0",
      "/m~01\"", "/m~01\"", "/é",    "/é",    "/é/0",     "/é/0",     "/é/0/0",     "/a b",
      "/a b"};
  REQUIRE(document.size() == pointers.size());
  for (uint32_t i = 0; i < pointers.size(); ++i) {
    CAPTURE(i);
    CHECK(document.PointerTo(i) == pointers[i]);
  }
}

TEST_CASE("a pointer counts elements, not values") {
  Document document;
  std::string text = "[";
  for (int i = 0; i < 1'000; ++i) text += "{\"a\":[1,2,3]},";
  REQUIRE_FALSE(document.Parse(text + "[]]"));
  CHECK(document.PointerTo(document.size() - 1) == "/1000");
  CHECK(document.PointerTo(document.size() - 2) == "/999/a/2");
}

TEST_CASE("long names are cut in pointers, between characters") {
  CHECK(EscapePointer("") == "");
  CHECK(EscapePointer("a/b~c~1") == "a~1b~0c~01");
  CHECK(EscapePointer(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(EscapePointer(std::string(65, 'a')) == std::string(61, 'a') + "...");
  std::string accents, escaped;
  for (int i = 0; i < 64; ++i) accents += "\xC3\xA9";
  CHECK(EscapePointer(accents) == accents);
  CHECK(EscapePointer(accents + "x") == accents.substr(0, 122) + "...");
  for (int i = 0; i < 61; ++i) escaped += "~1";
  CHECK(EscapePointer(std::string(100, '/')) == escaped + "...");
  Document document;
  REQUIRE_FALSE(document.Parse("{\"" + std::string(100, 'k') + "\":[true]}"));
  CHECK(document.PointerTo(3) == "/" + std::string(61, 'k') + ".../0");
}

TEST_CASE("what is said of a fault names the place, and quotes no value") {
  Document document;
  CHECK_THAT(document.Parse(R"({"a":{"card":"4111\x"}})").value_or(""),
             ContainsSubstring("/a/card"));
  for (const char* text :
       {R"({"a":"secret\x"})", R"({"a":["secret",tru]})", R"(["secret" "secret"])",
        R"({"a":"secret)", "{\"a\":\"secret\n\"}", R"({"a":secret})"}) {
    CAPTURE(text);
    CHECK(document.Parse(text).value_or("secret").find("secret") == std::string::npos);
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
