// Evaluation: one document checked against one schema. One thread, once. What it needs of memory is
// kept by the thread for the next.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "json/pattern.h"
#include "json/subschema.h"

namespace amqp_sidecar::json {

class Evaluation {
 public:
  // Neither is owned; both outlive this. `most` faults are told, at least 1.
  Evaluation(const SchemaProgram& program, const Document& document, size_t most);
  ~Evaluation();
  Evaluation(const Evaluation&) = delete;
  Evaluation& operator=(const Evaluation&) = delete;

  std::vector<std::string> Run();

  // ---- For keywords

  const Document& document() const { return document_; }
  const Value& value(uint32_t node) const { return document_[node]; }

  // Whether the value at `node` fits. A keyword asks so of what is within its own value.
  bool Check(const Subschema& schema, uint32_t node) { return Check(schema, node, Evaluated()); }
  // The same for a schema about the value whose keyword asks: what it has looked at counts for
  // `evaluated`, if the value fits.
  bool CheckInPlace(const Subschema& schema, uint32_t node, const Evaluated& evaluated);
  // The same, and nobody is told of faults.
  bool Fits(const Subschema& schema, uint32_t node, const Evaluated& evaluated);
  // What the first fault of a value is that does not fit. Only where Tells(), and not from within
  // itself: that would take twice the steps at each level.
  std::string Explain(const Subschema& schema, uint32_t node);
  bool Explains() const { return Tells() && !explaining_; }

  // Tells that the value at `node` is at fault. Returns false.
  template <typename... Pieces>
  bool Fail(uint32_t node, const Pieces&... pieces) {
    if (!Tells()) return false;
    const bool is_name = value(node).type == Type::kString && value(node).is_name;
    const std::string_view what = is_name ? "its name " : "";
    Tell(document_.PointerTo(node), base::Concat(what, pieces...));
    return false;
  }
  // Likewise for the member of the object at `node` that is not there.
  template <typename... Pieces>
  bool FailMember(uint32_t node, std::string_view name, const Pieces&... pieces) {
    if (Tells()) TellMember(node, name, base::Concat(pieces...));
    return false;
  }
  // Whether anybody wants to hear of one more fault: if not, the first ends the check.
  bool Tells() const {
    return !quiet_ && costly_ == Costly::kNo && faults_.size() < (explaining_ ? 1 : most_);
  }

  // To be said before work that takes as many steps. False where there are not so many left: the
  // check is to end, whatever the keyword returns.
  bool Spend(uint64_t steps) {
    if (steps <= steps_left_) {
      steps_left_ -= steps;
      return true;
    }
    return GiveUp(Costly::kSteps);
  }

  // Whether `pattern`, of which this is steps_per_byte(), is in the text of the value at `node`.
  // False also where that would cost too much.
  bool IsFound(const Pattern& pattern, size_t steps_per_byte, uint32_t node);

  // Of a value with this many elements or members.
  void Mark(const Evaluated& evaluated, uint32_t index);
  void MarkAll(const Evaluated& evaluated);
  bool IsMarked(const Evaluated& evaluated, uint32_t index) const;

  // What a $dynamicRef to `name` means here; null: what it means by itself.
  const Subschema* FindDynamic(std::string_view name) const;

  // Memory for values and their hashes, for one keyword at a time.
  std::vector<std::pair<uint64_t, uint32_t>>& hashes();

 private:
  struct Memory;
  class EvaluatedHere;
  // What there was too much of.
  enum class Costly { kNo, kSteps, kNesting, kPattern };
  static Memory& ThisThread();

  bool Check(const Subschema& schema, uint32_t node, const Evaluated& evaluated);
  bool CheckKeywords(const Subschema& schema, uint32_t node, const Evaluated& evaluated);
  void Merge(const Evaluated& from, const Evaluated& to);
  bool GiveUp(Costly why);
  std::string WhyCostly(uint64_t steps) const;
  void Tell(std::string pointer, std::string what);
  void TellMember(uint32_t node, std::string_view name, std::string what);

  const SchemaProgram& program_;
  const Document& document_;
  const size_t most_;
  Memory& memory_;
  uint64_t steps_left_;
  uint64_t pattern_time_left_;  // nanoseconds
  Costly costly_ = Costly::kNo;
  uint32_t node_ = 0;  // that was entered last
  bool quiet_ = false;
  bool explaining_ = false;
  int depth_ = 0;
  std::vector<std::string> faults_;
};

}  // namespace amqp_sidecar::json
