#include "json/uri.h"

#include <string>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

struct Case {
  std::string reference;
  std::string resolved;
};

void CheckAll(const std::string& base, const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    CAPTURE(base, one.reference);
    CHECK(ResolveUri(base, one.reference) == one.resolved);
  }
}

TEST_CASE("the normal examples of RFC 3986 resolve as it says") {
  CheckAll("http://a/b/c/d;p?q", {{"g:h", "g:h"},
                                  {"g", "http://a/b/c/g"},
                                  {"./g", "http://a/b/c/g"},
                                  {"g/", "http://a/b/c/g/"},
                                  {"/g", "http://a/g"},
                                  {"//g", "http://g"},
                                  {"?y", "http://a/b/c/d;p?y"},
                                  {"g?y", "http://a/b/c/g?y"},
                                  {"#s", "http://a/b/c/d;p?q#s"},
                                  {"g#s", "http://a/b/c/g#s"},
                                  {"g?y#s", "http://a/b/c/g?y#s"},
                                  {";x", "http://a/b/c/;x"},
                                  {"g;x", "http://a/b/c/g;x"},
                                  {"g;x?y#s", "http://a/b/c/g;x?y#s"},
                                  {"", "http://a/b/c/d;p?q"},
                                  {".", "http://a/b/c/"},
                                  {"./", "http://a/b/c/"},
                                  {"..", "http://a/b/"},
                                  {"../", "http://a/b/"},
                                  {"../g", "http://a/b/g"},
                                  {"../..", "http://a/"},
                                  {"../../", "http://a/"},
                                  {"../../g", "http://a/g"}});
}

