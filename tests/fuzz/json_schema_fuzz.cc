// Fuzz target: a schema, and behind the first NUL a body for it (without one the schema is its own
// body). It compiles, or there is an error of one line; the check of the body ends, within its
// budget of steps. By both drafts.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "fuzz/fuzz_target.h"
#include "fuzz/json_check.h"

namespace amqp_sidecar::fuzz {
namespace {

// A folder with a schema to refer to, which is gone at the end.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "schemas.XXXXXX").string();
    Require(mkdtemp(name.data()) != nullptr, "no folder for schemas");
    path_ = name;
    std::ofstream(path_ + "/other.json")
        << R"({"$id":"http://x/other","$defs":{"s":{"$anchor":"s","type":"string"}},)"
           R"("$dynamicAnchor":"n","properties":{"a":{"$dynamicRef":"#n"},"b":{"$ref":"#s"}}})";
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

void RunAs(json::Draft draft, std::string_view text, std::string_view body) {
  static const Folder kFolder;
  json::Schema::Options options;
  options.assert_format = draft == json::Draft::k202012;
  options.draft = draft;
  json::SchemaFolder folder(kFolder.path());
  const auto schema = folder.Compile("fuzz.json", text, options);
  if (!schema.ok()) {
    const std::string why(schema.status().message());
    Require(schema.status().code() == absl::StatusCode::kInvalidArgument, "not INVALID_ARGUMENT");
    Require(!why.empty() && why.find('\n') == std::string::npos, "not one line", why);
    return;
  }
  static json::Document document;
  if (document.Parse(body)) return;
  RequireSoundCheck(*schema, document);
}

void Run(std::string_view input) {
  const size_t end = input.find('\0');
  const std::string_view text = input.substr(0, end);
  const std::string_view body = end == std::string_view::npos ? text : input.substr(end + 1);
  RunAs(json::Draft::k202012, text, body);
  RunAs(json::Draft::k07, text, body);
}

std::string Pair(std::string_view schema, std::string_view body) {
  return std::string(schema) + std::string(1, '\0') + std::string(body);
}

}  // namespace

std::vector<std::string> Seeds() {
  return {
      Pair(R"({"type":"object","properties":{"a":{"type":["integer","null"],"minimum":1}},)"
           R"("required":["a"],"additionalProperties":false})",
           R"({"a":0,"b":1})"),
      Pair(R"({"$ref":"#"})", "{}"),
      Pair(R"({"anyOf":[{"$ref":"#"},{"$ref":"#"}]})", "[]"),
      Pair(R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"})",
           "1"),
      Pair(R"({"$dynamicAnchor":"n","items":{"$dynamicRef":"#n"},"not":{"$dynamicRef":"#n"}})",
           "[[[]]]"),
      Pair(R"({"$id":"http://y/","$ref":"http://x/other","$defs":{"n":{"$dynamicAnchor":"n"}}})",
           R"({"a":{"b":1}})"),
      Pair(R"({"$ref":"other.json#/$defs/s"})", "1"),
      Pair(R"({"pattern":"^(a+)+\\p{L}[^\\S]$","format":"uri","minLength":2,"maxLength":3})",
           R"("aaaa!")"),
      Pair(R"({"multipleOf":1e-7,"maximum":1e308,"enum":[1,"a",[1.0],{"a":null}],"const":1})",
           "1e7"),
      Pair(R"({"prefixItems":[{"const":1}],"items":false,"contains":true,"minContains":0,)"
           R"("uniqueItems":true,"unevaluatedItems":false})",
           "[1,1.0]"),
      Pair(R"({"items":[{"const":1}],"additionalItems":false,"dependencies":{"a":["b"],"c":{}},)"
           R"("definitions":{"d":true}})",
           R"([1,2])"),
      Pair(R"({"patternProperties":{"^a":{"if":{"type":"null"},"then":false,"else":true}},)"
           R"("propertyNames":{"pattern":"b"},"dependentSchemas":{"a":{"oneOf":[{},{}]}},)"
           R"("unevaluatedProperties":false,"dependentRequired":{"a":["b"]}})",
           R"({"ab":null,"b":1})"),
      Pair(R"({"$schema":"http://json-schema.org/draft-07/schema#","$id":"a","allOf":[{"$id":"b",)"
           R"("$ref":"a"}]})",
           "{}"),
      "true",
  };
}

}  // namespace amqp_sidecar::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  amqp_sidecar::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
