#include "json/field_path.h"

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

FieldPath Path(std::string_view text) {
  absl::StatusOr<FieldPath> path = FieldPath::Parse(text);
  INFO(text);
  REQUIRE(path.ok());
  return *std::move(path);
}

std::string ErrorOf(std::string_view text) {
  const absl::StatusOr<FieldPath> path = FieldPath::Parse(text);
  REQUIRE_FALSE(path.ok());
  return std::string(path.status().message());
}

// The number or string that is there; "nothing" where nothing is.
std::string At(std::string_view path, std::string_view text) {
  Document document;
  REQUIRE(document.Parse(text) == std::nullopt);
  const std::optional<uint32_t> at = Path(path).Find(document);
  return at ? std::string(document.text(*at)) : "nothing";
}

TEST_CASE("names between dots and JSON Pointers find a field") {
  constexpr std::string_view kBody = R"({"customer":{"id":7,"tags":["a","b"]},"a.b":1,"a/b~":2})";
  CHECK(At("customer.id", kBody) == "7");
  CHECK(At("/customer/id", kBody) == "7");
  CHECK(At("/a.b", kBody) == "1");
  CHECK(At("/a~1b~0", kBody) == "2");
  CHECK(At("customer.name", kBody) == "nothing");
  CHECK(At("customer.id.deeper", kBody) == "nothing");
  CHECK(At("Customer.id", kBody) == "nothing");
}

TEST_CASE("a word of digits is an index where an array is, and a name where an object is") {
  constexpr std::string_view kBody = R"({"items":[{"sku":"x"},[1,[2,3]],{"sku":"y"}],"0":"name"})";
  CHECK(At("items.0.sku", kBody) == "x");
  CHECK(At("items.2.sku", kBody) == "y");
  CHECK(At("/items/1/1/0", kBody) == "2");
  CHECK(At("items.3.sku", kBody) == "nothing");
  CHECK(At("items.02.sku", kBody) == "nothing");
  CHECK(At("items.4294967296", kBody) == "nothing");
  CHECK(At("items.first", kBody) == "nothing");
  CHECK(At("0", kBody) == "name");
}

TEST_CASE("of members with the same name the last is found") {
  CHECK(At("a.b", R"({"a":{"b":1},"a":{"b":2,"b":3}})") == "3");
}

TEST_CASE("a JSON Pointer may name an empty key, and nothing is below a value") {
  CHECK(At("/", R"({"":5})") == "5");
  CHECK(At("/a/", R"({"a":{"":6}})") == "6");
  CHECK(At("a", "null") == "nothing");
  CHECK(At("a", "[]") == "nothing");
}

TEST_CASE("a path says where it leads as a JSON Pointer") {
  CHECK(Path("customer.id").pointer() == "/customer/id");
  CHECK(Path("/a~1b/~0").pointer() == "/a~1b/~0");
  CHECK(Path("a/b.c~d").pointer() == "/a~1b/c~0d");
}

TEST_CASE("what is no path is refused") {
  CHECK_THAT(ErrorOf(""), ContainsSubstring("must not be empty"));
  for (const char* path : {"a..b", ".a", "a.", "."}) {
    CHECK_THAT(ErrorOf(path), ContainsSubstring("empty name between its dots"));
  }
  for (const char* path : {"/a~", "/a~2", "/~~0"}) {
    CHECK_THAT(ErrorOf(path), ContainsSubstring("no JSON Pointer"));
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
