// Check: one finding of `doctor`: what was looked at, what was found, and what to do. A plain
// value, any thread.
#pragma once

#include <string>

namespace amqp_sidecar::rpc {

enum class Verdict {
  kOk,    // seen to be well
  kWarn,  // seen, and it may be meant so
  kFail,
  kSkip,  // not looked at, and found says why
};

struct Check {
  Verdict verdict = Verdict::kSkip;
  std::string name;
  std::string found;
  std::string advice;  // for each that is not ok; may be empty for one that is skipped
};

Check Ok(std::string name, std::string found);
Check Warn(std::string name, std::string found, std::string advice);
Check Fail(std::string name, std::string found, std::string advice);
Check Skip(std::string name, std::string why, std::string advice = "");

// "ok", "warn", "fail", "skip".
const char* VerdictName(Verdict verdict);

// `fail  broker           what was found`, and the advice in a line of its own below. Control
// characters are escaped.
std::string CheckText(const Check& check);

// One JSON object and a newline: verdict, check, found and advice, each a text.
std::string CheckJson(const Check& check);

}  // namespace amqp_sidecar::rpc
