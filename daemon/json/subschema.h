// A compiled schema: a graph of subschemas, each with the keywords that have something to say.
// Constant once it is made; any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "json/document.h"
#include "json/schema_file.h"

namespace amqp_sidecar::json {

class Evaluation;

// A bit for each Type.
using TypeSet = uint8_t;
constexpr TypeSet SetOf(Type type) {
  return static_cast<TypeSet>(1u << static_cast<unsigned>(type));
}
inline constexpr TypeSet kAllTypes = 0x3F;

// Which elements or members of one value some keyword has looked at, for the keywords unevaluated*:
// bits in the memory of the Evaluation.
struct Evaluated {
  bool wanted = false;
  uint32_t first_word = 0;
  uint32_t words = 0;
};

// What one keyword, or a few that belong together, asks of a value.
class Keyword {
 public:
  explicit Keyword(TypeSet types) : types_(types) {}
  virtual ~Keyword() = default;

  // True where the value at `node` fits; else `evaluation` has been told why not. Marks in
  // `evaluated`, where that is wanted, what it has looked at.
  virtual bool Check(Evaluation& evaluation, uint32_t node, const Evaluated& evaluated) const = 0;

  // It has nothing to say of values of other types.
  bool AppliesTo(Type type) const { return (types_ & SetOf(type)) != 0; }

 private:
  const TypeSet types_;
};

struct Subschema {
  enum class Kind { kAnything, kNothing, kKeywords };

  Kind kind = Kind::kKeywords;
  // Has a keyword unevaluated*, which stands last.
  bool wants_evaluated = false;
  uint32_t resource = 0;  // index of the resource that it is in
  std::vector<std::unique_ptr<const Keyword>> keywords;
  // Those that it applies to its own value.
  std::vector<const Subschema*> in_place;
};

struct SchemaProgram {
  const Subschema* root = nullptr;
  std::vector<std::unique_ptr<Subschema>> subschemas;
  // What a $dynamicRef finds in each resource; empty where the schema has none.
  std::vector<absl::flat_hash_map<std::string, const Subschema*>> dynamic_anchors;
  bool has_dynamic_references = false;
  // Whose texts the keywords refer to.
  std::vector<std::shared_ptr<const SchemaFile>> files;
};

}  // namespace amqp_sidecar::json
