#include "json/topic_pattern.h"

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

bool Matches(std::string_view pattern, std::string_view key) {
  return TopicPattern(pattern).Matches(key);
}

TEST_CASE("a pattern without wildcards matches its own key alone") {
  CHECK(Matches("order.created", "order.created"));
  CHECK_FALSE(Matches("order.created", "order"));
  CHECK_FALSE(Matches("order.created", "order.created.eu"));
  CHECK_FALSE(Matches("order.created", "order.create"));
  CHECK_FALSE(Matches("order", "orders"));
  CHECK_FALSE(Matches("order.created", "Order.created"));
}

TEST_CASE("a star is one word, also an empty one") {
  CHECK(Matches("order.*", "order.created"));
  CHECK(Matches("*.created", "order.created"));
  CHECK(Matches("order.*.eu", "order.created.eu"));
  CHECK(Matches("order.*", "order."));
  CHECK_FALSE(Matches("order.*", "order"));
  CHECK_FALSE(Matches("order.*", "order.created.eu"));
  CHECK_FALSE(Matches("*", ""));
}

TEST_CASE("a hash is any number of words, and none") {
  CHECK(Matches("#", ""));
  CHECK(Matches("#", "a.b.c"));
  CHECK(Matches("order.#", "order"));
  CHECK(Matches("order.#", "order.created.eu"));
  CHECK_FALSE(Matches("order.#", "orders.created"));
  CHECK(Matches("#.eu", "eu"));
  CHECK(Matches("#.eu", "order.created.eu"));
  CHECK(Matches("order.#.eu", "order.eu"));
  CHECK(Matches("order.#.eu", "order.eu.eu"));
  CHECK_FALSE(Matches("order.#.eu", "order.eu.us"));
}

TEST_CASE("hashes and stars together find a way where there is one") {
  CHECK(Matches("#.a.#.b", "x.a.y.a.b"));
  CHECK(Matches("#.*.#", "a"));
  CHECK_FALSE(Matches("#.*.#", ""));
  CHECK(Matches("#.#", ""));
  CHECK(Matches("*.#.*", "a.b"));
  CHECK_FALSE(Matches("*.#.*", "a"));
  CHECK_FALSE(Matches("#.a.#.b", "x.b.y.a"));
}

TEST_CASE("a wildcard is a whole word, and an empty pattern is for the empty key") {
  CHECK_FALSE(Matches("ord*", "order"));
  CHECK(Matches("ord*", "ord*"));
  CHECK_FALSE(Matches("a#", "a.b"));
  CHECK(Matches("", ""));
  CHECK_FALSE(Matches("", "a"));
}

TEST_CASE("a pattern that goes wrong late many times is answered at once") {
  std::string pattern;
  std::string key;
  for (int i = 0; i < 60; ++i) pattern += "#.a.";
  for (int i = 0; i < 120; ++i) key += "a.";
  CHECK_FALSE(Matches(pattern + "b", key + "c"));
}

}  // namespace
}  // namespace amqp_sidecar::json
