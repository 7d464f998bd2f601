// SchemaObject: the keywords of one schema, as it is written. What is not as a keyword must be is
// told to the compiler. Used while a schema is compiled.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "json/schema_compiler.h"

namespace amqp_sidecar::json {

class SchemaObject {
 public:
  // Not owned, and outlive this.
  SchemaObject(const Location& at, SchemaCompiler& compiler) : at_(at), compiler_(compiler) {}

  // Each is nothing, or empty, where the keyword is not there, or is not what it must be.

  std::optional<Location> Find(std::string_view keyword) const;
  std::optional<Location> FindOf(std::string_view keyword, Type type) const;
  // An integer from 0 up; what does not fit is the largest that does.
  std::optional<uint32_t> FindCount(std::string_view keyword) const;
  bool FindTrue(std::string_view keyword) const;
  const Subschema* FindSchema(std::string_view keyword) const;
  // Not empty, where it is there.
  std::vector<const Subschema*> FindSchemas(std::string_view keyword) const;

  using Member = std::pair<std::string, Location>;
  std::vector<Member> FindMembers(std::string_view keyword) const;
  // Of the array at a place: strings, each once.
  std::vector<std::string> NamesAt(const Location& array) const;

  std::vector<Location> ElementsOf(const Location& array) const;

  const Value& value(const Location& at) const { return document()[at.index]; }
  std::string_view text(const Location& at) const { return document().text(at.index); }
  const Document& document() const { return at_.file->document(); }
  Draft draft() const { return at_.file->ResourceOf(at_.index).draft; }
  const Location& at() const { return at_; }
  SchemaCompiler& compiler() const { return compiler_; }

 private:
  Location Place(uint32_t index) const { return {at_.file, index}; }

  const Location at_;
  SchemaCompiler& compiler_;
};

}  // namespace amqp_sidecar::json
