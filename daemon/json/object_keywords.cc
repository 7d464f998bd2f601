#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/strings.h"
#include "json/count_limit.h"
#include "json/evaluation.h"
#include "json/excerpt.h"
#include "json/keywords.h"
#include "json/pattern.h"
#include "json/suggestion.h"

namespace amqp_sidecar::json {
namespace {

constexpr TypeSet kObjects = SetOf(Type::kObject);
// Names that are looked at for one step.
constexpr uint64_t kNamesForStep = 8;
// Names among which the one that is meant is looked for: to compare them costs more than a step.
constexpr size_t kMostCompared = 256;

bool Has(Evaluation& evaluation, uint32_t object, std::string_view name) {
  const Document& document = evaluation.document();
  const uint32_t count = document[object].count;
  if (!evaluation.Spend(count / kNamesForStep)) return false;
  uint32_t at = object + 1;
  for (uint32_t i = 0; i < count; ++i) {
    if (document.text(at) == name) return true;
    at = document[at + 1].next;
  }
  return false;
}

class Required final : public Keyword {
 public:
  explicit Required(std::vector<std::string> names) : Keyword(kObjects), names_(std::move(names)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    bool fits = true;
    for (const std::string& name : names_) {
      if (Has(evaluation, node, name)) continue;
      fits = evaluation.FailMember(node, name, "required, missing");
      if (!evaluation.Tells()) break;
    }
    return fits;
  }

 private:
  const std::vector<std::string> names_;
};

// dependentRequired, for one name.
class DependentRequired final : public Keyword {
 public:
  DependentRequired(std::string name, std::vector<std::string> others)
      : Keyword(kObjects), name_(std::move(name)), others_(std::move(others)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    if (others_.empty() || !Has(evaluation, node, name_)) return true;
    bool fits = true;
    for (const std::string& other : others_) {
      if (Has(evaluation, node, other)) continue;
      fits = evaluation.FailMember(node, other, "required where there is ", Excerpt(name_),
                                   ", missing");
      if (!evaluation.Tells()) break;
    }
    return fits;
  }

 private:
  const std::string name_;
  const std::vector<std::string> others_;
};

// dependentSchemas, for one name.
class DependentSchema final : public Keyword {
 public:
  DependentSchema(std::string name, const Subschema& schema)
      : Keyword(kObjects), name_(std::move(name)), schema_(schema) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    return !Has(evaluation, node, name_) || evaluation.CheckInPlace(schema_, node, evaluated);
  }

 private:
  const std::string name_;
  const Subschema& schema_;
};

class PropertyNames final : public Keyword {
 public:
  explicit PropertyNames(const Subschema& schema) : Keyword(kObjects), schema_(schema) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    bool fits = true;
    uint32_t name = node + 1;
    for (uint32_t i = 0; i < evaluation.value(node).count; ++i) {
      fits = evaluation.Check(schema_, name) && fits;
      if (!fits && !evaluation.Tells()) break;
      name = evaluation.value(name + 1).next;
    }
    return fits;
  }

 private:
  const Subschema& schema_;
};

// properties, patternProperties and additionalProperties.
class Properties final : public Keyword {
 public:
  Properties() : Keyword(kObjects) {}

  void Add(std::string name, const Subschema* schema) { named_.emplace(std::move(name), schema); }
  void AddPattern(Pattern pattern, const Subschema* schema) {
    const size_t steps_per_byte = pattern.steps_per_byte();
    patterns_.push_back({std::move(pattern), steps_per_byte, schema});
  }
  void set_others(const Subschema* others) { others_ = others; }
  bool empty() const { return named_.empty() && patterns_.empty() && others_ == nullptr; }

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const override {
    bool fits = true;
    uint32_t name = node + 1;
    for (uint32_t i = 0; i < evaluation.value(node).count; ++i) {
      bool known = others_ != nullptr;
      fits = CheckMember(evaluation, name, known) && fits;
      if (!fits && !evaluation.Tells()) return false;
      if (known) evaluation.Mark(evaluated, i);
      name = evaluation.value(name + 1).next;
    }
    return fits;
  }

