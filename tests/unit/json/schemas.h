// What the tests of schemas share: schemas and documents from their text, and folders of schemas.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "json/document.h"
#include "json/schema.h"
#include "support/catch.h"

namespace amqp_sidecar::json {

inline Schema Compiled(std::string_view text, const Schema::Options& options = {}) {
  SchemaFolder folder("/nonexistent");
  auto schema = folder.Compile("test.json", text, options);
  INFO(text.substr(0, 500) << ": " << schema.status());
  REQUIRE(schema.ok());
  return *schema;
}

// Why a schema is none; empty where it is one.
inline std::string LoadError(std::string_view text, const Schema::Options& options = {}) {
  SchemaFolder folder("/nonexistent");
  const auto schema = folder.Compile("test.json", text, options);
  if (schema.ok()) return "";
  CHECK(schema.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK(schema.status().message().find('\n') == std::string::npos);
  return std::string(schema.status().message());
}

using Lines = std::vector<std::string>;

// What is wrong with a document.
inline Lines Problems(const Schema& schema, std::string_view text, size_t most = 10) {
  Document document;
  const auto error = document.Parse(text);
  INFO(text.substr(0, 500) << ": " << error.value_or(""));
  REQUIRE_FALSE(error.has_value());
  Lines lines = schema.Check(document, most);
  CHECK(lines.size() <= most);
  return lines;
}

inline Lines Problems(std::string_view schema, std::string_view text, size_t most = 10) {
  return Problems(Compiled(schema), text, most);
}

struct SchemaCase {
  std::string schema;
  std::vector<std::string> valid;
  std::vector<std::string> invalid;
};

inline void CheckCase(const SchemaCase& one, const Schema::Options& options = {}) {
  const Schema schema = Compiled(one.schema, options);
  for (const std::string& text : one.valid) {
    CAPTURE(one.schema, text);
    CHECK(Problems(schema, text) == Lines{});
    CHECK(Problems(schema, text, 1) == Lines{});
  }
  for (const std::string& text : one.invalid) {
    CAPTURE(one.schema, text);
    const Lines lines = Problems(schema, text);
    CHECK_FALSE(lines.empty());
    CHECK(Problems(schema, text, 1) == (lines.empty() ? Lines{} : Lines{lines[0]}));
  }
}

// A folder of its own for one test, gone with the object.
class TestFolder {
 public:
  TestFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "sidecar-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string path() const { return path_.string(); }
  const TestFolder& Write(const std::string& name, std::string_view text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
    return *this;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace amqp_sidecar::json
