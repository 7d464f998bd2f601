#include "json/schema_compiler.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "json/excerpt.h"
#include "json/keywords.h"
#include "json/schema_object.h"

namespace amqp_sidecar::json {
namespace {

constexpr size_t kMostSubschemas = 100'000;
constexpr int kMostShownOfFault = 500;

// Of a schema, while a way that comes back to itself is looked for.
enum class Visit : uint8_t { kNotYet, kOnTheWay, kDone };

}  // namespace

void SchemaCompiler::Fail(const Location& at, std::string_view what) {
  if (!status_.ok()) return;
  // It may quote the schema.
  status_ = absl::InvalidArgumentError(
      base::Concat(at.file->Describe(at.index), ": ", Excerpt(what, kMostShownOfFault)));
}

const Subschema* SchemaCompiler::SchemaAt(const Location& at) {
  const auto known = known_.find(at);
  if (known != known_.end()) return program_->subschemas[known->second].get();
  known_[at] = program_->subschemas.size();
  places_.push_back(at);
  Subschema& made = *program_->subschemas.emplace_back(std::make_unique<Subschema>());
  const Value& value = at.file->document()[at.index];
  if (value.type == Type::kBoolean) {
    made.kind = value.is_true ? Subschema::Kind::kAnything : Subschema::Kind::kNothing;
  } else if (value.type != Type::kObject) {
    Fail(at, "must be a schema: an object, true or false");
  }
  if (places_.size() > kMostSubschemas) {
    Fail(at, base::Concat("one of more than ", kMostSubschemas, " schemas"));
  }
  return &made;
}

std::optional<SchemaStore::Target> SchemaCompiler::Resolve(const Location& at) {
  const SchemaResource& resource = at.file->ResourceOf(at.index);
  auto target = store_.Resolve(resource, at.file->document().text(at.index));
  if (target.ok()) return *std::move(target);
  Fail(at, std::string(target.status().message()));
  return std::nullopt;
}

absl::StatusOr<std::shared_ptr<const SchemaProgram>> SchemaCompiler::Compile(const Location& root) {
  program_->root = SchemaAt(root);
  // One after another, not one within another: a chain of references may be long.
  do {
    for (; status_.ok() && compiled_ < places_.size(); ++compiled_) CompileAt(compiled_);
    CompileDynamicAnchors();
  } while (status_.ok() && compiled_ < places_.size());
  if (status_.ok()) RefuseEndless();
  if (!status_.ok()) return status_;
  return program_;
}

void SchemaCompiler::CompileAt(size_t index) {
  const Location at = places_[index];
  Subschema& out = *program_->subschemas[index];
  out.resource = ResourceIndex(at);
  if (at.file->document()[at.index].type != Type::kObject) return;
  const SchemaObject schema(at, *this);
  CheckOtherKeywords(schema);
  if (schema.draft() == Draft::k07 && schema.Find("$ref")) {
    // There it is alone: JSON Schema core draft-07 §8.3.
    AddReferenceKeywords(schema, out);
    return;
  }
  AddValueKeywords(schema, out);
  AddNumberKeywords(schema, out);
  AddStringKeywords(schema, out);
  AddArrayKeywords(schema, out);
  AddObjectKeywords(schema, out);
  AddReferenceKeywords(schema, out);
  AddLogicKeywords(schema, out);
  AddUnevaluatedKeywords(schema, out);
}

uint32_t SchemaCompiler::ResourceIndex(const Location& at) {
  const SchemaResource* resource = &at.file->ResourceOf(at.index);
  const auto known = std::ranges::find(resources_, resource, &Resource::resource);
  if (known != resources_.end()) return static_cast<uint32_t>(known - resources_.begin());
  resources_.push_back({at.file, resource});
  auto& files = program_->files;
  if (std::ranges::none_of(files, [&at](const auto& file) { return file.get() == at.file; })) {
    files.push_back(store_.Owner(at.file));
  }
  return static_cast<uint32_t>(resources_.size() - 1);
}

void SchemaCompiler::CompileDynamicAnchors() {
  if (!program_->has_dynamic_references) return;
  auto& all = program_->dynamic_anchors;
  for (size_t i = all.size(); i < resources_.size(); ++i) {
    auto& anchors = all.emplace_back();
    for (const auto& [name, index] : resources_[i].resource->dynamic_anchors) {
      anchors[name] = SchemaAt({resources_[i].file, index});
    }
  }
}

// A schema that applies itself to its own value would do so for ever.
void SchemaCompiler::RefuseEndless() {
  const auto& subschemas = program_->subschemas;
  std::map<const Subschema*, size_t> indexes;
  for (size_t i = 0; i < subschemas.size(); ++i) indexes[subschemas[i].get()] = i;
  std::vector<Visit> visits(subschemas.size(), Visit::kNotYet);
  struct Step {
    size_t index;
    size_t next;  // of what it applies in place
  };
  for (size_t start = 0; start < subschemas.size(); ++start) {
    if (visits[start] != Visit::kNotYet) continue;
    std::vector<Step> way = {{start, 0}};
    visits[start] = Visit::kOnTheWay;
    while (!way.empty()) {
      Step& step = way.back();
      const auto& in_place = subschemas[step.index]->in_place;
      if (step.next == in_place.size()) {
        visits[step.index] = Visit::kDone;
        way.pop_back();
        continue;
      }
      const size_t next = indexes[in_place[step.next++]];
      if (visits[next] == Visit::kOnTheWay) {
        return Fail(places_[next], "refers to itself for ever");
      }
      if (visits[next] == Visit::kNotYet) {
        visits[next] = Visit::kOnTheWay;
        way.push_back({next, 0});
      }
    }
  }
}

}  // namespace amqp_sidecar::json
