// Schemas in files that refer to each other.
#include <string>

#include "schemas.h"

namespace amqp_sidecar::json {
namespace {

std::string Said(const TestFolder& files, const std::string& file,
                 const Schema::Options& options = {}) {
  SchemaFolder folder(files.path());
  const auto schema = folder.Load(file, options);
  if (schema.ok()) return "";
  CHECK(schema.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(schema.status().message().find('\n') == std::string::npos);
  return std::string(schema.status().message());
}

void CheckFile(const TestFolder& files, const std::string& file, const std::string& valid,
               const std::string& invalid) {
  SchemaFolder folder(files.path());
  const auto schema = folder.Load(file, {});
  INFO(file << ": " << schema.status());
  REQUIRE(schema.ok());
  CHECK(Problems(*schema, valid).empty());
  CHECK(Problems(*schema, invalid).size() == 1);
}

constexpr std::string_view kSmall = R"({"maximum":3})";

TEST_CASE("a schema file that is bad is told by its name and place") {
  TestFolder files;
  files.Write("order.json", R"({"properties":{"total":{"minimum":"0"}}})");
  CHECK(Said(files, "order.json") == "order.json#/properties/total/minimum: must be a number");
  CHECK_THAT(Said(files, files.path() + "/order.json"),
             ContainsSubstring("order.json#/properties/total/minimum: must be a number"));
  files.Write("sub/order.json", R"({"type":"int"})");
  CHECK(Said(files, "sub/order.json").substr(0, 22) == "sub/order.json#/type: ");
}

TEST_CASE("a file is loaded by relative and by absolute path") {
  TestFolder files;
  files.Write("order.json", kSmall).Write("a/b/c.json", kSmall).Write("with space#1%.json", kSmall);
  CheckFile(files, "order.json", "3", "4");
  CheckFile(files, "a/b/c.json", "3", "4");
  CheckFile(files, "with space#1%.json", "3", "4");
  CheckFile(files, files.path() + "/a/b/c.json", "3", "4");
  CheckFile(files, "a/../order.json", "3", "4");
}

TEST_CASE("a file that is not there, or is none, is an error with its name") {
  TestFolder files;
  files.Write("folder.json/x.json", "{}").Write("empty.json", "").Write("bad.json", "{\"a\":");
  files.Write("twice.json", R"({"type":"string","type":"string"})").Write("list.json", "[]");
  for (const std::string file : {"missing.json", "folder.json", "empty.json", "bad.json",
                                 "twice.json", "list.json", "sub/missing.json"}) {
    CAPTURE(file);
    CHECK(Said(files, file).substr(0, file.size()) == file);
  }
  CHECK_FALSE(Said(files, "").empty());
  CHECK_FALSE(Said(files, ".").empty());
  CHECK_FALSE(Said(files, std::string("a\0b", 3)).empty());
}

TEST_CASE("a folder that is not there is an error of its files") {
  SchemaFolder folder("/nonexistent/schemas");
  CHECK(folder.Load("a.json", {}).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("files refer to each other by relative path") {
  TestFolder files;
  files.Write("order.json", R"({"$ref":"parts/item.json#/$defs/n"})");
  files.Write("parts/item.json", R"({"$defs":{"n":{"$ref":"../common/small.json"}}})");
  files.Write("common/small.json",
              R"({"$ref":"#here","$defs":{"x":{"$anchor":"here","maximum":3}}})");
  files.Write("up.json", R"({"$ref":"./parts/../common/small.json#here"})");
  files.Write("space.json", R"({"$ref":"with%20space.json"})").Write("with space.json", kSmall);
  files.Write("rooted.json", R"({"$ref":"/common/small.json"})");
  CheckFile(files, "order.json", "3", "4");
  CheckFile(files, "up.json", "3", "4");
  CheckFile(files, "space.json", "3", "4");
  CheckFile(files, "rooted.json", "3", "4");
}

TEST_CASE("files refer to each other by $id") {
  TestFolder files;
  files.Write("order.json", R"({"$id":"https://example.com/v1/order","$ref":"small#/$defs/n"})");
  files.Write("deep/any name.json",
              R"({"$id":"https://example.com/v1/small","$defs":{"n":{"maximum":3}}})");
  files.Write("inner.json", R"({"$ref":"https://example.com/v1/inside"})");
  files.Write("holder.json",
              R"({"$defs":{"x":{"$id":"https://example.com/v1/inside","maximum":3}}})");
  files.Write("urn.json", R"({"$ref":"urn:example:u#/$defs/n"})");
  files.Write("is_urn.json", R"({"$id":"urn:example:u","$defs":{"n":{"maximum":3}}})");
  files.Write("anchor.json", R"({"$ref":"https://example.com/v1/anchored#a"})");
  files.Write(
      "is_anchor.json",
      R"({"$id":"https://example.com/v1/anchored","$defs":{"n":{"$anchor":"a","maximum":3}}})");
  for (const char* file : {"order.json", "inner.json", "urn.json", "anchor.json"}) {
    CheckFile(files, file, "3", "4");
  }
}

TEST_CASE("files of two drafts refer to each other, each under its own") {
  TestFolder files;
  files.Write("new.json", R"({"$schema":"https://json-schema.org/draft/2020-12/schema",
                              "properties":{"old":{"$ref":"old.json"},"t":{"prefixItems":[{"const":1}]}}})");
  files.Write("old.json", R"({"$schema":"http://json-schema.org/draft-07/schema#",
                              "items":[{"const":1}],"additionalItems":false,"prefixItems":[false]})");
  CheckFile(files, "new.json", R"({"old":[1],"t":[1]})", R"({"old":[1,2],"t":[1]})");
  CheckFile(files, "new.json", R"({"old":[1],"t":[1,2]})", R"({"old":[1],"t":[2]})");
}

TEST_CASE("an error in a file that is referred to names that file") {
  TestFolder files;
  files.Write("order.json", R"({"properties":{"a":{"$ref":"parts/item.json"}}})");
  files.Write("parts/item.json", R"({"$defs":{"n":{}},"items":{"$ref":"#/$defs/m"}})");
  CHECK(Said(files, "order.json").substr(0, 29) == "parts/item.json#/items/$ref: ");
}

TEST_CASE("a reference out of the folder is refused, in every way") {
  TestFolder outside;
  outside.Write("secret.json", kSmall);
  const std::string secret = outside.path() + "/secret.json";
  const std::string name = std::filesystem::path(outside.path()).filename().string();
  TestFolder files;
  std::filesystem::create_symlink(secret, files.path() + "/link.json");
  std::filesystem::create_directory_symlink(outside.path(), files.path() + "/linked");
  files.Write("inside.json", kSmall);
  for (const std::string& reference :
       {"../" + name + "/secret.json", "../../../../../.." + secret, secret, "file://" + secret,
        "%2e%2e/" + name + "/secret.json", "..%2f" + name + "%2fsecret.json",
        std::string("link.json"), std::string("linked/secret.json"),
        "sub/../../" + name + "/secret.json", std::string("//localhost/inside.json")}) {
    files.Write("order.json", "{\"items\":{\"$ref\":\"" + reference + "\"}}");
    CAPTURE(reference);
    CHECK(Said(files, "order.json").substr(0, 24) == "order.json#/items/$ref: ");
  }
  for (const std::string& file : {secret, "../" + name + "/secret.json", std::string("link.json"),
                                  std::string("linked/secret.json")}) {
    CAPTURE(file);
    CHECK_FALSE(Said(files, file).empty());
  }
}

TEST_CASE("a link within the folder is followed") {
  TestFolder files;
  files.Write("v1/order.json", kSmall);
  std::filesystem::create_symlink("v1/order.json", files.path() + "/current.json");
  files.Write("user.json", R"({"$ref":"current.json"})");
  CheckFile(files, "current.json", "3", "4");
  CheckFile(files, "user.json", "3", "4");
}

TEST_CASE("one file under two names is one file") {
  // As Kubernetes mounts a ConfigMap.
  TestFolder files;
  files.Write("..2024_01/order.json", R"({"$id":"https://example.com/order","$ref":"item"})");
  files.Write("..2024_01/item.json", R"({"$id":"https://example.com/item","maximum":3})");
  files.Write("..2024_01/path.json", R"({"$ref":"item.json"})");
  std::filesystem::create_directory_symlink("..2024_01", files.path() + "/..data");
  for (const std::string name : {"order.json", "item.json", "path.json"}) {
    std::filesystem::create_symlink("..data/" + name, files.path() + "/" + name);
  }
  SchemaFolder folder(files.path());
  for (const char* file : {"order.json", "item.json", "path.json", "..data/order.json"}) {
    const auto schema = folder.Load(file, {});
    INFO(file << ": " << schema.status());
    REQUIRE(schema.ok());
    CHECK(Problems(*schema, "3").empty());
    CHECK(Problems(*schema, "4").size() == 1);
  }
}

TEST_CASE("a file that is refused leaves nothing behind") {
  TestFolder files;
  files.Write("a.json", R"({"$id":"https://example.com/x"})");
  files.Write("b.json", R"({"$defs":{"p":{"$id":"https://example.com/p","maximum":3},
                                     "x":{"$id":"https://example.com/x"}}})");
  files.Write("user.json", R"({"$ref":"https://example.com/p"})");
  SchemaFolder folder(files.path());
  const auto schema = folder.Load("user.json", {});
  REQUIRE_FALSE(schema.ok());
  CHECK_THAT(std::string(schema.status().message()), ContainsSubstring("b.json"));
}

TEST_CASE("two files of one $id are refused") {
  TestFolder files;
  files.Write("a.json", R"({"$id":"https://example.com/x","maximum":3})");
  files.Write("b.json", R"({"$id":"https://example.com/x","maximum":4})");
  files.Write("user.json", R"({"$ref":"https://example.com/x"})");
  const std::string said = Said(files, "user.json");
  CAPTURE(said);
  CHECK_THAT(said, ContainsSubstring("https://example.com/x"));
  CHECK_THAT(said, ContainsSubstring("a.json"));
  CHECK_THAT(said, ContainsSubstring("b.json"));
  // Of which nobody asks.
  files.Write("c.json", R"({"$id":"https://example.com/z","maximum":3})");
  files.Write("other.json", R"({"$ref":"https://example.com/z"})");
  CheckFile(files, "other.json", "3", "4");
  // The file that was named is meant.
  SchemaFolder folder(files.path());
  CHECK(folder.Load("b.json", {}).ok());
  const auto user = folder.Load("user.json", {});
  REQUIRE(user.ok());
  CHECK(Problems(*user, "4").empty());
  CHECK_FALSE(folder.Load("a.json", {}).ok());
  files.Write("both.json", R"({"$defs":{"a":{"$id":"https://example.com/y"},
                                        "b":{"$id":"https://example.com/y"}}})");
  CHECK(Said(files, "both.json").substr(0, 10) == "both.json#");
  files.Write("anchors.json", R"({"$defs":{"a":{"$anchor":"y"},"b":{"$anchor":"y"}}})");
  CHECK(Said(files, "anchors.json").substr(0, 13) == "anchors.json#");
}

TEST_CASE("files that nobody asks for are not read, and files that are no schemas do no harm") {
  TestFolder files;
  files.Write("bad.json", "{").Write("list.json", "[1]").Write("notes.txt", "{");
  files.Write("typed.json", R"({"type":"int"})").Write("order.json", kSmall);
  files.Write("small.json", R"({"$id":"https://example.com/small","maximum":3})");
  files.Write("user.json", R"({"$ref":"https://example.com/small"})");
  CheckFile(files, "order.json", "3", "4");
  CheckFile(files, "user.json", "3", "4");
  files.Write("other.json", R"({"$ref":"https://example.com/missing"})");
  CHECK(Said(files, "other.json").substr(0, 17) == "other.json#/$ref:");
}

TEST_CASE("one folder loads many schemas, and each stands when the folder is gone") {
  TestFolder files;
  files.Write("a.json", R"({"$ref":"small.json"})")
      .Write("b.json", R"({"items":{"$ref":"small.json"}})");
  files.Write("small.json", kSmall);
  std::vector<Schema> schemas;
  {
    SchemaFolder folder(files.path());
    CHECK_FALSE(folder.Load("missing.json", {}).ok());
    for (const char* file : {"a.json", "b.json", "a.json"}) {
      auto schema = folder.Load(file, {});
      REQUIRE(schema.ok());
      schemas.push_back(*schema);
    }
    auto text = folder.Compile("rule", R"({"$ref":"file:///small.json"})", {});
    REQUIRE(text.ok());
    schemas.push_back(*text);
  }
  CHECK(Problems(schemas[0], "4").size() == 1);
  CHECK(Problems(schemas[1], "[4]").size() == 1);
  CHECK(Problems(schemas[2], "3").empty());
  CHECK(Problems(schemas[3], "4").size() == 1);
}

TEST_CASE("files refer to each other in a circle through members, not in place") {
  TestFolder files;
  files.Write("a.json", R"({"properties":{"b":{"$ref":"b.json"}},"additionalProperties":false})");
  files.Write("b.json", R"({"properties":{"a":{"$ref":"a.json"}},"additionalProperties":false})");
  CheckFile(files, "a.json", R"({"b":{"a":{"b":{}}}})", R"({"b":{"a":{"a":{}}}})");
  files.Write("c.json", R"({"$ref":"d.json"})").Write("d.json", R"({"allOf":[{"$ref":"c.json"}]})");
  CHECK_FALSE(Said(files, "c.json").empty());
}

TEST_CASE("a file of more than 4 MiB is refused") {
  TestFolder files;
  files.Write("large.json", "{}" + std::string(4u << 20, ' '));
  files.Write("fits.json", "{}" + std::string((4u << 20) - 2, ' '));
  files.Write("user.json", R"({"items":{"$ref":"large.json"}})");
  CHECK_THAT(Said(files, "large.json"), ContainsSubstring("large.json"));
  CHECK(Said(files, "fits.json").empty());
  CHECK_FALSE(Said(files, "user.json").empty());
  if (std::filesystem::exists("/dev/zero")) {
    std::filesystem::create_symlink("/dev/zero", files.path() + "/endless.json");
    CHECK_FALSE(Said(files, "endless.json").empty());
  }
}

TEST_CASE("a file that does not say its draft has the same one for everybody") {
  TestFolder files;
  files.Write("common.json", R"({"properties":{"id":{"type":"integer"}},)"
                             R"("unevaluatedProperties":false})");
  files.Write("old.json", R"({"$schema":"http://json-schema.org/draft-07/schema#",)"
                          R"("allOf":[{"$ref":"common.json"}]})");
  SchemaFolder folder(files.path());
  for (const std::string file : {"old.json", "common.json"}) {
    const auto schema = folder.Load(file, {});
    REQUIRE(schema.ok());
    CHECK(Problems(*schema, R"({"id":1,"idd":2})").size() == 1);
  }
}

}  // namespace
}  // namespace amqp_sidecar::json
