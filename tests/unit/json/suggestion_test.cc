#include "json/suggestion.h"

#include <string>
#include <vector>

#include "json/describe.h"
#include "json/excerpt.h"
#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

TEST_CASE("one wrong letter is forgiven, in any form") {
  const std::vector<std::string_view> known = {"customer", "order_id", "total", "id"};
  CHECK(NearestName("custoner", known) == "customer");
  CHECK(NearestName("custmer", known) == "customer");
  CHECK(NearestName("customerr", known) == "customer");
  CHECK(NearestName("cutsomer", known) == "customer");
  CHECK(NearestName("ustomer", known) == "customer");
  CHECK(NearestName("orderid", known) == "order_id");
  CHECK(NearestName("totla", known) == "total");
  CHECK(NearestName("ttal", known) == "total");
  CHECK(NearestName("di", known) == "id");
}

TEST_CASE("one letter in four is forgiven") {
  CHECK(NearestName("abXdefYh", {"abcdefgh"}) == "abcdefgh");
  CHECK(NearestName("abXdeYgZ", {"abcdefgh"}) == "");
  CHECK(NearestName("shiping_adres", {"shipping_address"}) == "shipping_address");
  CHECK(NearestName("XbcdXfghXjkl", {"abcdefghijkl"}) == "abcdefghijkl");
  CHECK(NearestName("XXcdXfghXjkl", {"abcdefghijkl"}) == "");
}

TEST_CASE("a name that is near to none has no suggestion") {
  CHECK(NearestName("customer", {}).empty());
  CHECK(NearestName("customer", {"total", "id"}).empty());
  CHECK(NearestName("", {"total"}).empty());
  CHECK(NearestName("abc", {"xyz", "xbz"}).empty());
}

TEST_CASE("the nearest of those that are near is taken") {
  CHECK(NearestName("totals_", {"total", "totals"}) == "totals");
  CHECK(NearestName("billing_adress", {"billing_address", "billing_adres"}).substr(0, 8) ==
        "billing_");
  CHECK(NearestName("order_ib", {"order_xd", "order_id"}) == "order_id");
}

TEST_CASE("long names and many names are no burden") {
  const std::string name(100'000, 'a');
  const std::string other(100'000, 'b');
  CHECK(NearestName(name, {other, "total"}).empty());
  std::vector<std::string> names;
  for (int i = 0; i < 10'000; ++i) names.push_back("member_number_" + std::to_string(i));
  const std::vector<std::string_view> known(names.begin(), names.end());
  CHECK(NearestName("member_numbre_4711", known) == "member_number_4711");
}

TEST_CASE("an excerpt has 64 characters at most, and never half of one") {
  CHECK(Excerpt("").empty());
  CHECK(Excerpt(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(Excerpt(std::string(65, 'a')) == std::string(61, 'a') + "...");
  for (const std::string character : {"a", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80"}) {
    std::string text;
    for (int i = 0; i < 64; ++i) text += character;
    CHECK(Excerpt(text) == text);
    CHECK(Excerpt(text + character) == text.substr(0, 61 * character.size()) + "...");
    CHECK(Excerpt("x" + text) == "x" + text.substr(0, 60 * character.size()) + "...");
  }
}

TEST_CASE("a scalar is described as it is written, up to 64 characters, and the rest by its kind") {
  const auto described = [](const std::string& text) {
    Document document;
    REQUIRE_FALSE(document.Parse(text).has_value());
    return Describe(document, 0);
  };
  CHECK(described("12.50e0") == "12.50e0");
  CHECK(described("null") == "null");
  CHECK(described("true") == "true");
  CHECK(described("false") == "false");
  CHECK(described("[1]") == "an array");
  CHECK(described("{\"a\":1}") == "an object");
  CHECK_THAT(described("\"abc\""), ContainsSubstring("abc"));
  CHECK(described(std::string(1'000, '9')) == std::string(61, '9') + "...");
  const std::string text = described("\"" + std::string(1'000, 'x') + "\"");
  CHECK_THAT(text, ContainsSubstring(std::string(61, 'x') + "..."));
  CHECK(text.find(std::string(62, 'x')) == std::string::npos);
  CHECK(NameOf(Type::kArray) == "an array");
  CHECK(NameOf(Type::kString) == "a string");
  CHECK(NameOf(Type::kObject) == "an object");
}

}  // namespace
}  // namespace amqp_sidecar::json