TEST_CASE("the abnormal examples of RFC 3986 resolve as it says") {
  CheckAll("http://a/b/c/d;p?q", {{"../../../g", "http://a/g"},
                                  {"../../../../g", "http://a/g"},
                                  {"/./g", "http://a/g"},
                                  {"/../g", "http://a/g"},
                                  {"g.", "http://a/b/c/g."},
                                  {".g", "http://a/b/c/.g"},
                                  {"g..", "http://a/b/c/g.."},
                                  {"..g", "http://a/b/c/..g"},
                                  {"./../g", "http://a/b/g"},
                                  {"./g/.", "http://a/b/c/g/"},
                                  {"g/./h", "http://a/b/c/g/h"},
                                  {"g/../h", "http://a/b/c/h"},
                                  {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
                                  {"g;x=1/../y", "http://a/b/c/y"},
                                  {"g?y/./x", "http://a/b/c/g?y/./x"},
                                  {"g?y/../x", "http://a/b/c/g?y/../x"},
                                  {"g#s/./x", "http://a/b/c/g#s/./x"},
                                  {"g#s/../x", "http://a/b/c/g#s/../x"},
                                  {"http:g", "http:g"}});
}

TEST_CASE("files and names resolve, too") {
  CheckAll("file:///a/b.json", {{"c.json", "file:///a/c.json"},
                                {"../c.json#/d", "file:///c.json#/d"},
                                {"../../../c.json", "file:///c.json"},
                                {"/c.json", "file:///c.json"},
                                {"#", "file:///a/b.json#"},
                                {"sub/c.json", "file:///a/sub/c.json"},
                                {"urn:x:y#z", "urn:x:y#z"}});
  CheckAll("urn:example:root", {{"#a", "urn:example:root#a"},
                                {"", "urn:example:root"},
                                {"http://x/y", "http://x/y"},
                                {"urn:other", "urn:other"}});
  CheckAll("http://example.com", {{"g", "http://example.com/g"},
                                  {"/g", "http://example.com/g"},
                                  {"?q", "http://example.com?q"}});
  CheckAll("http://example.com/a?x/y",
           {{"b", "http://example.com/b"}, {"?z", "http://example.com/a?z"}});
}

TEST_CASE("the fragment of the base is not inherited") {
  CheckAll("http://a/b#old", {{"", "http://a/b"},
                              {"#new", "http://a/b#new"},
                              {"c", "http://a/c"},
                              {"?q", "http://a/b?q"}});
}

TEST_CASE("a colon behind a slash, a question mark or a hash makes no scheme") {
  CheckAll("http://a/b/c", {{"./d:e", "http://a/b/d:e"},
                            {"/d:e", "http://a/d:e"},
                            {"?d:e", "http://a/b/c?d:e"},
                            {"#d:e", "http://a/b/c#d:e"},
                            {"d/e:f", "http://a/b/d/e:f"},
                            {"1d:e", "http://a/b/1d:e"},
                            {"d+e-f.1:g", "d+e-f.1:g"}});
}

TEST_CASE("a fragment is split off, and its percent signs are resolved") {
  const auto plain = SplitFragment("http://a/b%20c");
  REQUIRE(plain);
  CHECK(plain->uri == "http://a/b%20c");
  CHECK(plain->fragment.empty());
  const auto parts = SplitFragment("http://a/b%20c#/d%25e%2ff/%C3%A9");
  REQUIRE(parts);
  CHECK(parts->uri == "http://a/b%20c");
  CHECK(parts->fragment == "/d%e/f/\xC3\xA9");
  const auto empty = SplitFragment("#");
  REQUIRE(empty);
  CHECK(empty->uri.empty());
  CHECK(empty->fragment.empty());
  CHECK(SplitFragment("a#b")->fragment == "b");
  for (const char* bad : {"a#%", "a#%2", "a#%zz", "a#%2g", "a#b%", "#%%20"}) {
    CAPTURE(bad);
    CHECK_FALSE(SplitFragment(bad).has_value());
  }
}

TEST_CASE("percent signs are decoded") {
  CHECK(PercentDecoded("") == "");
  CHECK(PercentDecoded("a+b") == "a+b");
  CHECK(PercentDecoded("%41%2f%2F%25") == "A//%");
  CHECK(PercentDecoded("%00") == std::string(1, '\0'));
  CHECK(PercentDecoded("%2541") == "%41");
  for (const char* bad : {"%", "a%", "%4", "%4x", "%x4", "%-1", "% 1", "%+1"}) {
    CAPTURE(bad);
    CHECK_FALSE(PercentDecoded(bad).has_value());
  }
}

TEST_CASE("a path is encoded, and decodes to what it was") {
  CHECK(PercentEncodedPath("orders/v1.2/order-line_1~.json") == "orders/v1.2/order-line_1~.json");
  CHECK(PercentEncodedPath("a b") == "a%20b");
  CHECK(PercentEncodedPath("a#b?c%d") == "a%23b%3Fc%25d");
  CHECK(PercentEncodedPath("\xC3\xA9") == "%C3%A9");
  std::string every;
  for (int c = 1; c < 256; ++c) every += static_cast<char>(c);
  const std::string encoded = PercentEncodedPath(every);
  CHECK(encoded.find_first_of("#?\"<> \\^`{|}\x7F\x80\xFF") == std::string::npos);
  CHECK(PercentDecoded(encoded) == every);
}

TEST_CASE("hostile references end") {
  std::string up, down;
  for (int i = 0; i < 20'000; ++i) up += "../";
  for (int i = 0; i < 20'000; ++i) down += "a/./";
  CHECK(ResolveUri("file:///a/b", up + "c") == "file:///c");
  CHECK(ResolveUri("file:///" + down, up + "c") == "file:///c");
  for (const char* odd : {":", "::", "//", "///", "////", "?",  "#",    "?#",  "#?",  "/..", "..",
                          ".", "/.", "%",  "[",   "//[",  "a:", "a://", "a:#", "//#", "//?"}) {
    for (const char* base : {"", "a", "a:", "file:///", "http://a", "urn:a", "/", "//"}) {
      CHECK(ResolveUri(base, odd).size() < 100);
      (void)SplitFragment(odd);
    }
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
