#include "json/format.h"

#include <array>
#include <string>
#include <vector>

#include "support/catch.h"

namespace amqp_sidecar::json {
namespace {

struct Cases {
  Format format;
  std::vector<std::string> valid;
  std::vector<std::string> invalid;
};

void CheckAll(const Cases& cases) {
  for (const std::string& text : cases.valid) {
    CAPTURE(text);
    CHECK(HasFormat(cases.format, text));
  }
  for (const std::string& text : cases.invalid) {
    CAPTURE(text);
    CHECK_FALSE(HasFormat(cases.format, text));
  }
}

TEST_CASE("a format goes by its name, and an unknown one is none") {
  for (const char* name : {"date-time", "date", "time", "email", "uuid", "uri", "ipv4", "ipv6"}) {
    CHECK(FormatName(FormatNamed(name).value()) == name);
  }
  CHECK(FormatNamed("Date") == std::nullopt);
  CHECK(FormatNamed("") == std::nullopt);
}

TEST_CASE("a date is of the calendar") {
  CheckAll({Format::kDate,
            {"2024-02-29", "2000-02-29", "2023-12-31", "0000-01-01", "9999-04-30"},
            {"2023-02-29", "1900-02-29", "2024-04-31", "2024-00-01", "2024-13-01", "2024-01-00",
             "2024-1-01", "20240101", "2024-01-01Z", "2024-01-011", "", "2024-01-0\xE0\xA7\xAA",
             "+024-01-01", "2024/01/01"}});
}

TEST_CASE("a time has its offset, and a second 60 only where the day of UTC ends") {
  CheckAll(
      {Format::kTime,
       {"08:30:06Z", "08:30:06z", "08:30:06.123456789+00:20", "00:00:00-23:59", "23:59:60Z",
        "23:59:60.5Z", "00:59:60+01:00", "15:59:60-08:00", "23:29:60+23:30"},
       {"24:00:00Z",      "23:59:61Z",     "08:60:00Z",     "08:30:61Z",  "08:30:06",
        "08:30:06.Z",     "08:30:06,5Z",   "8:30:06Z",      "08:30Z",     "08:30:06+24:00",
        "08:30:06+00:60", "08:30:06+0020", "08:30:06+00:2", "08:30:06ZZ", "08:30:06 Z",
        "23:59:60+01:00", "23:58:60Z",     "22:59:60Z",     "",           "0\xE0\xA7\xAA:30:06Z"}});
}

TEST_CASE("a date-time is both, with a T between") {
  CheckAll({Format::kDateTime,
            {"1998-12-31T23:59:60Z", "2024-02-29t12:00:00.5z", "1937-01-01T12:00:27.87+00:20"},
            {"2024-02-29 12:00:00Z", "2023-02-29T12:00:00Z", "2024-02-29T12:00:00", "2024-02-29T",
             "2024-02-29", "", "1998-12-31T22:59:60Z"}});
}

TEST_CASE("an e-mail address is a mailbox of ASCII at a domain or an address") {
  CheckAll({Format::kEmail,
            {"a@b", "joe.bloggs+x@example.com", "\"joe @\\\"bloggs\"@example.com", "\"\"@b",
             "a@[127.0.0.1]", "a@[IPv6:::1]", "a@1-2.c"},
            {"",           "a",
             "@b",         "a@",
             ".a@b",       "a.@b",
             "a..b@c",     "a@b@c",
             "a b@c",      "a@-b",
             "a@b-",       "a@b..c",
             "a@b.",       "a@[127.0.0.300]",
             "a@[::1]",    "a@[IPv6:x]",
             "a@[",        "a@]",
             "\"a\"b\"@c", "\"a\\\"@c",
             "\"@c",       "\"a\n\"@c",
             "\xC3\xA9@b", "a@\xC3\xA9",
             "a@b=c",      "\"\xC3\xA9\"@b"}});
}

TEST_CASE("a UUID is 32 hexadecimal digits with dashes where they belong") {
  CheckAll({Format::kUuid,
            {"2EB8AA08-aa98-11ea-B4AA-73B441D16380", "00000000-0000-0000-0000-000000000000"},
            {"2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08-aa98-11ea-b4aa-73b441d163800",
             "2eb8aa08aa9811eab4aa73b441d16380", "2eb8aa08-aa98-11ea-b4ga-73b441d16380",
             "2eb8aa08aa98-11ea-b4aa-73b44-1d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d1638}", ""}});
}

TEST_CASE("a URI has a scheme, and nothing that would have to be encoded") {
  CheckAll({Format::kUri,
            {"http://foo.bar/?baz=qux#quux", "urn:a:b", "mailto:a@b.c", "x:", "x+y-1.z:/", "a:b@c",
             "ldap://[2001:db8::7]:389/c=GB?one", "http://[v1F.a:b]/", "http://u:p%40@h:80/",
             "http://h:", "file:///a//b", "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
             "http:a", "http://h?a/?b#c/?d"},
            {"",
             ":",
             "abc",
             "/abc",
             "//a/b",
             "1a:b",
             "a b:c",
             "bar,baz:foo",
             "http:// a",
             "a:\\b",
             "a:%",
             "a:%4",
             "a:%4g",
             "a:%g4",
             "a:b#c#d",
             "a:[b]",
             "http://[::1",
             "http://[::g]/",
             "http://[]/",
             "http://[v.a]/",
             "http://[vg.a]/",
             "http://[v1.]/",
             "http://[v1]/",
             "http://[v1.\"]/",
             "http://h:8x/",
             "http://[::1]x/",
             "http://a@b@c/",
             "a:\xC3\xA9",
             "a:<b>",
             "a:\"",
             "a:{b}",
             "a:^",
             "a:`",
             "a:|",
             "http://h/?{",
             "http://h/#{"}});
}

TEST_CASE("an IPv4 address is four decimal numbers without leading zeros") {
  CheckAll({Format::kIpv4,
            {"192.168.0.1", "0.0.0.0", "255.255.255.255"},
            {"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.00", "1.2.3.", ".1.2.3",
             "1..2.3", "1.2.3.4/24", "0x1.2.3.4", "1.2.3.4 ", "1.2.3.0004", "1.2.3.\xE0\xA7\xAA",
             "1.2.3.-4", "1.2.3.4\n"}});
}

TEST_CASE("an IPv6 address is eight groups, with at most one gap and at most four bytes decimal") {
  CheckAll({Format::kIpv6,
            {"::", "::1", "1::", "1:2:3:4:5:6:7:8", "::2:3:4:5:6:7:8",
             "1:2:3:4:5:6:7::", "1:2:3::6:7:8", "::ffff:192.168.0.1", "1:2:3:4:5:6:1.2.3.4",
             "ABCD:ef01::", "::1.2.3.4", "1000:1000:1000:1000:1000:1000:255.255.255.255"},
            {"",
             ":",
             "1",
             ":::",
             "1::2::3",
             "1:2:3:4:5:6:7",
             "1:2:3:4:5:6:7:8:9",
             ":1:2:3:4:5:6:7",
             "1:2:3:4:5:6:7:",
             "1:2:3:4:5:6:7:8::",
             "::1:2:3:4:5:6:7:8",
             "1:2:3:4::5:6:7:8",
             "12345::",
             "g::",
             "::1.2.3",
             "::1.2.3.256",
             "1.2.3.4::",
             "1:1.2.3.4:2::",
             "1.2.3.4",
             "1:2:3:4:5:6:7:1.2.3.4",
             "fe80::1%eth0",
             "::/64",
             " ::1",
             "::1 ",
             "1:2:3:4:5:::8",
             "[::1]",
             "1:2:3:4:5:6:7:\xE0\xA7\xAA"}});
}

TEST_CASE("any text is of a format or is not") {
  const std::string nul(1, '\0');
  for (const char* name : {"date-time", "date", "time", "email", "uuid", "uri", "ipv4", "ipv6"}) {
    const Format format = FormatNamed(name).value();
    for (const char piece : {'\0', '\xFF', ':', '.', '@', '"', '[', '%', '-', '1'}) {
      for (const size_t size : {1, 8, 10, 20, 36, 100'000}) {
        CHECK_FALSE(HasFormat(format, std::string(size, piece)));
      }
    }
    CHECK_FALSE(HasFormat(format, "1.2.3.4" + nul));
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
