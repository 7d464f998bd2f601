#include "json/pattern.h"

#include <re2/re2.h>

#include <utility>

#include "base/strings.h"
#include "json/ecma_regex.h"
#include "json/pattern_loops.h"

namespace amqp_sidecar::json {
namespace {

// RE2 takes seconds for some that are much longer.
constexpr size_t kMostBytes = 16'384;
// What a pattern may take for its program and for what matching remembers. Most fit the first; the
// second is for those that repeat much: ^.{1,1000}$.
constexpr int64_t kUsualMemory = 1 << 20;
constexpr int64_t kMostMemory = 4 << 20;

// So many for each byte are not worth counting.
constexpr size_t kFewInstructions = 256;
constexpr size_t kManyInstructions = 2048;

std::shared_ptr<const re2::RE2> CompileWithin(const std::string& expression, int64_t memory) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_never_capture(true);
  options.set_max_mem(memory);
  return std::make_shared<const re2::RE2>(expression, options);
}

}  // namespace

Pattern::Pattern(std::string expression, std::shared_ptr<const re2::RE2> compiled)
    : expression_(std::move(expression)), compiled_(std::move(compiled)) {}

absl::StatusOr<Pattern> Pattern::Compile(std::string_view expression) {
  if (expression.size() > kMostBytes) {
    return absl::InvalidArgumentError(base::Concat("longer than ", kMostBytes, " bytes"));
  }
  const auto translated = EcmaToRe2(expression);
  if (!translated.ok()) return translated.status();
  auto compiled = CompileWithin(*translated, kUsualMemory);
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    compiled = CompileWithin(*translated, kMostMemory);
  }
  if (!compiled->ok()) {
    return absl::InvalidArgumentError(base::Concat("RE2 refuses it: ", compiled->error()));
  }
  return Pattern(std::string(expression), std::move(compiled));
}

// RE2 follows all ways at once, as one state that it remembers. There may be as many as there are
// sets of ways, where a counted repetition can begin at many places; then it forgets, and each byte
// takes a step for each instruction.
size_t Pattern::steps_per_byte() const {
  const PatternLoops loops = FindLoops(expression_);
  const bool begins_once = loops.begins_anchored && loops.counted + loops.endless <= 1;
  const auto instructions = static_cast<size_t>(compiled_->ProgramSize());
  // What is written out repeats nothing, but may be as long.
  const size_t few = loops.counted == 0 ? kManyInstructions : kFewInstructions;
  return begins_once || instructions <= few ? 1 : instructions;
}

bool Pattern::Matches(std::string_view text) const {
  // RE2's own kind of string_view differs by version.
  return compiled_->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr,
                          0);
}

}  // namespace amqp_sidecar::json
