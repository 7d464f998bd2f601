// Schema: a JSON Schema (draft 2020-12 or draft-07), compiled. Immutable; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "json/document.h"

namespace amqp_sidecar::json {

struct SchemaProgram;

enum class Draft { k202012, k07 };

class Schema {
 public:
  struct Options {
    // `format` is checked; else it is an annotation.
    bool assert_format = false;
    // Of a schema that does not say, by $schema.
    Draft draft = Draft::k202012;
  };

  explicit Schema(std::shared_ptr<const SchemaProgram> program) : program_(std::move(program)) {}

  // What is wrong with the document, a line for a person each, such as "/total: 12.5 is not an
  // integer", up to `most` (at least 1) of them; empty where it is valid. No more than 64
  // characters of a value are quoted. A document that takes more steps than its size allows is
  // refused as too costly to check.
  std::vector<std::string> Check(const Document& document, size_t most) const;

 private:
  std::shared_ptr<const SchemaProgram> program_;
};

// SchemaFolder: the schema files (*.json) of one folder and those below, which may refer to each
// other: by relative path, or by their $id. One thread. Reads nothing outside of the folder, and
// nothing that is not asked for, but for all files once where a $ref names an $id.
class SchemaFolder {
 public:
  // `base` is what a file's own URI begins with, where it has no $id.
  explicit SchemaFolder(std::string folder, std::string base = "file:///");
  ~SchemaFolder();

  // `file` is relative to the folder, or absolute within it. Errors: INVALID_ARGUMENT, one line
  // that begins with file and JSON Pointer: "order.json#/properties/total/minimum: must be a
  // number".
  absl::StatusOr<Schema> Load(const std::string& file, const Schema::Options& options);
  // A schema that is no file; `name` stands for it in errors.
  absl::StatusOr<Schema> Compile(const std::string& name, std::string_view text,
                                 const Schema::Options& options);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace amqp_sidecar::json
