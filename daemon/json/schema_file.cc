#include "json/schema_file.h"

#include <array>
#include <utility>

#include "base/strings.h"
#include "json/uri.h"

namespace amqp_sidecar::json {
namespace {

// Schemas are nested deeper than what they describe.
constexpr int kMaxSchemaDepth = 256;
constexpr uint32_t kManyMembers = 32;

// Where, below a schema, other schemas stand.
constexpr std::array<std::string_view, 12> kSchemas = {"additionalItems",
                                                       "additionalProperties",
                                                       "contains",
                                                       "contentSchema",
                                                       "else",
                                                       "if",
                                                       "items",
                                                       "not",
                                                       "then",
                                                       "propertyNames",
                                                       "unevaluatedItems",
                                                       "unevaluatedProperties"};
constexpr std::array<std::string_view, 5> kLists = {"allOf", "anyOf", "items", "oneOf",
                                                    "prefixItems"};
constexpr std::array<std::string_view, 6> kMaps = {
    "$defs", "definitions", "dependencies", "dependentSchemas", "properties", "patternProperties"};

template <size_t N>
bool IsOneOf(std::string_view name, const std::array<std::string_view, N>& names) {
  for (const std::string_view other : names) {
    if (name == other) return true;
  }
  return false;
}

std::optional<Draft> DraftNamed(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  if (uri.starts_with("https://")) {
    uri.remove_prefix(8);
  } else if (uri.starts_with("http://")) {
    uri.remove_prefix(7);
  }
  if (uri == "json-schema.org/draft/2020-12/schema") return Draft::k202012;
  if (uri == "json-schema.org/draft-07/schema") return Draft::k07;
  return std::nullopt;
}

}  // namespace

std::shared_ptr<const SchemaFile> SchemaFile::Read(const Source& source, std::string& error) {
  const std::shared_ptr<SchemaFile> file(new SchemaFile(source.name));
  Document::Options options;
  options.max_depth = kMaxSchemaDepth;
  options.unique_keys = true;
  if (const auto wrong = file->document_.Parse(source.text, options)) {
    error = base::Concat(source.name, ": not well-formed JSON: ", *wrong);
    return nullptr;
  }
  file->IndexLargeObjects();
  auto whole = std::make_unique<SchemaResource>();
  whole->uri = source.uri;
  whole->draft = source.draft;
  file->resources_.push_back(std::move(whole));
  if (file->document_[0].type == Type::kObject) {
    if (const auto draft = file->DraftOf(0, source.draft)) file->resources_[0]->draft = *draft;
  }
  file->Index(0, file->resources_[0].get());
  if (file->error_.empty()) return file;
  error = file->error_;
  return nullptr;
}

void SchemaFile::IndexLargeObjects() {
  for (uint32_t object = 0; object < document_.size(); ++object) {
    const Value& value = document_[object];
    if (value.type != Type::kObject || value.count < kManyMembers) continue;
    uint32_t name = object + 1;
    for (uint32_t i = 0; i < value.count; ++i) {
      members_[{object, std::string(document_.text(name))}] = name + 1;
      name = document_[name + 1].next;
    }
  }
}

std::optional<uint32_t> SchemaFile::Find(uint32_t object, std::string_view name) const {
  if (document_[object].count < kManyMembers) return document_.Find(object, name);
  const auto found = members_.find({object, std::string(name)});
  if (found == members_.end()) return std::nullopt;
  return found->second;
}

const SchemaResource& SchemaFile::ResourceOf(uint32_t index) const {
  const SchemaResource* innermost = resources_[0].get();
  for (const auto& resource : resources_) {
    if (resource->root <= index && index < document_[resource->root].next) {
      innermost = resource.get();
    }
  }
  return *innermost;
}

std::string SchemaFile::Describe(uint32_t index) const {
  return base::Concat(name_, "#", document_.PointerTo(index));
}

void SchemaFile::Fail(uint32_t index, std::string_view what) {
  if (error_.empty()) error_ = base::Concat(Describe(index), ": ", what);
}

// `index` is where a schema is to be.
void SchemaFile::Index(uint32_t index, SchemaResource* resource) {
  if (document_[index].type != Type::kObject) return;
  resource = IndexNames(index, resource);
  uint32_t name = index + 1;
  for (uint32_t i = 0; i < document_[index].count; ++i) {
    IndexMember(name, resource);
    name = document_[name + 1].next;
  }
}

void SchemaFile::IndexMember(uint32_t name, SchemaResource* resource) {
  const std::string_view keyword = document_.text(name);
  const uint32_t value = name + 1;
  const Type type = document_[value].type;
  if (IsOneOf(keyword, kSchemas) && type == Type::kObject) return Index(value, resource);
  if (IsOneOf(keyword, kLists) && type == Type::kArray) return IndexAll(value, resource);
  if (IsOneOf(keyword, kMaps) && type == Type::kObject) return IndexAll(value, resource);
}

void SchemaFile::IndexAll(uint32_t container, SchemaResource* resource) {
  const bool in_object = document_[container].type == Type::kObject;
  uint32_t at = container + 1;
  for (uint32_t i = 0; i < document_[container].count; ++i) {
    if (in_object) ++at;
    Index(at, resource);
    at = document_[at].next;
  }
}

std::optional<Draft> SchemaFile::DraftOf(uint32_t object, Draft otherwise) {
  const auto schema = document_.Find(object, "$schema");
  if (!schema) return otherwise;
  if (document_[*schema].type == Type::kString) {
    if (const auto draft = DraftNamed(document_.text(*schema))) return draft;
  }
  Fail(*schema,
       "this sidecar knows https://json-schema.org/draft/2020-12/schema and "
       "http://json-schema.org/draft-07/schema#, and no other");
  return std::nullopt;
}

// The resource that the schema belongs to: one that it begins, or the one around it.
SchemaResource* SchemaFile::IndexNames(uint32_t object, SchemaResource* resource) {
  if (const auto id = document_.Find(object, "$id")) {
    // Beside a $ref, draft-07 knows no other keyword.
    const bool counts = resource->draft != Draft::k07 || !document_.Find(object, "$ref");
    if (counts) resource = IndexId(object, *id, resource);
  }
  if (resource->draft == Draft::k202012) {
    IndexAnchor(object, "$anchor", *resource);
    IndexAnchor(object, "$dynamicAnchor", *resource);
  }
  return resource;
}

SchemaResource* SchemaFile::IndexId(uint32_t object, uint32_t id, SchemaResource* around) {
  if (document_[id].type != Type::kString) {
    Fail(id, "must be a string");
    return around;
  }
  const std::string_view text = document_.text(id);
  const auto parts = SplitFragment(ResolveUri(around->uri, text));
  if (!parts) {
    Fail(id, "is no URI");
    return around;
  }
  // In draft-07 one that is only a fragment names a place, as $anchor does later.
  const bool begins = !text.starts_with('#');
  SchemaResource* resource = begins ? Begin(object, parts->uri, around) : around;
  if (parts->fragment.empty()) return resource;
  if (resource->draft == Draft::k202012) {
    Fail(id, "must not have a fragment: $anchor names a place in a schema");
  } else {
    resource->anchors.emplace(parts->fragment, object);
  }
  return resource;
}

SchemaResource* SchemaFile::Begin(uint32_t object, const std::string& uri, SchemaResource* around) {
  // The file is one already, whatever its name.
  if (object == 0) {
    around->uri = uri;
    return around;
  }
  auto begun = std::make_unique<SchemaResource>();
  begun->uri = uri;
  begun->root = object;
  begun->draft = DraftOf(object, around->draft).value_or(around->draft);
  resources_.push_back(std::move(begun));
  return resources_.back().get();
}

void SchemaFile::IndexAnchor(uint32_t object, std::string_view keyword, SchemaResource& resource) {
  const auto anchor = document_.Find(object, keyword);
  if (!anchor) return;
  if (document_[*anchor].type != Type::kString || document_[*anchor].size == 0) {
    return Fail(*anchor, "must be a name");
  }
  const std::string name(document_.text(*anchor));
  const bool is_new = resource.anchors.emplace(name, object).second;
  const bool is_dynamic = keyword == "$dynamicAnchor";
  if (is_dynamic) resource.dynamic_anchors.emplace(name, object);
  if (!is_new && resource.anchors[name] != object) Fail(*anchor, "there twice");
}

}  // namespace amqp_sidecar::json
