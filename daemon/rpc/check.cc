#include "rpc/check.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "rpc/delivery_printer.h"
#include "rpc/utf8.h"

namespace amqp_sidecar::rpc {
namespace {

constexpr size_t kVerdictWidth = 6;
constexpr size_t kNameWidth = 15;

std::string Padded(std::string text, size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}

std::string JsonText(const std::string& text) {
  google::protobuf::Value value;
  value.set_string_value(ToUtf8(text));
  std::string json;
  const auto done = google::protobuf::util::MessageToJsonString(value, &json);
  return done.ok() ? json : "\"\"";
}

}  // namespace

Check Ok(std::string name, std::string found) {
  return {Verdict::kOk, std::move(name), std::move(found), ""};
}

Check Warn(std::string name, std::string found, std::string advice) {
  return {Verdict::kWarn, std::move(name), std::move(found), std::move(advice)};
}

Check Fail(std::string name, std::string found, std::string advice) {
  return {Verdict::kFail, std::move(name), std::move(found), std::move(advice)};
}

Check Skip(std::string name, std::string why, std::string advice) {
  return {Verdict::kSkip, std::move(name), std::move(why), std::move(advice)};
}

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarn:
      return "warn";
    case Verdict::kFail:
      return "fail";
    case Verdict::kSkip:
      return "skip";
  }
  return "?";
}

std::string CheckText(const Check& check) {
  std::string text = absl::StrCat(Padded(VerdictName(check.verdict), kVerdictWidth),
                                  Padded(check.name, kNameWidth), Escaped(check.found, ""), "\n");
  if (!check.advice.empty()) {
    absl::StrAppend(&text, std::string(kVerdictWidth + kNameWidth, ' '), "-> ",
                    Escaped(check.advice, ""), "\n");
  }
  return text;
}

std::string CheckJson(const Check& check) {
  return absl::StrCat("{\"verdict\":\"", VerdictName(check.verdict),
                      "\",\"check\":", JsonText(check.name), ",\"found\":", JsonText(check.found),
                      ",\"advice\":", JsonText(check.advice), "}\n");
}

}  // namespace amqp_sidecar::rpc
