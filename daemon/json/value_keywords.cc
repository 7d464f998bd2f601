#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/strings.h"
#include "json/decimal.h"
#include "json/describe.h"
#include "json/equality.h"
#include "json/evaluation.h"
#include "json/keywords.h"

namespace amqp_sidecar::json {
namespace {

constexpr size_t kMostListed = 5;
// Bytes that are compared for one step.
constexpr uint64_t kBytesForStep = 64;

bool IsInteger(const Document& document, uint32_t node) {
  return document[node].is_plain_integer || Decimal(document.text(node)).is_integer();
}

class TypeKeyword final : public Keyword {
 public:
  TypeKeyword(TypeSet types, bool integer, std::string wanted)
      : Keyword(kAllTypes), types_(types), integer_(integer), wanted_(std::move(wanted)) {}

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    const Type type = evaluation.value(node).type;
    if ((types_ & SetOf(type)) != 0) return true;
    const Document& document = evaluation.document();
    if (integer_ && type == Type::kNumber && IsInteger(document, node)) return true;
    return evaluation.Fail(node, Describe(document, node), " is not ", wanted_);
  }

 private:
  const TypeSet types_;
  const bool integer_;  // a number is taken where it is one
  const std::string wanted_;
};

// enum and const. Refers to the schema's own text.
class EnumKeyword final : public Keyword {
 public:
  EnumKeyword(const Document& schema, std::vector<uint32_t> values)
      : Keyword(kAllTypes), schema_(schema), values_(std::move(values)) {
    // A list of strings or of integers may be long.
    for (const uint32_t value : values_) {
      if (schema_[value].type == Type::kString) {
        strings_.emplace(schema_.text(value));
      } else if (schema_[value].type == Type::kNumber && schema_[value].is_plain_integer) {
        integers_.insert(schema_[value].integer);
        plain_.push_back(value);
      } else {
        others_.push_back(value);
      }
    }
  }

  bool Check(Evaluation& evaluation, uint32_t node, const Evaluated&) const override {
    return IsListed(evaluation, node) || Refuse(evaluation, node);
  }

 private:
  bool IsListed(Evaluation& evaluation, uint32_t node) const {
    const Document& document = evaluation.document();
    if (document[node].type == Type::kString) {
      const std::string_view text = document.text(node);
      return evaluation.Spend(text.size() / kBytesForStep) &&
             strings_.contains(absl::string_view(text.data(), text.size()));
    }
    const bool is_number = document[node].type == Type::kNumber;
    const bool is_plain = is_number && document[node].is_plain_integer;
    if (is_plain && integers_.contains(document[node].integer)) return true;
    if (IsAmong(others_, evaluation, node)) return true;
    // It may be 1.0 for 1.
    return is_number && !is_plain && IsAmong(plain_, evaluation, node);
  }

  bool IsAmong(const std::vector<uint32_t>& values, Evaluation& evaluation, uint32_t node) const {
    return std::ranges::any_of(values, [&](uint32_t value) {
      return AreEqual(schema_, value, evaluation.document(), node, evaluation);
    });
  }

  bool Refuse(Evaluation& evaluation, uint32_t node) const {
    if (!evaluation.Tells()) return false;
    std::string list;
    for (size_t i = 0; i < values_.size() && i < kMostListed; ++i) {
      list += base::Concat(i == 0 ? "" : ", ", Listed(values_[i]));
    }
    if (values_.size() > kMostListed) list += ", ...";
    return evaluation.Fail(node, Describe(evaluation.document(), node),
                           values_.size() == 1 ? " is not " : " is none of ", list);
  }

  // "an object is not an object" would be told of two that differ within.
  std::string Listed(uint32_t value) const {
    const Type type = schema_[value].type;
    if (type == Type::kArray) return "the array of the schema";
    if (type == Type::kObject) return "the object of the schema";
    return Describe(schema_, value);
  }

  const Document& schema_;
  const std::vector<uint32_t> values_;
  absl::flat_hash_set<std::string> strings_;
  absl::flat_hash_set<int64_t> integers_;
  std::vector<uint32_t> plain_;  // the same, by their places
  std::vector<uint32_t> others_;
};

struct NamedType {
  std::string_view name;
  std::string_view phrase;
  TypeSet types;
};
constexpr std::array<NamedType, 7> kTypes = {{{"null", "null", SetOf(Type::kNull)},
                                              {"boolean", "a boolean", SetOf(Type::kBoolean)},
                                              {"number", "a number", SetOf(Type::kNumber)},
                                              {"integer", "an integer", 0},
                                              {"string", "a string", SetOf(Type::kString)},
                                              {"array", "an array", SetOf(Type::kArray)},
                                              {"object", "an object", SetOf(Type::kObject)}}};

// What `type` asks for.
class Types {
 public:
  // False where there is no such type.
  bool Add(std::string_view name) {
    for (const NamedType& type : kTypes) {
      if (type.name != name) continue;
      set_ = static_cast<TypeSet>(set_ | type.types);
      integer_ = integer_ || type.types == 0;
      wanted_ += base::Concat(wanted_.empty() ? "" : " or ", type.phrase);
      return true;
    }
    return false;
  }

  std::unique_ptr<Keyword> Make() const {
    return std::make_unique<TypeKeyword>(set_, integer_, wanted_);
  }

 private:
  TypeSet set_ = 0;
  bool integer_ = false;
  std::string wanted_;
};

void AddType(const SchemaObject& schema, Subschema& out) {
  const auto type = schema.Find("type");
  if (!type) return;
  static constexpr char kWanted[] =
      "must be one of null, boolean, number, integer, string, array and object, or an array of "
      "some of them";
  std::vector<std::string> names;
  if (schema.value(*type).type == Type::kArray) {
    names = schema.NamesAt(*type);
  } else if (schema.value(*type).type == Type::kString) {
    names.emplace_back(schema.text(*type));
  }
  Types types;
  for (const std::string& name : names) {
    if (!types.Add(name)) return schema.compiler().Fail(*type, kWanted);
  }
  if (names.empty()) return schema.compiler().Fail(*type, kWanted);
  out.keywords.push_back(types.Make());
}

}  // namespace

void AddValueKeywords(const SchemaObject& schema, Subschema& out) {
  AddType(schema, out);
  std::vector<uint32_t> values;
  if (const auto list = schema.FindOf("enum", Type::kArray)) {
    for (const Location& value : schema.ElementsOf(*list)) values.push_back(value.index);
    out.keywords.push_back(std::make_unique<EnumKeyword>(schema.document(), std::move(values)));
  }
  if (const auto value = schema.Find("const")) {
    out.keywords.push_back(
        std::make_unique<EnumKeyword>(schema.document(), std::vector<uint32_t>{value->index}));
  }
}

}  // namespace amqp_sidecar::json
