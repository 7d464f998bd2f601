#include "failure.h"

#include <google/protobuf/unknown_field_set.h>

#include <utility>

namespace amqp_sidecar {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

struct ErrorInfo {
  std::string reason;
  std::string persisted;
};

// Calls `take` with each field of `bytes` that is a text or a message, by its number.
template <typename Take>
void ForEachField(const std::string& bytes, Take take) {
  UnknownFieldSet fields;
  if (!fields.ParseFromString(bytes)) return;
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.type() == UnknownField::TYPE_LENGTH_DELIMITED) {
      take(field.number(), field.length_delimited());
    }
  }
}

// google.rpc.Status { Any details = 3 }, Any { type_url = 1; value = 2 }, google.rpc.ErrorInfo
// { reason = 1; domain = 2; map metadata = 3 }. By their numbers: a program that has code of these
// protos already must not get it a second time from this library.
ErrorInfo ReadErrorInfo(const std::string& status_bytes) {
  ErrorInfo found;
  ForEachField(status_bytes, [&](int number, const std::string& any) {
    if (number != 3) return;
    std::string url;
    std::string value;
    ForEachField(any, [&](int part, const std::string& text) {
      if (part == 1) url = text;
      if (part == 2) value = text;
    });
    if (!url.ends_with("/google.rpc.ErrorInfo")) return;
    ErrorInfo info;
    std::string domain;
    ForEachField(value, [&](int part, const std::string& text) {
      if (part == 1) info.reason = text;
      if (part == 2) domain = text;
      if (part != 3) return;
      std::string name;
      std::string content;
      ForEachField(text,
                   [&](int side, const std::string& of) { (side == 1 ? name : content) = of; });
      if (name == "persisted") info.persisted = content;
    });
    if (domain == "amqp-sidecar") found = info;
  });
  return found;
}

Persisted PersistedOf(const std::string& name) {
  for (const Persisted persisted : {Persisted::kNo, Persisted::kUnknown, Persisted::kPartial}) {
    if (name == NameOf(persisted)) return persisted;
  }
  return Persisted::kUnspecified;
}

bool SaysSidecarIsAway(Code code) {
  return code == Code::kUnavailable || code == Code::kDeadlineExceeded || code == Code::kInternal ||
         code == Code::kUnknown || code == Code::kCancelled;
}

}  // namespace

ErrorFields FailureOf(const grpc::Status& status) {
  ErrorFields failure;
  failure.code = static_cast<Code>(status.error_code());
  failure.detail = status.error_message();
  const ErrorInfo info = ReadErrorInfo(status.error_details());
  failure.reason = info.reason;
  failure.persisted = PersistedOf(info.persisted);
  if (failure.reason.empty() && SaysSidecarIsAway(failure.code)) {
    failure.reason = reason::kSidecarUnavailable;
  }
  failure.retryable = failure.code == Code::kUnavailable;
  return failure;
}

ErrorFields PublishFailureOf(const grpc::Status& status, const std::string& message_id) {
  ErrorFields failure = FailureOf(status);
  failure.message_id = message_id;
  if (failure.reason == reason::kSidecarUnavailable) failure.persisted = Persisted::kUnknown;
  return AsPublish(std::move(failure));
}

ErrorFields NotSent(Code code, std::string_view reason, std::string detail,
                    std::string message_id) {
  ErrorFields failure;
  failure.code = code;
  failure.reason = reason;
  failure.detail = std::move(detail);
  failure.message_id = std::move(message_id);
  failure.persisted = Persisted::kNo;
  return AsPublish(std::move(failure));
}

bool MayTryAgain(const ErrorFields& failure) {
  return failure.code == Code::kUnavailable && failure.persisted == Persisted::kNo;
}

ErrorFields AsPublish(ErrorFields failure) {
  failure.retryable =
      failure.persisted == Persisted::kNo &&
      (failure.code == Code::kUnavailable || failure.code == Code::kResourceExhausted);
  return failure;
}

}  // namespace amqp_sidecar