 private:
  // `known` becomes true where a property or a pattern names it.
  bool CheckMember(Evaluation& evaluation, uint32_t name_node, bool& known) const {
    const std::string_view name = evaluation.document().text(name_node);
    bool named = false;
    bool fits = true;
    const auto found = named_.find(absl::string_view(name.data(), name.size()));
    if (found != named_.end()) {
      named = true;
      fits = evaluation.Check(*found->second, name_node + 1);
    }
    for (const auto& [pattern, steps_per_byte, schema] : patterns_) {
      if (!evaluation.IsFound(pattern, steps_per_byte, name_node)) continue;
      named = true;
      fits = evaluation.Check(*schema, name_node + 1) && fits;
    }
    known = known || named;
    if (named || others_ == nullptr) return fits;
    if (others_->kind == Subschema::Kind::kNothing) return RefuseOther(evaluation, name_node);
    return evaluation.Check(*others_, name_node + 1);
  }

  bool RefuseOther(Evaluation& evaluation, uint32_t name_node) const {
    if (!evaluation.Tells()) return false;
    std::vector<std::string_view> known;
    if (named_.size() <= kMostCompared) {
      for (const auto& [name, schema] : named_) known.push_back(name);
    }
    const std::string nearest = NearestName(evaluation.document().text(name_node), known);
    if (nearest.empty()) return evaluation.Fail(name_node + 1, "no such field");
    return evaluation.Fail(name_node + 1, "no such field; is ", Excerpt(nearest), " meant?");
  }

  absl::flat_hash_map<std::string, const Subschema*> named_;
  struct PatternSchema {
    Pattern pattern;
    size_t steps_per_byte;
    const Subschema* schema;
  };
  std::vector<PatternSchema> patterns_;
  const Subschema* others_ = nullptr;  // null: anything
};

void AddProperties(const SchemaObject& schema, Subschema& out) {
  auto properties = std::make_unique<Properties>();
  SchemaCompiler& compiler = schema.compiler();
  for (auto& [name, at] : schema.FindMembers("properties")) {
    properties->Add(std::move(name), compiler.SchemaAt(at));
  }
  for (const auto& [expression, at] : schema.FindMembers("patternProperties")) {
    auto pattern = Pattern::Compile(expression);
    if (!pattern.ok()) return compiler.Fail(at, std::string(pattern.status().message()));
    properties->AddPattern(*std::move(pattern), compiler.SchemaAt(at));
  }
  properties->set_others(schema.FindSchema("additionalProperties"));
  if (!properties->empty()) out.keywords.push_back(std::move(properties));
}

void AddDependentSchema(std::string name, const Subschema* wanted, Subschema& out) {
  out.keywords.push_back(std::make_unique<DependentSchema>(std::move(name), *wanted));
  out.in_place.push_back(wanted);
}

// Draft-07 has both kinds in one keyword, which 2020-12 took away, and no reader forgot.
void AddDependencies(const SchemaObject& schema, Subschema& out) {
  for (auto& [name, at] : schema.FindMembers("dependencies")) {
    if (schema.value(at).type == Type::kArray) {
      out.keywords.push_back(
          std::make_unique<DependentRequired>(std::move(name), schema.NamesAt(at)));
    } else {
      AddDependentSchema(std::move(name), schema.compiler().SchemaAt(at), out);
    }
  }
}

void AddDependents(const SchemaObject& schema, Subschema& out) {
  AddDependencies(schema, out);
  if (schema.draft() == Draft::k07) return;
  for (auto& [name, at] : schema.FindMembers("dependentRequired")) {
    out.keywords.push_back(
        std::make_unique<DependentRequired>(std::move(name), schema.NamesAt(at)));
  }
  for (auto& [name, at] : schema.FindMembers("dependentSchemas")) {
    AddDependentSchema(std::move(name), schema.compiler().SchemaAt(at), out);
  }
}

}  // namespace

void AddObjectKeywords(const SchemaObject& schema, Subschema& out) {
  if (const auto names = schema.Find("required")) {
    out.keywords.push_back(std::make_unique<Required>(schema.NamesAt(*names)));
  }
  if (const auto least = schema.FindCount("minProperties")) {
    out.keywords.push_back(
        std::make_unique<CountLimit>(Type::kObject, CountLimit::Limit{*least, true}));
  }
  if (const auto most = schema.FindCount("maxProperties")) {
    out.keywords.push_back(
        std::make_unique<CountLimit>(Type::kObject, CountLimit::Limit{*most, false}));
  }
  if (const Subschema* names = schema.FindSchema("propertyNames")) {
    out.keywords.push_back(std::make_unique<PropertyNames>(*names));
  }
  AddProperties(schema, out);
  AddDependents(schema, out);
}

}  // namespace amqp_sidecar::json
