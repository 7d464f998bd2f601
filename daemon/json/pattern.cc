#include "json/pattern.h"

#include <re2/re2.h>

#include <utility>

#include "base/strings.h"
#include "json/ecma_regex.h"

namespace amqp_sidecar::json {
namespace {

// RE2 takes seconds for some that are much longer.
constexpr size_t kMostBytes = 16'384;
// What a pattern may take for its program and for what matching remembers. Most fit the first; the
// second is for those that repeat much: ^.{1,1000}$.
constexpr int64_t kUsualMemory = 1 << 20;
constexpr int64_t kMostMemory = 4 << 20;

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

size_t Pattern::steps_per_byte() const { return static_cast<size_t>(compiled_->ProgramSize()); }

bool Pattern::Matches(std::string_view text) const {
  return compiled_->Match(text, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
}

}  // namespace amqp_sidecar::json
