// SchemaCompiler: makes a SchemaProgram of a schema and all that it refers to. One thread, once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "json/schema.h"
#include "json/schema_store.h"
#include "json/subschema.h"

namespace amqp_sidecar::json {

class SchemaCompiler {
 public:
  // `store` is not owned and outlives this.
  SchemaCompiler(SchemaStore& store, const Schema::Options& options)
      : store_(store), options_(options) {}

  // Errors: INVALID_ARGUMENT, one line that begins with file and JSON Pointer.
  absl::StatusOr<std::shared_ptr<const SchemaProgram>> Compile(const Location& root);

  // ---- For those who make keywords

  // The first fault ends the compilation; what is made meanwhile is thrown away.
  void Fail(const Location& at, std::string_view what);

  // The schema at a place, which may not be whole yet. Never null.
  const Subschema* SchemaAt(const Location& at);

  // What the reference at `at`, in a schema of the same place, means; nothing where it failed.
  std::optional<SchemaStore::Target> Resolve(const Location& at);

  const Schema::Options& options() const { return options_; }
  SchemaProgram& program() { return *program_; }

 private:
  struct Resource {
    const SchemaFile* file;
    const SchemaResource* resource;
  };

  void CompileAt(size_t index);
  uint32_t ResourceIndex(const Location& at);
  void CompileDynamicAnchors();
  void RefuseEndless();

  SchemaStore& store_;
  const Schema::Options options_;
  const std::shared_ptr<SchemaProgram> program_ = std::make_shared<SchemaProgram>();
  // Of each subschema of the program; known_ has its index.
  std::vector<Location> places_;
  std::map<Location, size_t> known_;
  size_t compiled_ = 0;
  std::vector<Resource> resources_;
  absl::Status status_;
};

}  // namespace amqp_sidecar::json
