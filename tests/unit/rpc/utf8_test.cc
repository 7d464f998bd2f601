#include "rpc/utf8.h"

#include "support/catch.h"

namespace amqp_sidecar::rpc {
namespace {

TEST_CASE("UTF-8 of every length is valid") {
  CHECK(IsUtf8(""));
  CHECK(IsUtf8("plain text that is longer than eight bytes"));
  CHECK(IsUtf8("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x87"));
  CHECK(IsUtf8("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"));
}

TEST_CASE("overlong forms, surrogates, cut sequences and stray bytes are not UTF-8") {
  for (const char* bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC3", "\xE2\x82", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "12345678\xFF"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsUtf8(bad));
  }
}

TEST_CASE("bad bytes are replaced one by one and the rest is kept") {
  CHECK(ToUtf8("fine \xC3\xA9") == "fine \xC3\xA9");
  CHECK(ToUtf8("a\xFF"
               "b\xC3") ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD");
  CHECK(IsUtf8(ToUtf8("\xF0\x9F\x90")));
}

TEST_CASE("a prefix never cuts a character") {
  CHECK(Utf8Prefix("abc", 3) == "abc");
  CHECK(Utf8Prefix("ab\xC3\xA9", 3) == "ab");
  CHECK(Utf8Prefix("\xF0\x9F\x90\x87", 3).empty());
}

}  // namespace
}  // namespace amqp_sidecar::rpc
