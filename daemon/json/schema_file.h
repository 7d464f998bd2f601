// SchemaFile: one file with a JSON Schema, and what in it has a name of its own: its resources and
// their anchors (JSON Schema core 2020-12 §8.2). Constant once it is read; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "json/document.h"
#include "json/schema.h"

namespace amqp_sidecar::json {

class SchemaFile;

// A place in a schema.
struct Location {
  const SchemaFile* file = nullptr;
  uint32_t index = 0;  // of the value in the file's document
  auto operator<=>(const Location&) const = default;
};

// A schema that has a URI: a whole file, or what has an $id within.
struct SchemaResource {
  std::string uri;  // absolute, without a fragment
  uint32_t root = 0;
  Draft draft = Draft::k202012;
  std::map<std::string, uint32_t, std::less<>> anchors;          // the dynamic ones, too
  std::map<std::string, uint32_t, std::less<>> dynamic_anchors;  // 2020-12 only
};

class SchemaFile {
 public:
  struct Source {
    std::string name;  // for errors
    std::string uri;   // where it has no $id
    std::string text;
    Draft draft;  // where it has no $schema
  };

  // Null where it cannot be read; `error` says why, in one line that begins with the name.
  static std::shared_ptr<const SchemaFile> Read(const Source& source, std::string& error);

  const std::string& name() const { return name_; }
  const Document& document() const { return document_; }
  const std::vector<std::unique_ptr<SchemaResource>>& resources() const { return resources_; }
  // The innermost that the value at `index` is in.
  const SchemaResource& ResourceOf(uint32_t index) const;

  // As Document::Find, in a time that does not grow with the object.
  std::optional<uint32_t> Find(uint32_t object, std::string_view name) const;

  // "order.json#/properties/total"
  std::string Describe(uint32_t index) const;

 private:
  explicit SchemaFile(std::string name) : name_(std::move(name)) {}

  void IndexLargeObjects();
  void Index(uint32_t index, SchemaResource* resource);
  void IndexMember(uint32_t name, SchemaResource* resource);
  void IndexAll(uint32_t container, SchemaResource* resource);
  SchemaResource* IndexNames(uint32_t object, SchemaResource* resource);
  SchemaResource* IndexId(uint32_t object, uint32_t id, SchemaResource* around);
  SchemaResource* Begin(uint32_t object, const std::string& uri, SchemaResource* around);
  void IndexAnchor(uint32_t object, std::string_view keyword, SchemaResource& resource);
  std::optional<Draft> DraftOf(uint32_t object, Draft otherwise);
  void Fail(uint32_t index, std::string_view what);

  const std::string name_;
  Document document_;
  // Of objects with many members: by the object and the name, the value.
  absl::flat_hash_map<std::pair<uint32_t, std::string>, uint32_t> members_;
  std::vector<std::unique_ptr<SchemaResource>> resources_;  // in the order of their roots
  std::string error_;
};

}  // namespace amqp_sidecar::json
